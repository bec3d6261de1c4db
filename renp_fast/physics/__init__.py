"""The physics of RENP at NumPy level, with named parameters and their units."""

"""Vectors of float64, roots, tables by bits, and how kernels are compiled."""

"""W and its quadratic forms at photon energies."""

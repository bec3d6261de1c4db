"""Numba kernels: scalar functions, and the loops over arrays; they import nothing from the rest of the package."""

"""Benchmarks that need nothing but the package: workloads, NumPy and SciPy written for them, and a way to time."""

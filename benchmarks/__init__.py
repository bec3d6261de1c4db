"""The package beside other ways to compute the same numbers: `python -m benchmarks`."""

"""A scan file, read, checked and frozen, and the grid of its points."""

"""Loops over grid points, and their memory."""

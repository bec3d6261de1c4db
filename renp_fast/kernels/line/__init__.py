"""Averages over a laser's line."""

"""Poisson chi^2 of event numbers: crossings, intervals, profiles, pseudo-experiments."""

"""Planes of which only those points are computed that a contour or threshold asks for."""

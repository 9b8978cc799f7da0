"""Gaussian models whose residual variance or correlation has a structure."""

"""Multilevel models for designs with few clusters: formulas and arrays, nothing of studies."""

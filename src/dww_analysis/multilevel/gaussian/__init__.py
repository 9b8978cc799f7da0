"""Gaussian models: elimination of the random effects, search, Kenward-Roger and Satterthwaite."""

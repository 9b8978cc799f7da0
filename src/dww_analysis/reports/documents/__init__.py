"""Documents: each one is a list of sections, in the order in which they are read."""

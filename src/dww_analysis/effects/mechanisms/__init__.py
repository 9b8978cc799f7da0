"""How it works: arrows of the theory of change, indirect effects along its paths, and what an arrow depends on.

Only the arm was given by lot. An arrow from it is what the design's own model estimates; every other arrow is an
association. What acts on whole units can act through means of units only (2-1-1: the between part; Zhang, Zyphur &
Preacher 2009); a path between persons within units is E(ab) = ab + cov(a, b) (1-1-1; Bauer, Preacher & Gil 2006).
"""

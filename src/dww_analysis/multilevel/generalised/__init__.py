"""Yes/no and count outcomes: Laplace approximation, quadrature, their search."""

"""Invented studies with known truth: what the pipeline is tried on before real answers arrive."""

from dww_analysis.simulate.example import FILES, simulate_example
from dww_analysis.simulate.truth import EXAMPLE, EXAMPLE_SEED

__all__ = ["EXAMPLE", "EXAMPLE_SEED", "FILES", "simulate_example"]

"""What the pipeline asks of this room: the scores of a scale, and the tables that say how well it was measured.

A door only; nothing here imports more than numpy and pandas until it is needed.
"""

from dww_analysis.scales.analysis import ScaleAnalysis, analyse_scale
from dww_analysis.scales.scale_scores import score_scale

__all__ = ["ScaleAnalysis", "analyse_scale", "score_scale"]

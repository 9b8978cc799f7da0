"""Units start one after the other and not by lot: the model of a stepped wedge, whose answer is a difference that goes
with the start and not an effect of it."""

from dww_analysis.effects.designs.stepped_wedge import constant_model, model, prepare

__all__ = ["constant_model", "model", "prepare"]

"""Estimates to figures: pure until saved. Each function returns a `Drawing` in one language.

    draw_trajectories(means, ...)   model means per wave, by arm where there are arms
    draw_forest(headlines, ...)     one row per outcome, with the smallest effect of interest
    draw_raincloud(scores, ...)     how one scale's scores spread, per wave and arm
    draw_flow(flow, ...)            who took part, at team and person level
    draw_design(design, ...)        sequences of units by wave, and the condition of each
    draw_trials(outcomes, ...)      estimates of invented trials, and which of them the test calls an effect
    draw_items(items, ...)          mean of each item, and how it goes with the rest of its scale
    draw_power(table, ...)          power by number of teams, before there are data
    draw_ladder(steps, ...)         how far the answers support equal measurement over waves and arms
    draw_mechanisms(table, ...)     the theory of change, each arrow with what the study says of it
    draw_curve(points, ...)         one outcome under every combination of choices
    draw_sources(learning, ...)     from whom and what people learn, before and after
    draw_app_periods(periods, ...)  who used the app in each four weeks since the start
    draw_leaving(periods, ...)      the cumulative share who left, with the numbers at risk
    draw_units(panels, ...)         how units stand when chance is allowed for
    draw_residuals(bins, ...)       what planned models leave unexplained
    draw_strip(headline, ...)       one estimate beside the same one by other ways

`words` is the language (the reports room makes one; see `drawing.Words`): it holds the phrases and the one
rounding rule, so that a figure shows the number the table shows.
"""

from dww_analysis.figures.curve import draw_curve
from dww_analysis.figures.design import draw_design
from dww_analysis.figures.drawing import Drawing
from dww_analysis.figures.flow import draw_flow
from dww_analysis.figures.forest import draw_forest
from dww_analysis.figures.items import draw_items
from dww_analysis.figures.ladder import draw_ladder
from dww_analysis.figures.mechanisms import draw_mechanisms
from dww_analysis.figures.over_time import draw_app_periods, draw_leaving
from dww_analysis.figures.power import draw_power
from dww_analysis.figures.raincloud import draw_raincloud
from dww_analysis.figures.residuals import draw_residuals
from dww_analysis.figures.sources import draw_sources
from dww_analysis.figures.strip import draw_strip
from dww_analysis.figures.trajectories import draw_trajectories
from dww_analysis.figures.trials import draw_trials
from dww_analysis.figures.units import draw_units

__all__ = [
    "Drawing",
    "draw_app_periods",
    "draw_curve",
    "draw_design",
    "draw_flow",
    "draw_forest",
    "draw_items",
    "draw_ladder",
    "draw_leaving",
    "draw_mechanisms",
    "draw_power",
    "draw_raincloud",
    "draw_residuals",
    "draw_sources",
    "draw_strip",
    "draw_trajectories",
    "draw_trials",
    "draw_units",
]

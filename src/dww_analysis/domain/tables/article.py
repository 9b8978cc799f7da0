"""Tables that only the report as an article prints: the units at the start, how scales go together, what fits leave
unexplained."""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, numbers, texts, wholes

BASELINE_UNITS = Table(
    "baseline_units",
    (
        *texts("sample variable", "key"),
        *texts("arm", "key", absent=True),
        *wholes("n_units n_persons", "persons"),
        *numbers("mean", "mean", of="n_units"),
        *numbers("sd", "sd", of="n_units"),
    ),
    ("sample", "variable", "arm"),
    protected_by=("n_units", "n_persons"),
    adds_up=(AddsUp("arm", ("sample", "variable"), ("n_units", "n_persons"), values=True),),
    what="units of allocation at the first wave, by arm: persons who answered, and means of units; arm '' is all",
)
SCALE_CORRELATIONS = Table(
    "scale_correlations",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *texts("level", "key", allowed=("persons", "within", "between")),
        *texts("scale_1 scale_2", "key"),
        *wholes("n_persons", "persons"),
        *wholes("n_teams", absent=True),
        *numbers("estimate conf_low conf_high"),
    ),
    ("sample", "wave", "level", "scale_1", "scale_2"),
    protected_by=("n_persons",),
    what="correlations of two scales at one wave: over persons, within teams, between means of teams",
)
RESIDUAL_CHECKS = Table(
    "residual_checks",
    (
        *texts("entry", "key"),
        *texts("part", "key", allowed=("residual", "unit")),
        *wholes("n"),
        *wholes("n_persons", "persons"),
        *numbers("w p_normal skewness kurtosis beyond"),
        *wholes("n_groups", absent=True),
        *numbers("sd_ratio p_equal"),
    ),
    ("entry", "part"),
    protected_by=("n_persons",),
    follows=("estimates", ("entry",)),
    what="residuals and unit effects of planned models: how near to normal, and how alike in width",
)
RESIDUAL_BINS = Table(
    "residual_bins",
    (
        *texts("entry", "key"),
        *texts("kind", "key", allowed=("normal", "fitted")),
        *wholes("bin", "key"),
        *wholes("n_persons", "persons"),
        *numbers("x"),
        *numbers("mean", "mean", of="n_persons"),
        *numbers("sd", "sd", of="n_persons"),
    ),
    ("entry", "kind", "bin"),
    protected_by=("n_persons",),
    follows=("estimates", ("entry",)),
    rows_tell=True,
    what="means of residuals in groups of many persons, beside a normal distribution and over expected values",
)
TABLES = (BASELINE_UNITS, SCALE_CORRELATIONS, RESIDUAL_CHECKS, RESIDUAL_BINS)

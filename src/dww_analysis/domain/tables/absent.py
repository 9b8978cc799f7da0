"""Tables of absent answers: who answered again, and estimates over completed data."""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, numbers, texts, wholes
from dww_analysis.domain.tables.effects import PLANNED

IMPUTATION = Table(
    "imputation",
    (
        *texts("entry", "key"),
        *wholes("m"),
        *numbers("estimate std_error df riv fmi p_value conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *numbers("mc_error change_doubled other_prior_estimate likelihood_estimate likelihood_std_error"),
        *wholes("n_expected n_imputed"),
        *numbers("acf_effect r_hat_effect worst_r_hat"),
    ),
    ("entry",),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the planned estimate over completed data sets, and whether the chain behind them may be believed",
)
DELTA = Table(
    "delta",
    (*texts("entry", "key"), *numbers("estimate std_error df p_value")),
    (),  # the entry and delta_<arm> of each arm, which studies name
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    more=True,
    what="the pooled estimate with imputed values moved, one column delta_<arm> per arm",
)
IMPUTED_ROWS = Table(
    "imputed_rows",
    (
        *texts("entry", "key"),
        *texts("arm", "key", absent=True),
        *wholes("wave", "key"),
        *wholes("n_expected n_observed n_imputed", "persons"),
        *numbers("mean_observed", "mean", of="n_observed"),
        *numbers("mean_imputed", "mean", of="n_imputed"),
    ),
    ("entry", "arm", "wave"),
    protected_by=("n_expected", "n_observed", "n_imputed"),
    adds_up=(AddsUp("arm", ("entry", "wave"), ("n_observed",), total=None, values=True),),
    follows=("estimates", ("entry",)),
    exact={"n_imputed": "absent answers"},
    what="outcomes that were expected, observed and imputed, by arm and wave; everybody's mean is in the descriptives",
)
IMPUTATION_CHAIN = Table(
    "imputation_chain",
    (*texts("entry quantity score", "key"), *numbers("median acf r_hat")),
    ("entry", "quantity", "score"),
    follows=("estimates", ("entry",)),
    what="the chain behind completed data: autocorrelation between data sets, and whether its halves agree",
)
TIPPING = Table(
    "tipping",
    (*texts("entry arm", "key"), *wholes("direction", "key"), *numbers("delta estimate p_value")),
    ("entry", "arm", "direction"),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the smallest move of one arm's imputed values, down (-1) and up (1), at which the test says something else",
)
IMPUTED = (IMPUTATION, DELTA, TIPPING, IMPUTED_ROWS, IMPUTATION_CHAIN)
PARTICIPATION = Table(
    "participation",
    (
        *texts("entry variable", "key", absent=True),
        *texts("level", "key", absent=True),
        *numbers("odds_ratio conf_low conf_high p_value"),
        *numbers("conf_level", "fact"),
        *numbers("share_answered"),
        *wholes("n_rows", absent=True),
        *wholes("n_persons n_smallest", "persons", absent=True),
        *texts("remark", absent=True, allowed=("failed",)),
    ),
    ("entry", "variable", "level"),
    protected_by=("n_persons", "n_smallest"),
    same_persons=("entry",),
    what="whether persons answered again: odds ratios by arm, wave, earlier answers and background",
)
TABLES = (PARTICIPATION, *IMPUTED)

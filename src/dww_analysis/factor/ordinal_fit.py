"""Fitting models of ordered items: from text and answers, or from a compiled model and summarised answers."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from dww_analysis.factor.data import Answers
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.model import Model, compile_model
from dww_analysis.factor.ordinal_summary import OrdinalSummary, summarise_ordinal
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.syntax import ModelText
from dww_analysis.factor.table import Choices, build_table, roles_by_level
from dww_analysis.factor.wls import search_wls
from dww_analysis.factor.wls_result import assemble_wls

Array = NDArray[Any]


def fit_ordinal(
    text: ModelText,
    given: Answers,
    choices: Choices,
    estimator: str = "WLSMV",
) -> FactorFit:
    """A factor model of ordered items, or ordered and continuous ones, by WLSMV, DWLS (no correction) or ULSMV (no
    weights)."""
    if given.missing == "fiml":
        raise FactorError.of(
            found="missing='fiml'",
            where=estimator,
            expected="missing='listwise' or 'pairwise'",
            action="use pairwise, or MLR with fiml",
        )
    if estimator == "DWLS" and given.cluster is not None:
        raise FactorError.of(
            found=f"cluster={given.cluster}",
            where="DWLS",
            expected="WLSMV or ULSMV, whose errors know clusters",
            action="use WLSMV",
        )
    roles = roles_by_level(text)[1]
    beside = [name for name in roles.observed if name not in roles.indicators]
    if beside:
        own = f"f_{beside[0]} =~ 1*{beside[0]}; {beside[0]} ~~ 0*{beside[0]}"
        raise FactorError.of(
            found=f"{', '.join(beside)}, which no factor has as an item",
            where=estimator,
            expected="items of factors only",
            action=f"compare groups with group=; give a number a factor of its own ({own}) and use that factor, the "
            "number then counting as normal; or use MLR, which takes predictors as they are",
        )
    summary = summarise_ordinal(given, roles.observed, estimator=estimator)
    return fit_ordinal_model(ordinal_model(text, summary, choices), summary)


def ordinal_model(text: ModelText, summary: OrdinalSummary, choices: Choices) -> Model:
    """The compiled model for these answers; FactorError for thresholds or scales of columns that are no ordered
    items."""
    odd = sorted({s.lhs for s in text.statements if s.op in ("|", "~*~")} - set(summary.ordered))
    if odd:
        raise FactorError.of(
            found=f"thresholds or scales of {', '.join(odd)}",
            where="model text",
            expected="thresholds (|) and scales (~*~) of ordered items only",
            action="make the column an ordered categorical, or leave these lines out",
        )
    return compile_model(
        build_table(
            text,
            Choices(
                len(summary.moments),
                choices.std_lv,
                True,
                choices.equal,
                choices.partial,
                ordered=summary.ordered,
            ),
        )
    )


def fit_ordinal_model(model: Model, summary: OrdinalSummary, warm: Array | None = None) -> FactorFit:
    """The fit, with errors and statistic by the summary's estimator. warm: a theta (n_theta,) to start from, else
    None. FactorError for more parameters than statistics."""
    n_statistics = sum(len(m.observed) for m in summary.moments)
    if model.n_theta > n_statistics:
        raise FactorError.of(
            found=f"{model.n_theta} free parameters",
            where="factor model",
            expected=f"no more than the {n_statistics} thresholds, moments and correlations",
            action="fix some",
        )
    return assemble_wls(search_wls(model, summary, warm))

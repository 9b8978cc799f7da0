"""The door for analysts: a model text and a data frame become a fitted factor model."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import signature
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.analyst.words import which_argument
from dww_analysis.factor.data import Answers, check_frame, check_names, prepare
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitting import fit_model
from dww_analysis.factor.model import compile_model
from dww_analysis.factor.ordinal_fit import fit_ordinal
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.summary import Summary, summarise
from dww_analysis.factor.syntax import ModelText, parse_model
from dww_analysis.factor.table import Choices, Table, build_table, roles_by_level
from dww_analysis.factor.threads import on_one_thread
from dww_analysis.factor.twolevel_fit import fit_two_level
from dww_analysis.factor.words import ARGUMENTS

ORDINAL = ("WLSMV", "DWLS", "ULSMV")
ESTIMATORS = ("ML", "MLR", "MLM", *ORDINAL)
MISSING = {"listwise": "listwise", "fiml": "fiml", "ml": "fiml", "pairwise": "pairwise"}


@on_one_thread
def fit_cfa(
    model: str,
    data: pd.DataFrame,
    group: str | None = None,
    cluster: str | None = None,
    estimator: str = "ML",
    missing: str = "listwise",
    equal: Iterable[str] = (),
    *,
    partial: Iterable[str] = (),
    std_lv: bool = False,
    meanstructure: bool | None = None,
    **words: Any,
) -> FactorFit:
    """A confirmatory factor model (or any path model among items and factors) with its fit.

    model: lavaan-style text; with `level: 1` and `level: 2` a two-level model (needs `cluster`).
    data: one row a person, items as numeric or ordered columns.
    group: column of groups, in order of first appearance; `equal` names what they share ("loadings", "intercepts",
        "residuals", "residual.covariances", "lv.variances", "lv.covariances", "means", "regressions", "thresholds"),
        `partial` what is exempt ("f=~x2", "x3~1").
    cluster: column of teams; standard errors and test statistic then allow for dependence within teams (MLR). A
        two-level model has the teams in the model itself; there MLR adds errors that do not lean on normal answers.
        With WLSMV and ULSMV errors and statistic allow for teams likewise.
    estimator: ML; MLR (robust to non-normal answers); MLM (its older form for complete answers); WLSMV (ordered items,
        thresholds), DWLS and ULSMV (the same without correction, without weights). Items that are ordered categoricals
        are ordered, the others continuous; all are ordered where the data have no ordered categorical.
    missing: "listwise", or "fiml" for all available answers (valid when missing at random given the answers), at both
        levels of a two-level model. With WLSMV: "pairwise", each correlation from all who answered both items (valid
        when missing completely at random).
    std_lv: factors get variance one instead of a marker item. meanstructure: whether means are modelled; they are with
        groups, clusters, intercepts in the text or fiml.
    words: arguments of other programs, which are refused with what to write here.

    Conventions of lavaan 0.6 (divisor N, expected information for ML with complete data, observed otherwise).
    Refuses, with the reason: unknown names, items without variance, groups without answers, fewer persons than items,
    covariances that are not positive definite, models that are not identified. A negative variance is a result, said
    in `.heywood` and `.warnings`. When the search fails `.converged` is false and every number is missing.
    """
    if words:
        raise unknown_arguments(words, "fit_cfa", list(signature(fit_cfa).parameters)[:-1])
    check_frame(data, "fit_cfa")
    check_names(group, cluster)
    _check_yes_or_no(std_lv=std_lv, meanstructure=meanstructure)
    estimator, missing = _choice(estimator, ESTIMATORS, "estimator"), _missing(missing)
    text = parse_model(model)
    equal, partial = _texts("equal", equal), _texts("partial", partial)
    _check_equalities(equal, partial, group)
    if missing == "pairwise" and estimator not in ORDINAL:
        raise FactorError.of(
            found="missing='pairwise'",
            where=estimator,
            expected="WLSMV, whose correlations come pair by pair",
            action="use missing='fiml'",
        )
    if estimator == "MLM" and (cluster is not None or missing != "listwise"):
        raise FactorError.of(
            found=f"cluster={cluster}, missing={missing}",
            where="MLM",
            expected="complete, independent answers",
            action="use MLR",
        )
    mlr = estimator in ("MLR", "MLM") or cluster is not None
    given = Answers(data, group, cluster, missing)
    means = _mean_structure(text, meanstructure, given, equal, estimator in ORDINAL)
    choices = Choices(std_lv=std_lv, mean_structure=means, equal=equal, partial=partial)
    if text.n_levels > 1:
        if estimator not in ("ML", "MLR"):
            raise FactorError.of(
                found=f"estimator={estimator}",
                where="two-level model",
                expected="estimator ML or MLR",
                action="give estimator='MLR', which allows answers that are not normal",
            )
        return fit_two_level(text, given, choices, estimator == "MLR")
    if estimator in ORDINAL:
        return fit_ordinal(text, given, choices, estimator)
    _check_continuous(text, equal, estimator)
    summary, table = prepare_model(text, given, choices)
    return fit_model(
        compile_model(table),
        summary,
        mlr=mlr,
        fiml=missing == "fiml",
        estimator="MLR" if mlr and estimator != "MLM" else estimator,
    )


def unknown_arguments(words: Iterable[str], where: str, known: list[str]) -> FactorError:
    """The refusal of arguments that a function does not have, with what to write for each."""
    return FactorError.of(
        found=f"no argument {', '.join(words)}",
        where=where,
        expected=f"one of {', '.join(known)}",
        action="; ".join(f"{word}: {which_argument(word, ARGUMENTS, known)}" for word in words),
    )


def prepare_model(text: ModelText, given: Answers, choices: Choices) -> tuple[Summary, Table]:
    """Summarised answers, with a column for each observed variable of the text, and the parameter table that fits
    them. FactorError for what `prepare` and `summarise` refuse."""
    roles = roles_by_level(text)[1]
    prepared = prepare(given, roles.observed, roles.covariates)
    summary = summarise(prepared, choices.mean_structure)
    n_groups = len(prepared.groups)
    table = build_table(
        text, Choices(n_groups, choices.std_lv, choices.mean_structure, choices.equal, choices.partial)
    )
    return summary, table


def _choice(word: str, known: tuple[str, ...], what: str) -> str:
    if not isinstance(word, str) or word.upper() not in known:
        raise FactorError.of(
            found=f"{what}={word!r}",
            where="fit_cfa",
            expected=f"one of {', '.join(known)}",
            action="correct the spelling",
        )
    return word.upper()


def _texts(name: str, given: Any) -> tuple[str, ...]:
    """One text or several, as several."""
    texts = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if not all(isinstance(text, str) for text in texts):
        raise FactorError.of(
            found=f"{name}={given!r}",
            where="fit_cfa",
            expected="a text, or a list of texts",
            action='write equal=["loadings", "intercepts"], partial=["f=~x2"]',
        )
    return texts


def _check_equalities(equal: tuple[str, ...], partial: tuple[str, ...], group: str | None) -> None:
    if equal and group is None:
        raise FactorError.of(
            found="equal without groups",
            where="fit_cfa",
            expected="a group column",
            action="say group=, or use labels in the text",
        )
    if partial and not equal:
        raise FactorError.of(
            found=f"partial={list(partial)} without equal",
            where="fit_cfa",
            expected="what is exempt from equal",
            action="say equal=",
        )


def _check_yes_or_no(**given: Any) -> None:
    for name, value in given.items():
        if not (value is None or isinstance(value, (bool, np.bool_))):
            raise FactorError.of(
                found=f"{name}={value!r}",
                where="fit_cfa",
                expected="True or False",
                action=f"write {name}=True, or leave it out",
            )


def _check_continuous(text: ModelText, equal: tuple[str, ...], estimator: str) -> None:
    """Thresholds and scales are of ordered items, which other estimators have."""
    said = sorted({f"{s.lhs}{s.op}{s.rhs}" for s in text.statements if s.op in ("|", "~*~")})
    if "thresholds" in equal:
        said.append("equal thresholds")
    if said:
        raise FactorError.of(
            found=f"{', '.join(said)} with {estimator}, which takes items as continuous",
            where="fit_cfa",
            expected="thresholds and scales of ordered items only",
            action="use estimator='WLSMV', or intercepts (x1 ~ 1, equal='intercepts')",
        )


def _missing(word: Any) -> str:
    word = word.lower() if isinstance(word, str) else word
    if not isinstance(word, str) or word not in MISSING:
        raise FactorError.of(
            found=f"missing={word!r}",
            where="fit_cfa",
            expected="'listwise', 'fiml' or 'pairwise'",
            action="correct the spelling",
        )
    return MISSING[word]


def _mean_structure(
    text: ModelText, said: bool | None, given: Answers, equal: tuple[str, ...], ordinal: bool
) -> bool:
    needed = (
        ordinal
        or given.group is not None
        or given.cluster is not None
        or given.missing == "fiml"
        or any(s.op == "~1" for s in text.statements)
        or bool({"intercepts", "means"} & set(equal))
    )
    if said is False and needed:
        raise FactorError.of(
            found="meanstructure=False",
            where="fit_cfa",
            expected="means, which groups, clusters, fiml, intercepts and ordered items need",
            action="leave it out",
        )
    return needed or bool(said)

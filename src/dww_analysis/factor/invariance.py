"""The invariance ladder: configural, metric, scalar, strict, up to the first step that the answers reject.

A comparison of means needs scalar invariance, at least in part (Meredith 1993; Byrne, Shavelson & Muthen 1989). When a
step is rejected, equalities are released one by one, the largest score test first, until the step would be accepted or
the rule says stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from dww_analysis.analyst.words import what_to_write
from dww_analysis.factor.cfa import MISSING, unknown_arguments
from dww_analysis.factor.compare import Difference, difference
from dww_analysis.factor.cutoffs import (
    Cutoffs,
    Judgement,
    check_shares,
    cutoffs_named,
    judge_configural,
    judge_step,
)
from dww_analysis.factor.data import Answers, check_each_once, check_frame, check_names, prepare
from dww_analysis.factor.distributions import chi_square_tail
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.fitting import fit_model
from dww_analysis.factor.ladder import (
    ADDS,
    LEVELS,
    Candidate,
    GroupLadder,
    Ladder,
    WaveLadder,
    candidates,
    warm_start,
)
from dww_analysis.factor.longitudinal import items_of, over_waves, wave_columns, widen
from dww_analysis.factor.model import compile_model
from dww_analysis.factor.ordinal_fit import fit_ordinal_model
from dww_analysis.factor.ordinal_summary import OrdinalSummary, summarise_ordinal
from dww_analysis.factor.printed import as_markup, as_text, ladder_parts, ladder_title
from dww_analysis.factor.result import FactorFit
from dww_analysis.factor.score_tests import ReleaseTable
from dww_analysis.factor.summary import summarise
from dww_analysis.factor.syntax import ModelText, parse_model
from dww_analysis.factor.table import roles_by_level
from dww_analysis.factor.threads import on_one_thread
from dww_analysis.factor.wls import difference_wls
from dww_analysis.factor.words import LADDER_WORDS

NAN = float("nan")
WAYS = {  # of dealing with gaps, by estimator
    "ML": ("listwise", "fiml", "ml"),
    "MLR": ("listwise", "fiml", "ml"),
    "WLSMV": ("listwise", "pairwise"),
}
CHANGES = ("delta_chi_square", "delta_df", "delta_p", "delta_cfi", "delta_rmsea", "delta_srmr")
LEVEL_FIT = ("chi_square", "df", "p_value", "cfi", "tli", "rmsea", "srmr")
STEP_COLUMNS = ["level", *LEVEL_FIT, *CHANGES, "accepted", "reason"]
PARTIAL_COLUMNS = ["order", "parameter", "x2", "df", "p_value", *CHANGES, "accepted", "reason"]


@dataclass(frozen=True, repr=False)
class Invariance:
    """How far the same measurement holds."""

    steps: pd.DataFrame  # one row a level that was fitted, with its change from the level before
    highest_level: str  # last level accepted as a whole: none, configural, metric, scalar, strict
    partial: (
        pd.DataFrame
    )  # parameters released at the rejected level, in order, with the score test that chose them
    partial_accepted: bool
    verdict: str  # highest_level, or "partial metric", "partial scalar", "partial strict"
    means_comparable: bool  # scalar invariance, in full or in part
    over: str  # groups or waves
    members: tuple[str, ...]  # the groups or waves
    n_obs: int
    estimator: str
    missing: str
    cutoffs: Cutoffs
    stopped: str  # why the ladder, or the search for partial invariance, ended
    warnings: tuple[str, ...]
    fits: Mapping[str, FactorFit] = field(repr=False)  # by level; the partial model under its own name

    @property
    def highest(self) -> str:
        return self.highest_level

    def summary(self) -> str:
        """The ladder as text: the verdict, why it ended, a row for each step and for what was released."""
        return as_text(*ladder_parts(self))

    def __repr__(self) -> str:
        return f"<Invariance: {ladder_title(self)}, {self.n_obs} persons, {self.estimator}>"

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return as_markup(*ladder_parts(self))

    if not TYPE_CHECKING:  # a type checker would take every word for an attribute

        def __getattr__(self, word: str) -> NoReturn:
            raise AttributeError(what_to_write("A ladder", word, LADDER_WORDS, (*dir(type(self)), "fits")))


@on_one_thread
def invariance(
    model: str,
    data: pd.DataFrame,
    *,
    group: str | None = None,
    waves: Any = None,
    person: str | None = None,
    cluster: str | None = None,
    estimator: str = "ML",
    missing: str = "listwise",
    cutoffs: str | Cutoffs = "chen2007",
    alpha: float = 0.05,
    most_freed: float = 0.5,
    **words: Any,
) -> Invariance:
    """The ladder over groups (arms, language versions) or over waves.

    model: lavaan-style text; over waves the model of one wave.
    group: column of groups. waves: wave names found in the columns (x1_T0 ...), a mapping from wave to its columns, or
        the wave column of a long table (then `person` names the person column). One of the two is needed.
    cluster: column of teams; statistics then allow for dependence within teams and the verdict rests on them.
    estimator: ML, MLR or WLSMV (ordered categoricals are ordered, other items continuous; all ordered where there are
        none). missing: "listwise", "fiml" with ML and MLR, "pairwise" with WLSMV.
    cutoffs: "chen2007", "cheung_rensvold2002" or a `Cutoffs` record.
    alpha, most_freed: the search for partial invariance stops when the largest score test is not significant after
        Bonferroni correction, when a factor would keep fewer than two equal items, or when this share of the
        parameters of the level has been released.
    words: arguments of other programs, which are refused with what to write here.

    Differences of chi-square are scaled for MLR and clusters (Satorra & Bentler 2001) and for WLSMV (Satorra 2000),
    whose ladder ends at scalar: equal thresholds (and intercepts of continuous items), with the scales of ordered items
    free in later groups or waves. Over waves the
    model is longitudinal: one group, residuals of an item correlated over waves; waves are never treated as
    groups.
    """
    if words:
        raise unknown_arguments(words, "invariance", list(signature(invariance).parameters)[:-1])
    check_frame(data, "invariance")
    check_names(group, cluster, person)
    check_shares(alpha=alpha, most_freed=most_freed)
    if waves is not None:
        check_each_once(data, data.columns)
    if (group is None) == (waves is None):
        raise FactorError.of(
            found="group and waves",
            where="invariance",
            expected="exactly one of the two",
            action="say over what invariance is tested",
        )
    if not isinstance(estimator, str) or missing not in WAYS.get(estimator.upper(), ()):
        raise FactorError.of(
            found=f"estimator={estimator!r}, missing={missing!r}",
            where="invariance",
            expected="ML, MLR or WLSMV; the first two with listwise or fiml, WLSMV with listwise or pairwise",
            action="correct it",
        )
    rule = cutoffs_named(cutoffs)
    estimator, missing = estimator.upper(), MISSING[missing]
    text = parse_model(model)
    if text.n_levels > 1:
        raise FactorError.of(
            found="a model of two levels",
            where="invariance",
            expected="the model of persons, without level: 1 and level: 2",
            action="give cluster= beside group= or waves=, which allows for teams; or hold loadings equal by labels in "
            "fit_cfa and use compare()",
        )
    ordinal = estimator == "WLSMV"
    if group is not None:
        ladder, members = _over_groups(text, Answers(data, group, cluster, missing), ordinal)
    else:
        given = Answers(data, None, cluster, missing)
        ladder, members = _over_waves(text, given, waves, person, ordinal)
    mlr = estimator == "MLR" or cluster is not None
    climb = _Climb(ladder, rule, mlr, missing == "fiml", alpha, most_freed)
    climb.run()
    return climb.result("groups" if group is not None else "waves", members)


def _over_groups(text: ModelText, given: Answers, ordinal: bool) -> tuple[Ladder, tuple[str, ...]]:
    roles = roles_by_level(text)[1]
    if ordinal:
        summary = summarise_ordinal(given, roles.observed)
        return GroupLadder(text, summary), tuple(g.label for g in summary.prepared.groups)
    prepared = prepare(given, roles.observed, roles.covariates)
    return GroupLadder(text, summarise(prepared, means=True)), tuple(g.label for g in prepared.groups)


def _over_waves(
    text: ModelText, given: Answers, waves: Any, person: str | None, ordinal: bool
) -> tuple[Ladder, tuple[str, ...]]:
    items, data = items_of(text), given.data
    if isinstance(waves, str):
        if person is None:
            raise FactorError.of(
                found="no person column",
                where="invariance",
                expected="person= with a long table",
                action="name the column",
            )
        names = [str(w) for w in sorted(data[waves].dropna().unique())] if waves in data.columns else []
        data = widen(data, items, waves, person, () if given.cluster is None else (given.cluster,))
        waves = names
    columns, given = wave_columns(items, waves, data), replace(given, data=data)
    wide = roles_by_level(over_waves(text, columns, frozenset(), frozenset()))[1]
    if ordinal:
        item_of = {column: item for (item, _), column in columns.column.items()}
        found = summarise_ordinal(given, wide.observed, item_of)
        return WaveLadder(text, columns, found), columns.waves
    prepared = prepare(given, wide.observed)
    return WaveLadder(text, columns, summarise(prepared, means=True)), columns.waves


class _Climb:
    """One ascent: the state of the ladder while its steps are taken."""

    def __init__(self, ladder: Ladder, rule: Cutoffs, mlr: bool, fiml: bool, alpha: float, most_freed: float):
        self.ladder, self.rule, self.mlr, self.fiml = ladder, rule, mlr, fiml
        self.alpha, self.most_freed = alpha, most_freed
        self.fits: dict[str, FactorFit] = {}
        self.rows: list[dict[str, object]] = []
        self.released: list[dict[str, object]] = []
        self.highest, self.verdict, self.stopped = "none", "none", "all levels were accepted"
        self.partial_accepted = False

    def run(self) -> None:
        before: FactorFit | None = None
        for level in LEVELS[:3] if isinstance(self.ladder.summary, OrdinalSummary) else LEVELS:
            try:
                fit = self.fit(level, (), before)
            except FactorError as refusal:
                if before is None:
                    raise
                self.stopped = f"{level} invariance could not be tried: {refusal.problems[0].found}"
                return
            self.fits[level] = fit
            change = None if before is None else difference(before, fit)
            verdict = self.judge(level, fit, change)
            self.rows.append(_step_row(level, fit, change, verdict))
            if not verdict.accepted:
                self.stopped = f"{level} invariance is rejected: {verdict.reason}"
                if before is not None and fit.converged:
                    self.search_partial(level, before, fit)
                return
            self.highest = self.verdict = level
            before = fit

    def fit(self, level: str, freed: tuple[str, ...], before: FactorFit | None) -> FactorFit:
        model = compile_model(self.ladder.table(level, freed))
        found = None if before is None or not before.converged else before._wls or before._fitted
        warm = None if found is None else warm_start(model, found)
        if isinstance(self.ladder.summary, OrdinalSummary):
            return fit_ordinal_model(model, self.ladder.summary, warm)
        estimator = "MLR" if self.mlr else "ML"
        return fit_model(
            model, self.ladder.summary, mlr=self.mlr, fiml=self.fiml, estimator=estimator, warm=warm
        )

    def judge(
        self, level: str, fit: FactorFit, change: Difference | None, searching: bool = False
    ) -> Judgement:
        if not fit.converged:
            return Judgement(False, "the model did not converge")
        if change is None:
            return judge_configural(self.rule, fit.cfi, fit.rmsea, fit.srmr)
        return judge_step(
            self.rule, ADDS[level], fit.n_obs, change.cfi, change.rmsea, change.srmr, cfi_alone=searching
        )

    def search_partial(self, level: str, before: FactorFit, fit: FactorFit) -> None:
        """Release the equality with the largest score test, refit, compare with the accepted level below; repeat."""
        freed: tuple[str, ...] = ()
        names: list[str] = []
        n_start = len(candidates(self.ladder, fit._wls or fit._need(), ADDS[level]))
        while True:
            chosen = self._largest(level, fit, n_start, freed)
            if chosen is None:
                return
            candidate, x2, df, p = chosen
            if candidate.name in names:
                raise RuntimeError(
                    f"releasing {candidate.name} changed nothing"
                )  # cannot happen: see candidates()
            freed = (*freed, *candidate.frees)
            names.append(candidate.name)
            fit = self.fit(level, freed, fit)
            change = difference(before, fit)
            verdict = self.judge(level, fit, change, searching=True)
            self.released.append(_partial_row(len(names), candidate.name, x2, df, p, change, verdict))
            if not fit.converged:
                self.stopped += "; a model with released parameters did not converge"
                return
            if verdict.accepted:
                self.fits[f"partial {level}"] = fit
                self.verdict, self.partial_accepted = f"partial {level}", True
                self.stopped += f"; it holds when {', '.join(names)} may differ"
                return

    def _largest(
        self, level: str, fit: FactorFit, n_start: int, freed: tuple[str, ...]
    ) -> tuple[Candidate, float, int, float] | None:
        """The next equality to release, or nothing with the reason in `stopped`."""
        every = candidates(self.ladder, fit._wls or fit._need(), ADDS[level])
        if n_start - len(every) + 1 > self.most_freed * n_start:
            self.stopped += f"; more than {self.most_freed:.0%} of its parameters would have to differ"
            return None
        tested = []
        for candidate, x2, df in self._tests(level, fit, every, freed):
            if df > 0:
                tested.append((chi_square_tail(x2, df), -x2, candidate, df))
        held: dict[str, int] = {}
        for candidate in every:
            for factor in candidate.factors:
                held[factor] = held.get(factor, 0) + 1
        tested.sort(key=lambda entry: entry[:2])
        if not tested or tested[0][0] >= self.alpha / len(tested):
            self.stopped += "; no single equality stands out in the score tests"
            return None
        for p, negative, candidate, df in tested:
            if p >= self.alpha / len(tested):
                break
            if level == "strict" or all(held[factor] > 2 for factor in candidate.factors):
                return candidate, -negative, df, p
        self.stopped += "; a factor would keep fewer than two equal items"
        return None

    def _tests(
        self, level: str, fit: FactorFit, every: list[Candidate], freed: tuple[str, ...]
    ) -> Iterator[tuple[Candidate, float, int]]:
        """Score tests; for ordered items, which have no likelihood, scaled differences after releasing each in turn."""
        if fit._wls is None:
            table = ReleaseTable.of(fit._need())
            for candidate in every:
                yield candidate, *table.test(candidate.rows)
            return
        for candidate in every:
            wider = self.fit(level, (*freed, *candidate.frees), fit)
            if wider.converged and wider._wls is not None and wider.df < fit.df:
                yield candidate, difference_wls(wider._wls, fit._wls)[0], fit.df - wider.df

    def result(self, over: str, members: tuple[str, ...]) -> Invariance:
        last = next(iter(self.fits.values()))
        levels_by_sentence: dict[str, list[str]] = {}
        for level, fit in self.fits.items():
            for sentence in fit.warnings:
                levels_by_sentence.setdefault(sentence, []).append(level)
        said = [
            sentence if len(levels) == len(self.fits) else f"{', '.join(levels)}: {sentence}"
            for sentence, levels in levels_by_sentence.items()
        ]
        return Invariance(
            steps=pd.DataFrame(self.rows, columns=STEP_COLUMNS),
            highest_level=self.highest,
            partial=pd.DataFrame(self.released, columns=PARTIAL_COLUMNS),
            partial_accepted=self.partial_accepted,
            verdict=self.verdict,
            means_comparable=self.verdict in ("scalar", "strict", "partial scalar", "partial strict"),
            over=over,
            members=members,
            n_obs=last.n_obs,
            estimator=last.estimator,
            missing=last.missing,
            cutoffs=self.rule,
            stopped=self.stopped,
            warnings=tuple(said),
            fits=dict(self.fits),
        )


def _step_row(level: str, fit: FactorFit, change: Difference | None, verdict: Judgement) -> dict[str, object]:
    own = {"level": level} | {name: getattr(fit, name) for name in LEVEL_FIT}
    return own | _changes(change) | {"accepted": verdict.accepted, "reason": verdict.reason}


def _changes(change: Difference | None) -> dict[str, object]:
    if change is None:
        return dict.fromkeys(CHANGES, NAN)
    values = (change.chi_square, change.df, change.p_value, change.cfi, change.rmsea, change.srmr)
    return dict(zip(CHANGES, values, strict=True))


def _partial_row(
    order: int, name: str, x2: float, df: int, p: float, change: Difference, verdict: Judgement
) -> dict[str, object]:
    head = {"order": order, "parameter": name, "x2": x2, "df": df, "p_value": p}
    return head | _changes(change) | {"accepted": verdict.accepted, "reason": verdict.reason}

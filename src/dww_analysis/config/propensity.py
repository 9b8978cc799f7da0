"""Whether the covariates that overlap weights need are there, and groups that can be weighed."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from dww_analysis.config.leaving import about_answers
from dww_analysis.config.plan import PlanConfig
from dww_analysis.config.rules import unknown, unused
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.plan import OF_UNITS
from dww_analysis.errors import Problem


def check_propensity(
    plan: PlanConfig, study: StudyConfig, scores: Collection[str], file: YamlFile
) -> list[Problem]:
    """Problems of `propensity` with the design, the waves, the entries and the background that there are.

    scores: the outcomes of the scales.
    """
    if plan.propensity is None:
        return []
    where = file.where(("propensity",))
    known = [*OF_UNITS, *(b.name for b in study.background if b.kind == "number")]
    problems = [
        unknown("covariate of units", n, known, where) for n in plan.propensity.unit if n not in known
    ]
    return [*problems, *_nothing_to_weigh(plan, study, scores, where)]


def _nothing_to_weigh(
    plan: PlanConfig, study: StudyConfig, scores: Collection[str], where: str
) -> Iterator[Problem]:
    by_lot = study.allocation is None or study.allocation.randomised
    if study.design != "parallel_cluster" or by_lot:
        yield Problem(
            found="`propensity` is given, and this design has no two groups that were formed without a lot",
            where=where,
            expected="a design with arms side by side and `randomised: false` in its allocation",
            action=(
                "remove `propensity`: arms by lot are alike but for chance, and other designs "
                "have no groups to weigh"
            ),
        )
    elif len(study.waves) < 2:
        expected = "two or more waves: the change of units is weighed"
        yield unused(
            "`propensity` is given, and the study has one wave", where, expected, "name another wave"
        )
    elif not about_answers(plan.entries, scores):
        expected = "an entry about a scale: the change of its units is weighed"
        yield unused("`propensity` is given, and no entry is about a scale", where, expected, "add one")

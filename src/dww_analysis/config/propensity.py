"""Whether the covariates that overlap weights need are there, and groups that can be weighed."""

from __future__ import annotations

from dww_analysis.config.plan import PlanConfig
from dww_analysis.config.rules import unknown
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.plan import OF_UNITS
from dww_analysis.errors import Problem


def check_propensity(plan: PlanConfig, study: StudyConfig, file: YamlFile) -> list[Problem]:
    """Problems of `propensity` with the design and the background that there is."""
    if plan.propensity is None:
        return []
    where = file.where(("propensity",))
    known = [*OF_UNITS, *(b.name for b in study.background if b.kind == "number")]
    problems = [
        unknown("covariate of units", n, known, where) for n in plan.propensity.unit if n not in known
    ]
    by_lot = study.allocation is None or study.allocation.randomised
    if study.design == "parallel_cluster" and not by_lot:
        return problems
    return [
        *problems,
        Problem(
            "`propensity` is given, and this design has no two groups that were formed without a lot",
            where,
            "a design with arms side by side and `randomised: false` in its allocation",
            "remove `propensity`: arms by lot are alike but for chance, and other designs have no groups to weigh",
        ),
    ]

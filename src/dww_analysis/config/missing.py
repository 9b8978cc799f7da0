"""plan.yaml, `missing`: what is done about values that are missing, beside the mixed model."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from dww_analysis.config.rules import unknown
from dww_analysis.config.strict import Name, Strict, each_once
from dww_analysis.config.study import StudyConfig
from dww_analysis.domain import plan as domain
from dww_analysis.domain.scales import Scale
from dww_analysis.errors import Problem

ALWAYS_IN = ("arm", "score_before")  # in every imputation model, whether named or not
MOST_POINTS = 2500  # of the grid of deltas


class ImputationConfig(Strict):
    """Several completed data sets, drawn from a joint model of the outcome and auxiliary scales."""

    m: int = Field(20, ge=2, le=200, description="completed data sets")
    burn_in: int = Field(500, ge=10, description="iterations before the first")
    between: int = Field(50, ge=1, description="iterations between two")
    auxiliaries: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list, description="scales, or scale.subscale, that are completed with the outcome"
    )
    by_arm: bool = Field(False, description="a chain for each arm, as a check")
    seed: int = Field(1, ge=0)
    prior_scale: float = Field(1.0, gt=0, description="of standard deviations, in SD of each score")
    other_prior_scale: float = Field(0.3, gt=0, description="shown beside it: how much hangs on the prior")

    def to_domain(self) -> domain.Imputation:
        """The frozen form."""
        return domain.Imputation(**{**self.model_dump(), "auxiliaries": tuple(self.auxiliaries)})


class DeltaConfig(Strict):
    """Imputed values are moved by arm, until the answer turns."""

    arms: Annotated[list[Name], AfterValidator(each_once)] = Field(min_length=1)
    unit: Literal["sd", "score"] = Field("sd", description="SD of the outcome, or its own points")
    from_: float = Field(alias="from")
    to: float
    step: float = Field(gt=0)

    @model_validator(mode="after")
    def _upwards(self) -> DeltaConfig:
        if self.to < self.from_:
            raise ValueError("`from` not above `to`")
        if (round((self.to - self.from_) / self.step) + 2) ** len(self.arms) > MOST_POINTS:
            raise ValueError(f"a grid of at most {MOST_POINTS} combinations; take a larger `step`")
        return self

    def to_domain(self) -> domain.Delta:
        """The frozen form."""
        return domain.Delta(tuple(self.arms), self.unit, self.from_, self.to, self.step)


class MissingConfig(Strict):
    """The mixed model uses all answers that there are; imputation adds what other scales know."""

    primary: Literal["likelihood"] = "likelihood"
    participation: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list, description="background that goes with taking part: in the imputation model"
    )
    imputation: ImputationConfig | None = None
    delta: DeltaConfig | None = Field(None, description="how far imputed values are moved, by arm")

    @model_validator(mode="after")
    def _delta_needs_imputation(self) -> MissingConfig:
        if self.delta is not None and self.imputation is None:
            raise ValueError("`imputation` beside `delta`: only imputed values can be moved")
        return self

    def to_domain(self) -> domain.Missing:
        """The frozen form."""
        return domain.Missing(
            primary=self.primary,
            participation=tuple(self.participation),
            imputation=self.imputation.to_domain() if self.imputation else None,
            delta=self.delta.to_domain() if self.delta else None,
        )


def check_missing(
    config: MissingConfig,
    study: StudyConfig,
    scales: Iterable[Scale],
    outcomes: Collection[str],
    where: str,
) -> list[Problem]:
    """Names under `missing` that are no score, background or arm of the study, and scores that are not continuous: a
    Problem each, with file and line.

    outcomes: the scores that there are, as scale or scale.subscale.
    """
    by_id, background = {s.id: s for s in scales}, [*ALWAYS_IN, *(b.name for b in study.background)]
    problems = [
        unknown("background variable", n, background, where)
        for n in config.participation
        if n not in background
    ]
    for name in config.imputation.auxiliaries if config.imputation else []:
        if name not in outcomes:
            problems.append(unknown("scale", name, outcomes, where))
        elif (measure := by_id[name.split(".")[0]].measure) != "continuous":
            problems.append(_not_continuous(name, measure, where))
    arms = [a.id for a in study.arms]
    problems += [
        unknown("arm", n, arms, where) for n in (config.delta.arms if config.delta else []) if n not in arms
    ]
    if config.imputation and config.imputation.by_arm and study.design != "parallel_cluster":
        problems.append(_no_chains(study.design, where))
    return problems


def _no_chains(design: str, where: str) -> Problem:
    return Problem(
        found=f"`by_arm: true` in a study of design `{design}`",
        where=where,
        expected=(
            "persons who stay in one arm (design parallel_cluster): a chain for each arm "
            "holds all waves of its persons"
        ),
        action="leave `by_arm` out",
    )


def _not_continuous(name: str, measure: str, where: str) -> Problem:
    return Problem(
        found=f"the auxiliary scale `{name}` has `measure: {measure}`",
        where=where,
        expected="continuous scales: the imputation model is normal",
        action="take it out of `auxiliaries`",
    )

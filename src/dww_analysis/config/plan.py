"""plan.yaml: the analysis plan, written before the data came."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from dww_analysis.config.curve import CurveConfig
from dww_analysis.config.missing import MissingConfig
from dww_analysis.config.strict import IsoDate, Name, Strict, Words, each_once, refuse_twice
from dww_analysis.domain import plan as domain
from dww_analysis.domain.outcomes import ODDS_RATIO, OF_SHARES


class FamilyConfig(Strict):
    adjust: Literal["holm", "BH", "none"]
    label: Words


class AtConfig(Strict):
    """When the contrast is made."""

    wave: int | None = None
    exposure: Literal["mean"] | int | None = None

    @model_validator(mode="after")
    def _one(self) -> AtConfig:
        if (self.wave is None) == (self.exposure is None):
            raise ValueError("either `wave` or `exposure`")
        return self


class EstimandConfig(Strict):
    """What is estimated, by its parts (ICH E9(R1)). What the program cannot estimate is refused, not ignored."""

    population: Literal["answered_once", "baseline_members", "employed_at_wave"] = Field(
        "answered_once",
        description="whose answers count; employed_at_wave needs personnel records of the sample (kind hr)",
    )
    treatment: Literal["as_allocated"] = "as_allocated"
    at: AtConfig | None = Field(
        default=None, description="{wave: 2}, or {exposure: mean} where units start at own waves"
    )
    average: Literal["participant", "cluster"] | None = Field(
        default=None,
        description="of a risk difference or risk ratio: cluster (every unit counts once) or participant (standardised "
        "from the model); of a mean difference: cluster, or participant, which is the mixed model",
    )
    summary: (
        Literal[
            "mean_difference", "odds_ratio", "rate_ratio", "risk_difference", "risk_ratio", "hazard_ratio"
        ]
        | None
    ) = Field(default=None, description="how arms are compared; without it as the kind of the outcome has it")
    events: dict[Name, Words] = Field(
        default_factory=dict, description="event after the start: words that say what is done about it"
    )


class WhenConfig(Strict):
    """Another test, where units of allocation are few."""

    if_: str = Field(
        alias="if", pattern=r"^units_per_arm\s*<\s*\d{1,4}$", description="units_per_arm < a number"
    )
    then: domain.TestName

    def to_domain(self) -> tuple[int, domain.TestName]:
        return int(self.if_.split("<")[1]), self.then


class TestConfig(Strict):
    """Which test of a mean difference decides, and which stand beside it."""

    primary: domain.TestName = "kenward-roger"
    beside: Annotated[list[domain.TestName], AfterValidator(each_once)] = Field(
        default_factory=lambda: list(domain.DecidingTest().beside),
        description="the model's own stands beside any other",
    )
    when: list[WhenConfig] = Field(
        default_factory=list, description="{if: units_per_arm < 5, then: permutation}; the first that holds"
    )

    @field_validator("when")
    @classmethod
    def _rising(cls, when: list[WhenConfig]) -> list[WhenConfig]:
        """A number that is no larger than the one before it would never be reached."""
        below = [w.to_domain()[0] for w in when]
        if any(later <= before for before, later in pairwise(below)):
            raise ValueError("numbers of units that rise: the first that holds counts")
        return when

    def to_domain(self) -> domain.DecidingTest:
        beside = tuple(name for name in self.beside if name != domain.KENWARD_ROGER)
        return domain.DecidingTest(self.primary, beside, tuple(w.to_domain() for w in self.when))


class EntryConfig(Strict):
    id: Name
    outcome: str = Field(
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$",
        description="scale or scale.subscale; `leaving` or `left` where there are personnel records",
    )
    sample: Name = "main"
    family: Name
    question: Words
    why: Words = Field(default_factory=lambda: {"nl": "", "en": ""}, description="why it is asked")
    status: Literal["planned", "exploratory"] = "planned"
    formula: str | None = Field(None, description="lme4 syntax; without it the design decides the model")
    term: str | None = Field(None, description="the coefficient of `formula` that is the estimate")
    wave: int | None = Field(None, description="wave of the primary contrast; without it the last")
    estimand: EstimandConfig | None = None
    baseline: Literal["constrained", "ancova"] = Field(
        "constrained",
        description="ancova: what was answered at the first wave is a covariate: of a mean difference the person's own "
        "score, of a risk difference the unit's share",
    )
    covariates: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="background or scores (scale, scale.subscale) at the first wave, added to the design's own model",
    )
    weights: Name | None = Field(
        None,
        description="a background number that says how precise a row is (cases behind a cell of aggregated data)",
    )
    per: Name | None = Field(
        None,
        description="of counts: a background number with the time (months) that a row counts over",
    )
    exposure: Literal["mean"] | int | None = Field(
        None, description="stepped wedge: waves since the start of the primary contrast; without it the mean"
    )
    mediators: Annotated[list[Name], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="covariates of `formula` measured after the start, meant as mediators",
    )
    team_by_wave: bool = Field(True, description="false leaves (1 | team:wave) out, with a warning")
    test: TestConfig | None = Field(
        None, description="which test of a mean difference decides; without it Kenward-Roger"
    )
    sesoi: float | None = Field(None, gt=0, description="smallest effect of interest, units of the outcome")
    unit: Words | None = None
    standardise: bool = True
    deviation: str = Field("", description="what changed after the plan was sealed, and why")

    @model_validator(mode="before")
    @classmethod
    def _estimand_says_when(cls, values: Any) -> Any:
        """`estimand: at` is where wave or exposure stand; beside it they may only say the same."""
        estimand = values.get("estimand") if isinstance(values, dict) else None
        at = estimand.get("at") if isinstance(estimand, dict) else None
        said = {n: v for n, v in at.items() if n in ("wave", "exposure")} if isinstance(at, dict) else {}
        for name, value in said.items():
            if values.get(name) not in (None, value):
                raise ValueError(f"`{name}` once: in `estimand: at` or beside it")
        return {**values, **said} if said else values

    @model_validator(mode="after")
    def _covariates_of_the_design(self) -> EntryConfig:
        if self.covariates and self.formula:
            raise ValueError("`covariates` for the design's own model; a `formula` names its own")
        return self

    @model_validator(mode="after")
    def _contrast_of_the_design(self) -> EntryConfig:
        if self.formula and (self.wave is not None or self.exposure is not None):
            raise ValueError(
                "`wave` and `exposure` for the design's own model; `term` says what a `formula` estimates"
            )
        if self.formula and not self.team_by_wave:
            raise ValueError(
                "`team_by_wave` for the design's own model; a `formula` names its own random terms"
            )
        return self


class DeviationConfig(Strict):
    """Why an entry is not as it was sealed."""

    entry: Name
    why: str = Field(min_length=1)
    when: IsoDate = Field("", description="date of the decision, YYYY-MM-DD")


class RegistrationConfig(Strict):
    """Where the sealed plan was registered."""

    registry: str = Field(min_length=1, description="e.g. OSF or ISRCTN")
    id: str = Field(min_length=1)
    date: IsoDate


class CalibrationConfig(Strict):
    """Invented trials of the study's own design, on which the planned tests are tried."""

    trials: int = Field(
        2000, ge=20, le=100_000, description="invented trials; 2000 give shares to about .005"
    )
    effects: list[float | Literal["sesoi"]] = Field(
        default=[0.0, "sesoi"],
        min_length=1,
        description="true effects: numbers in units of the outcome, or sesoi",
    )
    seed: int = Field(1, ge=0, description="the same seed gives the same trials")
    checks: int = Field(
        500,
        ge=0,
        description="trials without effect on which CR2 and permutation are tried (primary outcomes, and others "
        "where one of these decides)",
    )

    @model_validator(mode="after")
    def _each_effect_once(self) -> CalibrationConfig:
        if len(set(self.effects)) < len(self.effects):
            raise ValueError("each effect once")
        return self

    def to_domain(self) -> domain.Calibration:
        return domain.Calibration(self.trials, tuple(self.effects), self.seed, min(self.checks, self.trials))


class PropensityConfig(Strict):
    """What may have gone with being treated, where arms were not formed by lot."""

    unit: Annotated[list[Name], AfterValidator(each_once)] = Field(
        min_length=1,
        description="covariates of the units that were allocated, at the first wave: team_size and "
        "organisation_size (who answered then), mean_baseline (of the outcome), or background numbers (means of "
        "persons)",
    )


class PlanConfig(Strict):
    """What is estimated and why. `dww seal` writes `sealed` entries beside it; later changes show as deviations."""

    conf_level: float = Field(0.95, gt=0.5, lt=1)
    organisations_fixed_below: int = Field(10, ge=0)
    primary: Name = "primary"
    families: dict[str, FamilyConfig] = Field(default_factory=dict)
    entries: list[EntryConfig] = Field(
        default_factory=list, description="at least one, unless all sources are about sessions"
    )
    deviations: list[DeviationConfig] = Field(
        default_factory=list, description="reasons for what differs from the sealed plan"
    )
    registered_at: RegistrationConfig | None = None
    missing: MissingConfig = Field(default_factory=lambda: MissingConfig(delta=None))
    calibration: CalibrationConfig | None = Field(
        None, description="try the tests on invented trials of this design; without it nothing is tried"
    )

    propensity: PropensityConfig | None = Field(
        None,
        description="covariates for overlap weights, beside the model; only where arms were not formed by lot",
    )
    curve: CurveConfig | None = Field(
        None, description="estimate primary outcomes under other choices too; without it none is varied"
    )

    @field_validator("deviations")
    @classmethod
    def _one_reason_each(cls, deviations: list[DeviationConfig]) -> list[DeviationConfig]:
        refuse_twice(d.entry for d in deviations)
        return deviations

    @property
    def planned(self) -> list[EntryConfig]:
        """The entries that the plan does not call exploratory."""
        return [e for e in self.entries if e.status == "planned"]

    def to_domain(self) -> domain.Plan:
        """The frozen plan, its entries planned or exploratory as written; a seal may say more (`config.seal`)."""
        return domain.Plan(
            entries=tuple(self._entry(e) for e in self.entries),
            families={k: domain.Family(k, f.adjust, f.label) for k, f in self.families.items()},
            primary=self.primary,
            conf_level=self.conf_level,
            organisations_fixed_below=self.organisations_fixed_below,
            written_exploratory=tuple(e.id for e in self.entries if e.status == "exploratory"),
            reasons=tuple(domain.Reason(**d.model_dump()) for d in self.deviations),
            registered_at=domain.Registration(**self.registered_at.model_dump())
            if self.registered_at
            else None,
            missing=self.missing.to_domain(),
            calibration=self.calibration.to_domain() if self.calibration else None,
            propensity=tuple(self.propensity.unit) if self.propensity else (),
            curve=self.curve.to_domain() if self.curve else None,
        )

    def _entry(self, entry: EntryConfig) -> domain.PlanEntry:
        values = entry.model_dump(exclude={"estimand", "test"})
        lists = {name: tuple(values[name]) for name in ("mediators", "covariates")}
        estimand = entry.estimand or EstimandConfig.model_validate({})
        summary = _of_yes_or_no(estimand.summary)
        own = {
            "population": estimand.population,
            "events": estimand.events,
            "summary": summary,
            "average": _average(estimand.average, summary),
            "test": entry.test.to_domain() if entry.test else domain.DecidingTest(),
        }
        made = domain.PlanEntry(**{**values, **lists, **own})
        members = made.adjusted and made.population == "answered_once"
        return replace(made, population="baseline_members") if members else made


def _average(asked: str | None, summary: str | None) -> str | None:
    """Whom an answer averages over; what a model estimates without it needs none."""
    if summary is None:
        return "cluster" if asked == "cluster" else None
    return None if summary == ODDS_RATIO else asked


def _of_yes_or_no(summary: str | None) -> str | None:
    """The summary where it says how yes or no is compared; what the mixed models of other kinds estimate needs none."""
    return summary if summary in OF_SHARES else None

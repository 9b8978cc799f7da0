"""What is estimated, decided before the data: `Plan` and its `PlanEntry`s."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dww_analysis.domain.study import Prose, Text

# covariates of units that no column of a file holds: persons in their team or organisation, and the outcome, at the
# first wave
OF_UNITS = ("team_size", "organisation_size", "mean_baseline")
ONE_COVARIATE_BELOW = 10  # a group of fewer units is made alike in one covariate at most
BEFORE = "score_before"  # of a row of a model: what its person scored earlier
EMPLOYED = "employed_at_wave"  # population: whose contract ran at the wave, as personnel records have it
TestName = Literal["kenward-roger", "CR2", "permutation"]
KENWARD_ROGER: TestName = "kenward-roger"
CR2: TestName = "CR2"
PERMUTATION: TestName = "permutation"
Status = Literal["registered", "planned", "sealed after data", "deviation", "exploratory"]


@dataclass(frozen=True)
class Family:
    """Estimates that are corrected together for having been many."""

    id: str
    adjust: Literal["holm", "BH", "none"]
    label: Text


@dataclass(frozen=True)
class DecidingTest:
    """Which test of a mean difference between arms decides, and which stand beside it.

    when: (units, test): with fewer units of allocation than that in an arm this test decides; the first that holds.
    """

    primary: TestName = KENWARD_ROGER
    beside: tuple[TestName, ...] = (CR2, PERMUTATION)
    when: tuple[tuple[int, TestName], ...] = ()


@dataclass(frozen=True)
class PlanEntry:
    """One question with its outcome, model and contrast.

    For design parallel_cluster without `formula`, the model is the constrained-baseline one:
    score ~ wave + arm at each later wave + organisation strata + (1 | team) + (1 | team:wave) + (1 | person);
    where units start at waves of their own one effect per exposure time takes the place of the arms at each wave.
    With `formula` (lme4 syntax; outcome on the left), `term` names the coefficient that is the estimate.
    """

    id: str
    outcome: str  # a scale id, or scale.subscale
    sample: str
    family: str
    question: Text
    why: Text
    status: Status
    formula: str | None = None
    term: str | None = None  # coefficient of a formula model
    wave: int | None = None  # of the primary contrast of a template model
    exposure: int | Literal["mean"] | None = (
        None  # of the primary contrast where units start at waves of their own
    )
    covariates: tuple[str, ...] = ()  # background, or scales as at the first wave; in the design's own model
    weights: str | None = None  # background number: a row's residual variance is sigma^2 over it
    per: str | None = (
        None  # background number: the time (months) that a row's count is of; the offset is its log
    )
    population: Literal["answered_once", "baseline_members", "employed_at_wave"] = (
        "answered_once"  # whose answers count
    )
    summary: Literal["odds_ratio", "risk_difference", "risk_ratio"] | None = (
        None  # how yes or no is compared; without it as effects.ways has it
    )
    # of such a summary, without it as effects.ways has it; "cluster" also of a mean difference
    average: Literal["participant", "cluster"] | None = None
    baseline: Literal["constrained", "ancova"] = (
        "constrained"  # how the first wave enters: as an outcome, or as a covariate of later ones
    )
    mediators: tuple[
        str, ...
    ] = ()  # covariates of `formula` measured after the start, on the way to the outcome
    team_by_wave: bool = True  # False leaves (1 | team:wave) out and is warned about
    test: DecidingTest = DecidingTest()
    sesoi: float | None = None  # smallest effect of interest, in units of the outcome, positive
    unit: Text | None = None  # of the estimate, when it is not the outcome's ("points per hour")
    standardise: bool = True  # whether a row in SD units is added
    events: Mapping[str, Text] = field(default_factory=dict)  # event after the start -> how it is handled
    deviation: Prose = ""  # what changed after sealing, and why

    @property
    def adjusted(self) -> bool:
        """Whether what persons scored at the first wave is a covariate of the design's model; with a `summary` of yes
        or no `baseline: ancova` is about the units' shares instead."""
        return self.baseline == "ancova" and self.summary is None

    @property
    def units_once(self) -> bool:
        """Whether a mean difference is one between units of allocation that each count once, whatever their size."""
        return self.average == "cluster" and self.summary is None

    @property
    def in_model(self) -> tuple[str, ...]:
        """The covariates of the design's own model."""
        return (*self.covariates, *([BEFORE] if self.adjusted else []))


@dataclass(frozen=True)
class Reason:
    """Why an entry differs from what was sealed, and when that was decided ("" when not said)."""

    entry: str
    why: str
    when: str = ""


@dataclass(frozen=True)
class Registration:
    """Where the sealed plan was registered."""

    registry: str
    id: str
    date: str  # ISO


@dataclass(frozen=True)
class Imputation:
    """How values that are missing are drawn: `m` data sets from one chain, `between` iterations apart."""

    m: int = 20
    burn_in: int = 500
    between: int = 50
    auxiliaries: tuple[str, ...] = ()  # scales that are completed together with the outcome
    by_arm: bool = False  # a chain for each arm
    seed: int = 1
    prior_scale: float = 1.0  # of the half-t priors of standard deviations, in SD of each score
    other_prior_scale: float = 0.3  # beside it, to show how much hangs on it


@dataclass(frozen=True)
class Delta:
    """How far imputed values are moved, by arm, to see when the answer turns."""

    arms: tuple[str, ...]
    unit: Literal["sd", "score"]
    low: float
    high: float
    step: float


@dataclass(frozen=True)
class Missing:
    """What is done about values that are missing, beside the mixed model, which uses all answers that there are."""

    primary: Literal["likelihood"] = "likelihood"
    participation: tuple[str, ...] = ()  # background that goes with taking part; in the imputation model
    imputation: Imputation | None = None
    delta: Delta | None = None


@dataclass(frozen=True)
class Calibration:
    """How the tests are tried on invented trials of the study's own design.

    Always true: `trials` >= 20; `checks` <= `trials`; `effects` holds numbers in units of the outcome, or "sesoi".
    """

    trials: int
    effects: tuple[float | Literal["sesoi"], ...] = (0.0, "sesoi")
    seed: int = 1
    # trials without effect on which CR2 and permutation are tried, for primary outcomes and where one of these decides
    checks: int = 500


CHOICES = (
    "scoring",
    "covariates",
    "missing",
    "linkage",
    "careless",
)  # of a curve, in the order of its points


@dataclass(frozen=True)
class Curve:
    """Choices that could have been made otherwise without asking another question. All combinations are estimated.

    A choice with no options stays as the plan has it. Always true: where there are options, that of the plan itself is
    one of them.
    """

    scoring: tuple[Literal["rule", "complete_items"], ...] = ()
    covariates: tuple[tuple[str, ...], ...] = ()  # of the design's own model; () stands for none
    missing: tuple[Literal["likelihood", "imputed"], ...] = ()
    linkage: tuple[Literal["fuzzy", "exact"], ...] = ()
    careless: tuple[Literal["keep", "drop"], ...] = ()
    leave_out: Literal["unit"] | None = None  # each unit of allocation in turn, beside the combinations


@dataclass(frozen=True)
class Plan:
    """The whole plan. Always true: every family of an entry is in `families`; entry ids are unique."""

    entries: tuple[PlanEntry, ...]
    families: Mapping[str, Family]
    primary: str = "primary"  # id of the primary family
    conf_level: float = 0.95
    organisations_fixed_below: int = 10  # fewer organisations enter as fixed strata, more as a random term
    sealed: str | None = None  # ISO date on which the plan was sealed
    reasons: tuple[Reason, ...] = ()  # for deviations from what was sealed
    registered_at: Registration | None = None
    written_exploratory: tuple[str, ...] = ()  # entries that the plan itself calls exploratory
    missing: Missing = Missing()
    calibration: Calibration | None = None  # without it no trials are invented
    propensity: tuple[str, ...] = ()  # covariates of units (OF_UNITS, background numbers) for overlap weights
    curve: Curve | None = None  # without it no choices are varied

    @property
    def planned(self) -> tuple[PlanEntry, ...]:
        """The entries that do not explore: neither by what the plan calls them nor by what was sealed."""
        explored = {*self.written_exploratory, *(e.id for e in self.entries if e.status == "exploratory")}
        return tuple(e for e in self.entries if e.id not in explored)

    def why_deviates(self, entry: str) -> str:
        """Why an entry is not as it was sealed: as `deviations` says, else the entry itself; "" where nobody does."""
        said = [r.why for r in self.reasons if r.entry == entry]
        return next(iter([*said, *(e.deviation for e in self.entries if e.id == entry)]), "")


def names_in(formula: str | None) -> set[str]:
    """Names in the right-hand side of a formula, functions included; none without a formula."""
    right = (formula or "").partition("~")[2]
    return set(re.findall(r"[A-Za-z_][\w.]*", right))

"""The true parameters of the invented example study: its design, its effects, its variances.

Everything the simulator draws follows from this frozen record and a seed. The stages that analyse the raw files never
read it, so that a test can hold their estimates against it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

# One of thirty draws that were looked at: its estimates lie near the truth, so that the example is instructive.
EXAMPLE_SEED = 20250907


@dataclass(frozen=True)
class ConstructTruth:
    """One construct as it really is, on a latent scale with variance 1 between persons at wave 0.

    `effect` is the difference intervention - control at each wave, `trend` what happens in both arms, both in latent
    SD. `general` and `facet` are the shares of an item's variance due to the construct and to its own facet.
    `shift` moves the mean of the items, `step` is the distance between the thresholds of the answer categories.
    `wellbeing` is the correlation of the stable part with general wellbeing at work.
    """

    id: str
    effect: tuple[float, ...]
    trend: tuple[float, ...]
    organisation: float  # shares of latent variance; they sum to 1 with `residual`
    team: float
    team_wave: float
    person: float
    general: float
    facet: float
    shift: float
    step: float
    wellbeing: float

    @property
    def residual(self) -> float:
        """Share of latent variance that is of one person at one wave only."""
        return 1.0 - self.organisation - self.team - self.team_wave - self.person


@dataclass(frozen=True)
class ExampleTruth:
    """The whole invented study: clusters, cohort, mess, and the truth about each construct."""

    constructs: tuple[ConstructTruth, ...]
    organisations: int = 6
    teams_per_organisation: int = 4  # half of them to each arm
    team_size: tuple[int, int, float] = (6, 16, 11.0)  # smallest, largest, mean
    waves: int = 3
    leave: float = 0.12  # share of members that leaves between two waves
    replace: float = 0.9  # share of leavers that is followed by a newcomer
    move: float = 0.025  # share of members that moves to another team of the organisation between two waves
    response: float = 0.80  # share of members that answers a wave
    break_off: float = 0.04  # share of answers that stops half way
    skip: float = 0.03  # share of items skipped
    careless: float = 0.03  # share of persons that gives one and the same answer
    duplicate: float = 0.02  # share of answers that arrives twice
    no_code: float = 0.01  # share of answers without a person code

    def as_dict(self) -> dict[str, object]:
        """The record as plain values, to be kept beside the tests."""
        return asdict(self)


def _construct(
    id: str, effect: tuple[float, ...], trend: tuple[float, ...], **shares: float
) -> ConstructTruth:
    common = {"organisation": 0.02, "team": 0.06, "team_wave": 0.025, "person": 0.55}
    return ConstructTruth(id, effect, trend, **{**common, **shares})


EXAMPLE = ExampleTruth(
    constructs=(
        _construct("lpw", (0.0, 0.22, 0.50), (0.0, 0.04, 0.06),
                   organisation=0.03, team=0.08, general=0.40, facet=0.20, shift=0.20, step=0.85, wellbeing=0.4),
        _construct("ail", (0.0, 0.14, 0.35), (0.0, 0.02, 0.05),
                   general=0.34, facet=0.24, shift=0.25, step=0.85, wellbeing=0.4),
        _construct("uwes", (0.0, 0.08, 0.22), (0.0, -0.03, -0.05),
                   general=0.56, facet=0.04, shift=0.40, step=0.60, wellbeing=0.7),
        _construct("bat", (0.0, 0.0, 0.0), (0.0, 0.04, 0.06),
                   team=0.05, person=0.58, general=0.42, facet=0.12, shift=-0.80, step=0.85, wellbeing=-0.7),
        _construct("psysafe", (0.0, 0.03, 0.06), (0.0, 0.0, 0.0),
                   organisation=0.03, team=0.12, person=0.50, general=0.42, facet=0.0, shift=0.50, step=0.60,
                   wellbeing=0.4),
        _construct("jobsat", (0.0, 0.0, 0.0), (0.0, -0.02, -0.04),
                   person=0.50, general=0.72, facet=0.0, shift=0.90, step=0.62, wellbeing=0.7),
        _construct("turnover", (0.0, 0.10, 0.25), (0.0, 0.02, 0.03),
                   team=0.05, person=0.56, general=0.62, facet=0.0, shift=-0.60, step=0.75, wellbeing=-0.5),
    )
)  # fmt: skip

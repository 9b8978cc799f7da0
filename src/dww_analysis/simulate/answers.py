"""From latent constructs to answers in categories: multilevel normal scores cut at thresholds.

A latent score is the sum of organisation, team, team by wave, person and occasion, plus the trend and the effect of the
arm the person's team is in. An item adds its facet and its own error and is cut into ordered categories.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from dww_analysis.simulate.instruments import BLOCKS, Block
from dww_analysis.simulate.people import AWAY, Cohort
from dww_analysis.simulate.truth import ConstructTruth, ExampleTruth

FACET_STABLE = 0.6  # share of a facet's variance that stays with a person over the waves


def draw_answers(truth: ExampleTruth, cohort: Cohort, rng: np.random.Generator) -> pd.DataFrame:
    """Complete answers of every member at every wave: columns person (number), wave, team (number), then the items."""
    person, wave = np.nonzero(cohort.membership != AWAY)
    columns = {"person": person, "wave": wave, "team": cohort.membership[person, wave]}
    n_persons = int(person.max()) + 1
    blocks = {block.construct: block for block in BLOCKS}
    for construct, stream in zip(truth.constructs, rng.spawn(len(truth.constructs)), strict=True):
        latent = draw_latent(truth, construct, cohort, stream)[person, wave]
        block = blocks[construct.id]
        facets = {
            facet: drawn[person, wave] for facet, drawn in _facets(block, n_persons, truth.waves, stream)
        }
        columns.update(_items(block, construct, latent, facets, stream))
    return pd.DataFrame(columns).sort_values(["wave", "person"], ignore_index=True)


def draw_latent(
    truth: ExampleTruth, construct: ConstructTruth, cohort: Cohort, rng: np.random.Generator
) -> np.ndarray:
    """Latent scores (persons, waves) of one construct; meaningless where a person is not a member."""
    n_teams, waves = len(cohort.teams), truth.waves
    organisation = np.sqrt(construct.organisation) * rng.standard_normal(truth.organisations)
    team = np.sqrt(construct.team) * rng.standard_normal(n_teams)
    team_wave = np.sqrt(construct.team_wave) * rng.standard_normal((n_teams, waves))
    arm = cohort.teams["arm"].to_numpy()[:, None]
    place = organisation[np.arange(n_teams) // truth.teams_per_organisation] + team
    expected = place[:, None] + team_wave + np.asarray(construct.trend) + arm * np.asarray(construct.effect)
    own = rng.standard_normal(len(cohort.people))
    stable = construct.wellbeing * cohort.people["wellbeing"] + np.sqrt(1 - construct.wellbeing**2) * own
    occasion = rng.standard_normal(cohort.membership.shape)
    return (
        np.take_along_axis(expected, cohort.membership, axis=0)
        + np.sqrt(construct.person) * stable.to_numpy()[:, None]
        + np.sqrt(construct.residual) * occasion
    )


def _items(
    block: Block,
    construct: ConstructTruth,
    latent: np.ndarray,
    facets: Mapping[str, np.ndarray],
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    error_share = 1 - construct.general - construct.facet
    answers = {}
    for number, (item, facet) in enumerate(zip(block.items, block.facets, strict=True), start=1):
        score = (
            np.sqrt(construct.general) * latent
            + np.sqrt(construct.facet) * facets[facet]
            + np.sqrt(error_share) * rng.standard_normal(len(latent))
        )
        answers[item] = _cut(score, block, construct, number)
    return answers


def _facets(
    block: Block, n_persons: int, waves: int, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray]]:
    for facet in dict.fromkeys(block.facets):
        yield facet, _facet(n_persons, waves, rng)


def _facet(n_persons: int, waves: int, rng: np.random.Generator) -> np.ndarray:
    stable = rng.standard_normal((n_persons, 1))
    return np.sqrt(FACET_STABLE) * stable + np.sqrt(1 - FACET_STABLE) * rng.standard_normal(
        (n_persons, waves)
    )


def thresholds(block: Block, construct: ConstructTruth) -> np.ndarray:
    """Where the categories of an item begin, from the second on."""
    return construct.step * (np.arange(block.high - block.low) - (block.high - block.low - 1) / 2)


def pushed(construct: ConstructTruth, number: int) -> float:
    """How far everybody's score on an item is pushed up; items differ a little in how easily they are agreed with."""
    return construct.shift + 0.25 * float(np.sin(1.7 * number))


def _cut(score: np.ndarray, block: Block, construct: ConstructTruth, number: int) -> np.ndarray:
    """Categories of a standard normal score."""
    values = block.low + np.searchsorted(thresholds(block, construct), score + pushed(construct, number))
    return block.low + block.high - values if number in block.reversed else values

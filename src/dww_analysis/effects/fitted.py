"""What one plan entry needs, what was fitted of it, and what it gave: values that all of `effects` passes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.domain.outcomes import OutcomeKind
from dww_analysis.domain.plan import BEFORE, Plan, PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study
from dww_analysis.effects.models import Model, Target
from dww_analysis.effects.sizes import Spread
from dww_analysis.effects.spread import spread_before, spread_of


@dataclass(frozen=True, eq=False)
class EntryResult:
    """What one plan entry gave.

    estimates: columns of domain.estimate; components: entry, group, term_1, term_2, estimate, sd_or_correlation,
    boundary; record: formula, search, method, counts, means, warnings — everything the report says about the fit.
    """

    estimates: pd.DataFrame
    components: pd.DataFrame
    record: dict[str, Any]


@dataclass(frozen=True, eq=False)
class EntryData:
    """All that one plan entry needs: the plan's side, and the tables of scores and answers."""

    entry: PlanEntry
    plan: Plan
    study: Study
    scale: Scale  # of the outcome
    scores: pd.DataFrame  # scores table of that scale
    covariates: Mapping[str, pd.DataFrame]  # scale id -> scores table, of scales that the formula names
    answers: pd.DataFrame  # Measurements' answers, for background variables
    links: pd.DataFrame | None = None  # sample, person, wave and the person by other rules of linking
    drawable: pd.DataFrame | None = None  # allocation, unit, condition: where a list says what could be drawn
    employed: pd.DataFrame | None = (
        None  # sample, person, wave: under contract, where records say so of every wave
    )
    notes: tuple[str, ...] = ()  # what was done to the answers before, for the warnings of the record


@dataclass(frozen=True, eq=False)
class EntryFit:
    """A fitted entry: the frame given to the engine, the model, the fit, and its coefficients by term."""

    frame: pd.DataFrame
    model: Model
    fitted: Any
    coefficients: pd.DataFrame
    kind: OutcomeKind

    def weights_of(self, target: Target) -> NDArray[Any]:
        """Weights of a target over the coefficients of the fit, shape (1, p)."""
        return np.array([[target.weights.get(name, 0.0) for name in self.coefficients.index]])

    @property
    def used(self) -> pd.DataFrame:
        """The rows of the frame that the fit used."""
        rows: pd.DataFrame = self.frame.loc[self.fitted.frame.index]
        return rows


def standardiser(entry: PlanEntry, found: EntryFit) -> Spread | None:
    """The SD that standardises this entry, or None where there is no standardised row; rows of different precision have
    no SD in common. Of a model that is adjusted for the first wave it is that of the first wave: what is left beside it
    is no SD of the outcome."""
    wanted = entry.standardise and found.kind.standardises and entry.weights is None
    if entry.adjusted and wanted:
        return spread_before(found.frame, BEFORE)
    return spread_of(found.fitted, found.frame) if wanted else None

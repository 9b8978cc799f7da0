"""Answers as given: one row per person and wave, one column per item, and why an answer is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import pandas as pd

NOT_RECOGNISED = "not recognised"  # persons of an anonymous source
LINKED = ("exact", "exact, other team", "one error")  # outcomes of linking that give an earlier person
BY_ORGANISATION = "answered by organisation"  # a step that tables count and no figure draws
# a step of the flow of persons and teams, as the flow table has it -> what figures and tables call it
FLOW_STEPS = {
    "allocated": "allocated",
    "answered": "answered",
    "newly in": "new",
    "missed": "missed",
    "left": "left",
    "moved team": "moved",
    NOT_RECOGNISED: "unknown",
}
FLOW_MOVES = ("new", "missed", "left", "moved")  # of them: what persons did since the wave before


class MissingReason(StrEnum):
    """Different facts that NaN would make one."""

    NOT_ASKED = "not asked"
    SKIPPED = "skipped"
    NOT_APPLICABLE = "not applicable"
    LEFT_STUDY = "left the study"
    OUT_OF_RANGE = "out of range"


@dataclass(frozen=True, eq=False)
class Measurements:
    """Answers of all sources of a study together.

    `answers`: columns sample, person (pseudonym), wave (int), source, organisation, team, arm (where the design has
    arms), complete (bool), participated (bool: the row has any answer), then one column per item and background
    variable, as numbers (categories as text codes).
    Always true: (sample, person, wave) is unique; a value lies in the item's range or is NaN with a reason.
    organisation, team and arm are those of the team the person was first observed in; current_team is where
    the answer came from.
    `missing`: one row per absent answer: sample, person, wave, column, reason (a `MissingReason`).
    `pairs`: one row per sample and pair of waves: how many persons are seen again, and what changed of them
    (`ingest.plausible.link_plausibility`).
    """

    answers: pd.DataFrame
    missing: pd.DataFrame
    pairs: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass(frozen=True, eq=False)
class Ingested:
    """What one source gave: rows of answers, why answers are absent, what happened to the rows, and the codebook.

    `flow`: columns source, sample, wave, step (read / dropped / kept), reason, rows.
    `codebook`: one row per used column: source, sample, wave, name, delivered_name, label, type, value_labels
    (JSON text), missing_codes (JSON text), min_valid, max_valid, n_valid, n_missing, rules (what was applied).
    `rules`: one row per rule of sources.yaml and code: source, sample, wave, rule, written, code, met, of, unit,
    may_be_absent.
    `persons`: one row per person with a key: sample, wave, person, loose (pseudonym of the code without what spellings
    differ in), taken (what that is, in words); empty for other persons and in a study of one wave.
    """

    answers: pd.DataFrame
    missing: pd.DataFrame
    flow: pd.DataFrame
    codebook: pd.DataFrame
    rules: pd.DataFrame = field(default_factory=pd.DataFrame)
    persons: pd.DataFrame = field(default_factory=pd.DataFrame)

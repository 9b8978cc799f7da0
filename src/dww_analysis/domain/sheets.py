"""Sheets for units: which, when they are handed over, and the words for how a unit stands and how it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from dww_analysis.domain.study import Prose

UnitLevel = Literal["team", "organisation"]
UNIT_LEVELS: tuple[UnitLevel, ...] = get_args(UnitLevel)
Verdict = Literal["above", "below", "as_others", "unclear", "no_comparison"]
VERDICTS: tuple[str, ...] = get_args(Verdict)
Change = Literal["up", "same", "down", "unclear", "too_few"]
CHANGES: tuple[str, ...] = get_args(Change)
Release = Literal["after_last_wave", "after_each_wave", "never"]
Reference = Literal["all_teams", "organisation"]
DECIMALS = 1  # of every number on a sheet; nothing on it is drawn more exactly


@dataclass(frozen=True)
class UnitSettings:
    """When units get a sheet, with whom they are compared, which small teams stand together, and the least response.

    Always true: a team is in one combination at most; `reason` is there when sheets are handed over after each wave.
    """

    release: Release = "after_last_wave"
    reference: Reference = "all_teams"
    combine: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # name -> teams
    minimum_share: float = 0.4
    carry_words: tuple[
        str, ...
    ] = ()  # units whose sheets open with the last words of teams they were made of
    reason: Prose = ""  # why units hear something while the study runs

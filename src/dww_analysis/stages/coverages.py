"""Core elements that persons gave examples of, laid beside their answers as a delivered score."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dww_analysis.domain.coverage import COVERAGE, coverage_sources
from dww_analysis.domain.measurements import Measurements, MissingReason
from dww_analysis.domain.study import KEY_COLUMNS, Source
from dww_analysis.errors import MeasurementError, amount
from dww_analysis.stages.project import Project


def sources_of(project: Project) -> list[Source]:
    """Sources whose persons get the score; none where a scale of the study has its name."""
    offered = any(s.id == COVERAGE and s.delivered == COVERAGE for s in project.files.scales)
    return coverage_sources(project.files.sources) if offered else []


def with_coverage(found: Measurements, tables: Mapping[str, pd.DataFrame]) -> tuple[Measurements, list[str]]:
    """The answers with the column `coverage`, absent where nobody asked, and how many persons of each source did not
    answer that wave. MeasurementError for a source none of whose persons did."""
    if not tables:
        return found, []
    keys, notes = list(KEY_COLUMNS), []
    known = pd.MultiIndex.from_frame(found.answers[keys])
    for id, table in tables.items():
        lost = int((~pd.MultiIndex.from_frame(table[keys]).isin(known)).sum())
        if len(table) and lost == len(table):
            raise MeasurementError.of(
                found=f"{lost} persons, none of whom answered the questionnaire of that wave",
                where=f"source {id}",
                expected="the codes that these persons have in the answers",
                action="correct the codes, or leave `wave` out of the source: then there is a map and no score",
            )
        notes += (
            [
                f"{id}: {amount(lost, 'person', 'persons')} without answers to the questionnaire of that wave: no score"
            ]
            if lost
            else []
        )
    rows = pd.concat(tables.values(), ignore_index=True)
    answers = found.answers.merge(rows, on=keys, how="left", validate="one_to_one")
    absent = answers.loc[np.isnan(answers[COVERAGE].to_numpy(float)), keys]
    absent = absent.assign(column=COVERAGE, reason=str(MissingReason.NOT_ASKED))
    missing = pd.concat([found.missing, absent], ignore_index=True)
    return Measurements(answers, missing.astype(found.missing.dtypes), found.pairs), notes

"""Stage coverage: fragments of one wave to how many core elements each person gave an example of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.coverage import COVERAGE
from dww_analysis.domain.study import Source
from dww_analysis.stages import places
from dww_analysis.stages.coverages import sources_of
from dww_analysis.stages.deliveries import Delivery, key_mark, raw_files
from dww_analysis.stages.practice import read_session_source
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables


def covered(project: Project, source: Source) -> pd.DataFrame:
    """Columns sample, person (pseudonym), wave and coverage, of one source."""
    from dww_analysis.practice import coverage

    scores = coverage(read_session_source(project, source).rows)
    pseudonymise = Delivery(project, source).pseudonymise()
    table = pd.DataFrame(
        {
            "sample": source.sample,
            "person": [pseudonymise(str(code)) for code in scores.index],
            "wave": source.wave,
            COVERAGE: scores.to_numpy(float),
        }
    )
    return table.sort_values("person", ignore_index=True)


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """One source of fragments: the score of each of its persons."""
    return {"coverage": covered(project, project.source(name))}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    return bare(project.source(name)), bare(project.files.practice), design(project)


STAGE = Stage(
    "coverage",
    per="source",
    reads=lambda project, name: {},
    makes={"coverage": places.COVERAGE},
    config=_config,
    run=_run,
    names=lambda project: [s.id for s in sources_of(project)],
    raw=raw_files,
    key=key_mark,
)

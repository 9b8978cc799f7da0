"""Stage mechanisms: the arrows, paths and moderations of theory.yaml, as they may be shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dww_analysis.domain.scales import Scale
from dww_analysis.domain.theory import Theory
from dww_analysis.stages import places
from dww_analysis.stages.deviating import seal_of_study
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import design, reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Stage, Tables

if TYPE_CHECKING:
    import pandas as pd

TABLE = "mechanisms"


def mechanism_tables(project: Project) -> list[str]:
    """Names of the tables about mechanisms; none where the study has no theory."""
    return [TABLE] if project.files.theory is not None else []


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """All of the theory, through the gate."""
    from dww_analysis.privacy.gate import let_out

    files, theory = project.files, _theory(project)
    found = mechanisms_of(project, theory, files.scales, tables["scores"], tables)
    found["status"] = found["id"].map(_statuses(project))
    return let_out({TABLE: found}, files.study.min_cell_size)


def _statuses(project: Project) -> dict[str, str]:
    """Id of every arrow, path and moderation -> what it is, seen from the seal."""
    from dww_analysis.config.seal import theory_statuses

    return dict(theory_statuses(project.files, seal_of_study(project)))


def mechanisms_of(
    project: Project, theory: Theory, scales: Iterable[Scale], scores: Mapping[str, Any], tables: Tables
) -> pd.DataFrame:
    """All that a theory asks for, not yet let out: a row of the table mechanisms for each arrow, path and moderation.

    scores: scale -> scores table. tables: `answers`, and `features` where the theory has doses. What cannot be
    estimated has a remark instead of numbers.
    """
    from dww_analysis.effects.mechanisms.doses import dose_scales, dose_scores
    from dww_analysis.effects.mechanisms.results import mechanism_table
    from dww_analysis.effects.mechanisms.rows import TheoryData

    files = project.files
    known = {s.id: s for s in scales} | dose_scales(theory)
    scored = {**scores, **dose_scores(theory, tables.get("features", {}))}
    return mechanism_table(TheoryData(theory, files.plan, files.study, known, scored, tables["answers"]))


def _theory(project: Project) -> Theory:
    assert project.files.theory is not None  # there is no job without
    return project.files.theory


def scales_needed(project: Project) -> list[str]:
    """Ids of the scales that the theory's nodes and its adjustment name."""
    theory = _theory(project)
    named = [*(n.scale for n in theory.nodes if n.scale), *theory.adjust]
    wanted = {name.split(".")[0] for name in named}
    return [s.id for s in project.files.scales if s.id in wanted]


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths = project.paths
    scores = {scale: places.SCORES.at(paths, scale) for scale in scales_needed(project)}
    sources = dict.fromkeys(n.dose[0] for n in _theory(project).nodes if n.dose is not None)
    features = {source: places.EXPOSURE_FEATURES.at(paths, source) for source in sources}
    doses = {"features": features} if features else {}
    return {"answers": places.MEASUREMENTS.at(paths), "scores": scores, **doses}


def _makes(project: Project) -> dict[str, Place]:
    return {table: places.safe_table(table) for table in mechanism_tables(project)}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    plan = project.files.plan
    settings = (plan.conf_level, plan.organisations_fixed_below)
    return bare(project.files.theory), settings, design(project), reporting(project), _statuses(project)


STAGE = Stage(
    "mechanisms",
    per="study",
    reads=_reads,
    makes=_makes,
    config=_config,
    run=_run,
    names=lambda project: ["theory"] if project.files.theory is not None else [],
)

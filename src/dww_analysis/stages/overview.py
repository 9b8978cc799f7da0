"""Stage overview: the figures about the whole study: forest, participant flow, design, theory of change, curves of
choices, learning at work, units, other analyses, invented trials, and residuals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from dww_analysis.domain.exposure import DiaryRules, own_words
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.study import say
from dww_analysis.domain.tables import register
from dww_analysis.stages import places
from dww_analysis.stages.article_tables import article_tables
from dww_analysis.stages.calibrate import calibrated
from dww_analysis.stages.curve import varied
from dww_analysis.stages.drawings import PARTS, folder_of
from dww_analysis.stages.exposures import exposure_tables_of
from dww_analysis.stages.mechanisms import mechanism_tables
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication
from dww_analysis.stages.settings import printed
from dww_analysis.stages.stage import Stage, Tables, where_answered

NAME = "overview"
TABLES = ("estimates", "answers", "flow", "design")
TRIED = ("calibration", "calibration_bins")  # invented trials, where the plan asks for them
TOLD = ["estimate", "n_obs", "n_persons"]  # by which an estimate is seen to be the present one
OVER_TIME = ("diary_learning", "app_periods", "hr_flow", "leaving_periods")
RESIDUALS, STRIPS = "residual_bins", "sensitivity"  # what is drawn for the report as an article


def _run(project: Project, name: str, tables: Tables) -> Mapping[str, Any]:
    """Forest and flow, and what else a study has, in every language."""
    from dww_analysis.figures.design import draw_design
    from dww_analysis.figures.flow import draw_flow
    from dww_analysis.figures.forest import draw_forest
    from dww_analysis.figures.mechanisms import draw_mechanisms
    from dww_analysis.language import Words
    from dww_analysis.language.labels import Labels
    from dww_analysis.reports.headlines import counts_forms, headline_rows, with_answers

    files, publication = project.files, Publication.of(project)
    shown, _ = publication.beside({table: tables[table] for table in _tables(project)})
    units = _units(tables, shown["estimates"], publication)
    drawings: list[Any] = []
    for language in files.reports.languages:
        words = Words(language, files.study.level_labels)
        labels = Labels(files.study, files.outcomes(), words, _learned(project))
        headlines = headline_rows(shown["estimates"], files.study, files.plan, files.outcomes(), words)
        drawings += [
            draw_forest(
                with_answers(headlines, shown["answers"]),
                words=words,
                forms=counts_forms(headlines, files.study),
            ),
            draw_flow(shown["flow"], study=files.study, words=words),
            draw_design(shown["design"], labels=labels),
            _trials(project, shown, headlines, labels),
            *_curves(project, shown, headlines, words),
            *_over_time(shown, labels),
            _unit_figure(project, tables["fits"], units, labels),
            *_strips(shown, headlines, labels),
            *_residuals(project, shown, headlines, labels),
        ]
        if files.theory is not None:
            found = shown["mechanisms"]
            drawings.append(draw_mechanisms(found, theory=files.theory, study=files.study, words=words))
    return {"figures": folder_of(drawings)}


def _curves(project: Project, tables: Mapping[str, Any], headlines: Any, words: Any) -> list[Any]:
    """One figure for each entry whose choices are varied."""
    if "curve" not in tables:
        return []
    from dww_analysis.figures.curve import draw_curve
    from dww_analysis.language.labels import Labels

    labels, points = Labels(project.files.study, project.files.scales, words), tables["curve"]
    drawn = []
    for row in headlines[headlines["entry"].isin(points["entry"])].to_dict("records"):
        own = points[points["entry"] == row["entry"]]
        name = f"curve-{row['entry']}"
        drawn.append(draw_curve(own, row["label"], labels=labels, name=name, subject=row["outcome"]))
    return drawn


def _over_time(tables: Mapping[str, Any], labels: Any) -> list[Any]:
    """What happened at work as time went on, of each sample that has such sources."""
    from dww_analysis.figures.over_time import draw_app_periods, draw_leaving
    from dww_analysis.figures.sources import draw_sources

    drawn = []
    for table, name, draw in (
        ("diary_learning", "sources", draw_sources),
        ("app_periods", "app", draw_app_periods),
        ("leaving_periods", "leaving", draw_leaving),
    ):
        if table not in tables:
            continue
        found = tables[table]
        samples = list(dict.fromkeys(found["sample"]))
        for sample in samples:
            own = name if len(samples) == 1 else f"{name}-{sample}"
            drawn.append(draw(found[found["sample"] == sample], labels=labels, name=own))
    return drawn


def _learned(project: Project) -> Any:
    """What the study calls sources and processes of learning itself."""
    return own_words(s.rules for s in project.files.sources if isinstance(s.rules, DiaryRules))


def _units(tables: Tables, published: pd.DataFrame, publication: Publication) -> Any:
    """Units of primary outcomes that may be shown, of planned estimates that are shown (`published`) and do not keep
    earlier numbers; None where there are none."""
    from dww_analysis.privacy.gate import let_out
    from dww_analysis.privacy.published import rounded

    rows = [
        {"entry": entry, **row}
        for entry, fit in tables["fits"].items()
        for row in fit.get("unit_effects", {}).get("rows", [])
    ]
    if not rows:
        return None
    units = let_out({"unit_effects": pd.DataFrame(rows)}, publication.minimum)["unit_effects"]
    now = rounded(tables["estimates"], register()["estimates"]).set_index("id")[TOLD]
    there = published[~published["suppressed"].astype(bool)].set_index("id")[TOLD]
    new = there[(there == now.reindex(there.index)).all(axis=1)].index
    return units[~units["suppressed"] & units["entry"].isin(new)]


def _unit_figure(project: Project, fits: Mapping[str, Any], units: Any, labels: Any) -> Any:
    """How units stand in primary outcomes."""
    from dww_analysis.figures.units import UnitPanel, draw_units

    if units is None:
        return None
    panels = [
        UnitPanel(
            outcome=entry.outcome,
            label=labels.outcome(entry.outcome),
            unit=say(project.outcome_scale(entry).unit, labels.words.language),
            rows=units[units["entry"] == entry.id],
            std_error=fits[entry.id]["unit_effects"]["std_error"],
            conf_level=project.files.plan.conf_level,
        )
        for entry in _primary(project)
        if (units["entry"] == entry.id).any()
    ]
    levels = {fits[e.id]["unit_effects"]["unit"] for e in _primary(project) if fits[e.id].get("unit_effects")}
    return draw_units(panels, level=levels.pop(), labels=labels) if len(levels) == 1 else None


def _primary(project: Project) -> list[PlanEntry]:
    """Planned entries of the primary family."""
    plan = project.files.plan
    return [e for e in plan.planned if e.family == plan.primary]


def _strips(tables: Mapping[str, Any], headlines: Any, labels: Any) -> list[Any]:
    """The other analyses of each primary outcome, where the report as an article prints it."""
    from dww_analysis.figures.strip import draw_strip

    if STRIPS not in tables:
        return []
    found = tables[STRIPS].to_dict("records")
    return [
        draw_strip(row, [r for r in found if r["entry"] == row["entry"]], labels=labels)
        for row in headlines[headlines["primary"]].to_dict("records")
        if not row["hidden"]
    ]


def _residuals(project: Project, tables: Mapping[str, Any], headlines: Any, labels: Any) -> list[Any]:
    """What the models of planned outcomes leave unexplained, where the report as an article prints it: figures of the
    primary outcomes, then of the others, each of as many as a page holds."""
    from dww_analysis.figures.residuals import MOST, draw_residuals

    if RESIDUALS not in tables:
        return []
    named = {str(r["entry"]): str(r["label"]) for r in headlines.to_dict("records")}
    bins, primary = tables[RESIDUALS], [e.id for e in _primary(project)]
    others = [e.id for e in project.files.plan.planned if e.id not in primary]
    parts = [
        (own[i : i + MOST], own is others) for own in (primary, others) for i in range(0, len(own), MOST)
    ]
    return [
        draw_residuals(
            bins[bins["entry"].isin(entries)],
            lambda entry: named.get(entry, entry),
            labels=labels,
            name="residuals" if number == 1 else f"residuals-{number}",
            others=beside,
        )
        for number, (entries, beside) in enumerate(parts, 1)
    ]


def _trials(project: Project, tables: Mapping[str, Any], headlines: Any, labels: Any) -> Any:
    """The invented trials of primary outcomes, by the test that decides."""
    from dww_analysis.figures.trials import TriedEffect, TriedOutcome, draw_trials
    from dww_analysis.reports.sections.calibration import as_planned

    if TRIED[0] not in tables:
        return None
    tried, bins = (tables[table][~tables[table]["suppressed"].astype(bool)] for table in TRIED)
    tried = as_planned(tried, headlines)
    outcomes = []
    for row in headlines[headlines["entry"].isin([e.id for e in _primary(project)])].to_dict("records"):
        effects = []
        for one in tried[tried["entry"] == row["entry"]].to_dict("records"):
            own = bins[(bins["entry"] == row["entry"]) & (bins["effect"] == one["effect"])]
            if len(own):
                share, mcse, n = (one[c] for c in ("rejected", "rejected_mcse", "trials"))
                size, is_sesoi = one["effect"], bool(one["is_sesoi"])
                effects.append(TriedEffect(size, is_sesoi, share, mcse, n, own, one["truth"]))
        decimals = labels.words.decimals(row["std_error"])
        outcomes.append(TriedOutcome(row["label"], row["unit"], decimals, effects))
    return draw_trials(outcomes, labels=labels)


def _tables(project: Project) -> list[str]:
    over_time = [table for table in OVER_TIME if table in exposure_tables_of(project)]
    article = [STRIPS, RESIDUALS] if RESIDUALS in article_tables(project) else []
    curves = ["curve"] if varied(project) else []
    tried = TRIED if calibrated(project) else ()
    return [*TABLES, *tried, *mechanism_tables(project), *curves, *over_time, *article]


def _reads(project: Project, name: str) -> dict[str, Any]:
    tables = {table: places.safe_table(table).at(project.paths) for table in _tables(project)}
    return {**tables, "fits": {e.id: places.ENTRY_FIT.at(project.paths, e.id) for e in _primary(project)}}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files, study = project.files, printed(project)
    named = study if varied(project) else replace(study, background=())
    return files.reports.languages, named, files.plan, files.outcomes(), files.theory, _learned(project)


STAGE = Stage(
    "overview",
    per="study",
    reads=_reads,
    makes=PARTS,
    config=_config,
    run=_run,
    names=lambda project: where_answered(project, NAME),
)

"""Stage sheets: what every team and organisation is told about itself, where reports.yaml says that they are told.

The table behind the sheets holds small groups and stays with the derived data. The sheets hold what the gate lets out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dww_analysis.domain.cycle import CYCLE_COLUMNS
from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.sheets import UnitLevel, UnitSettings
from dww_analysis.domain.study import Source
from dww_analysis.errors import amount
from dww_analysis.stages import places
from dww_analysis.stages.deliveries import Delivery
from dww_analysis.stages.kept import Document
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.settings import allocation_read, reporting
from dww_analysis.stages.slices import bare
from dww_analysis.stages.stage import Made, Stage, Tables, stacked

if TYPE_CHECKING:
    from dww_analysis.privacy.units import Limits
    from dww_analysis.reports.documents.sheet import Sheet, SheetStudy
    from dww_analysis.sheets import People, ToldRows
    from dww_analysis.sheets.rows import ScaleFacts

NAME = "units"
NO_ROUND = "the last wave has no answers yet: no sheets"


def settings_of(project: Project) -> UnitSettings | None:
    """What units are told and when; None where nothing is ever told."""
    units = project.files.reports.units
    return units if units is not None and units.release != "never" else None


def sample_of(project: Project) -> str:
    """The people whom teams are made of: the first sample of the study."""
    return next(iter(project.files.study.samples))


def measured(project: Project) -> list[Scale]:
    """Scales that sheets show: scores that are numbers, of the people whom teams are made of."""
    sample = sample_of(project)
    return [s for s in project.files.scales if s.measure == "continuous" and sample in s.samples]


def records(project: Project) -> list[Source]:
    """Personnel records of these people."""
    return [s for s in project.exposure_sources() if s.kind == "hr" and s.sample == sample_of(project)]


def member_sources(project: Project) -> list[Source]:
    """Delivered lists of how many people each team had; config refuses those that no sheet reads."""
    return [s for s in project.files.sources if s.kind == "members"]


def members_listed(project: Project, source: Source) -> pd.DataFrame:
    """One delivered list of members, nothing written: columns team, wave, members and line. MeasurementError with all
    its problems at once."""
    from dww_analysis.sheets import read_members

    table = Delivery(project, source).table()
    waves = [w.number for w in project.files.study.waves]
    return read_members(table.data, source, waves, lines=table.lines)


def _run(project: Project, name: str, tables: Tables) -> Made:
    """All rows of all units, and the sheets of those that may have one; DisclosureError when they say too much."""
    people, notes = _people(project, tables)
    wave = _round(project, people.answered)
    found = [
        _of_outcome(project, people, tables, scale, outcome, wave) for scale, outcome in outcomes(project)
    ]
    rows, printed = (stacked([pair[i] for pair in found]) for i in (0, 1))
    told = told_rows(project, tables, people)
    sheets = _documents(project, _sheets(people.answered, people.members, printed, wave, told))
    notes += _unheard(told, sheets) if told is not None and wave is not None else []
    return Made({"table": rows, "sheets": sheets}, [*([NO_ROUND] if wave is None else []), *notes])


def _of_outcome(
    project: Project, people: People, tables: Tables, scale: Scale, outcome: str, wave: int | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of one outcome, and the same as they are printed with `since`, the wave that change counts from."""
    from dww_analysis.privacy.printed import refuse_narrow, said_of, said_of_report
    from dww_analysis.privacy.units import as_printed, shown_rows, why_hidden
    from dww_analysis.sheets import unit_rows

    limits, reference, ends = _limits(project), _settings(project).reference, scale.score_range(outcome)
    scores = people.scores_of(tables["scores"][scale.id], outcome)
    facts = _facts(project, outcome, tables["reliability"][scale.id])
    rows = unit_rows(scores, people.members, facts, minimum=limits.minimum, reference=reference)
    rows["shown"] = shown_rows(rows, scores, limits)
    since = int(scores["wave"].min()) if len(scores) else 0
    printed = as_printed(rows, ends).assign(why=why_hidden(rows, limits), since=since)
    handed = printed[printed["wave"].isin(_printed_waves(project, wave))]
    homes = dict(zip(scores["team"], scores["organisation"], strict=True))
    own = homes if reference == "organisation" else None
    said = [*said_of(handed, ends, facts.smallest, since, own), *said_of_report(scores, ends, limits.minimum)]
    refuse_narrow(outcome, scores, said, ends)
    return rows, printed


def _people(project: Project, tables: Tables) -> tuple[People, list[str]]:
    """The people, and notes on teams that are smaller than who answered in them."""
    from dww_analysis.sheets import People, members_of
    from dww_analysis.sheets.units import homes_of

    sample = sample_of(project)
    answers = tables["answers"]
    own = answers[answers["sample"] == sample]
    listed = [tables["allocation"]] if "allocation" in tables else []
    combine = _settings(project).combine
    people = People(own, homes_of(*listed, own), combine, "reports.yaml, units: combine")
    listed_sizes = [members_listed(project, s).assign(source=s.id) for s in member_sources(project)]
    found = [*listed_sizes, *_running(project, tables)]
    sizes = (
        pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["team", "wave", "members"])
    )
    people.members, short = members_of(sizes, people.homes, people.combine, people.of_teams())
    return people, _notes(short, sizes)


def _running(project: Project, tables: Tables) -> Iterator[pd.DataFrame]:
    """Members of each team by the personnel records."""
    from dww_analysis.sheets.members import contracts_running

    study = project.files.study
    dates = {w.number: w.date for w in study.waves}
    for source in records(project):
        rules = source.rules if isinstance(source.rules, HrRules) else HrRules()
        first = rules.observed_from or study.waves[0].date
        if first is not None:
            window = (first, rules.observed_to or study.delivered)
            yield contracts_running(tables["contracts"][source.id], dates, window)


def outcomes(project: Project) -> Iterator[tuple[Scale, str]]:
    """(scale, outcome) of every row of a sheet, as declared."""
    from dww_analysis.reports.documents.sheet import outcomes_of

    return ((scale, outcome) for scale in measured(project) for outcome in outcomes_of(scale))


def _facts(project: Project, outcome: str, reliability: pd.DataFrame) -> ScaleFacts:
    """The reliability of an outcome by wave, omega before alpha, and the plan's smallest effect of interest."""
    from dww_analysis.sheets import ScaleFacts

    own = reliability[(reliability["scale"] == outcome) & (reliability["sample"] == sample_of(project))]
    known = own["omega"].astype("float64").where(own["omega"].notna(), own["alpha"].astype("float64"))
    by_wave = {int(w): float(v) for w, v in zip(own["wave"], known, strict=True)}
    return ScaleFacts(outcome, by_wave, _smallest(project).get(outcome))


def _smallest(project: Project) -> dict[str, float]:
    """Outcome -> smallest effect of interest, of the first entry of the plan that has one."""
    own = [e for e in project.files.plan.entries if e.sesoi is not None and e.sample == sample_of(project)]
    return {e.outcome: float(e.sesoi or 0.0) for e in reversed(own)}


def _limits(project: Project) -> Limits:
    from dww_analysis.privacy.units import Limits

    return Limits(project.files.study.min_cell_size, _settings(project).minimum_share)


def _settings(project: Project) -> UnitSettings:
    found = settings_of(project)
    assert found is not None  # there is no job without
    return found


def _round(project: Project, answered: pd.DataFrame) -> int | None:
    """The wave that sheets are about; None when it is too early for any."""
    waves = sorted(int(w) for w in answered["wave"].unique())
    last = project.files.study.waves[-1].number
    early = _settings(project).release == "after_last_wave" and last not in waves
    return None if early or not waves else waves[-1]


def _printed_waves(project: Project, wave: int | None) -> list[int]:
    """The waves whose sheets anybody has or gets."""
    if wave is None:
        return []
    each = _settings(project).release == "after_each_wave"
    return [w.number for w in project.files.study.waves if w.number == wave or (each and w.number < wave)]


def _sheets(
    answered: pd.DataFrame,
    members: pd.DataFrame,
    printed: pd.DataFrame,
    wave: int | None,
    told: ToldRows | None = None,
) -> Iterator[Sheet]:
    """A sheet for every unit of which anything may be shown."""
    from dww_analysis.reports.documents.sheet import Sheet

    now = printed[printed["wave"] == wave]
    asked = set(now["scale"])
    sizes = members.set_index(["level", "unit", "wave"])["members"]
    counts = answered.set_index(["level", "unit", "wave"])["answered"]
    for (level, unit), rows in now.groupby(["level", "unit"], sort=True):
        if rows["shown"].any():
            at = (str(level), str(unit), wave)
            known = int(sizes[at]) if at in sizes.index else None
            silent = asked - set(rows["scale"])
            whole = pd.concat([rows, _silent(silent)], ignore_index=True) if silent else rows
            own: UnitLevel = "team" if level == "team" else "organisation"
            words = told.of(own, str(unit), int(wave or 0)) if told is not None else None
            yield Sheet(own, str(unit), int(wave or 0), int(counts[at]), known, whole, words)


def _silent(scales: set[str]) -> pd.DataFrame:
    """Rows for scales that were asked and that nobody of the unit answered."""
    return pd.DataFrame({"scale": sorted(scales), "shown": False, "why": "too_few", "verdict": ""})


def told_rows(project: Project, tables: Tables, people: People) -> ToldRows | None:
    """What units wrote back, of every kind that the study has; None where it has none."""
    from dww_analysis.sheets import ToldRows
    from dww_analysis.sheets.units import origins_of, renamed

    there = tables.get("told", {})
    if not there:
        return None
    settings, combined = _settings(project), renamed(people.combine)
    stand = {**people.homes, **{combined.get(t, t): organisation for t, organisation in people.homes.items()}}
    made_of = origins_of(
        people.answered, people.combine, project.files.study.linking.came_from, people.delivered
    )
    found = {kind: there.get(kind, pd.DataFrame(columns=columns)) for kind, columns in CYCLE_COLUMNS.items()}
    return ToldRows(**found, homes=stand, origins=made_of, carried=settings.carry_words)


def _unheard(told: ToldRows, sheets: Mapping[str, Any]) -> list[str]:
    """How many units wrote and have no sheet that shows it: too few of them answered."""
    from dww_analysis.reports.documents.sheet import folder_name

    made_of = {team for unit, teams in told.origins.items() for team, _ in teams}
    wrote = {(level, unit) for level, unit in told.units() if level != "team" or unit not in made_of}
    absent = sum(f"{level}-{folder_name(unit)}" not in sheets for level, unit in wrote)
    wrote_back = amount(absent, "unit wrote back and has", "units wrote back and have")
    notes = [f"{wrote_back} no sheet: too few of them answered"] if absent else []
    before = len({unit for level, unit in told.units() if (level, unit) not in wrote})
    teams = amount(before, "team that others were made of", "teams that others were made of")
    said = f"{teams} wrote back: told on the sheets that `units: carry_words` names"
    return [*notes, *([said] if before else [])]


def _documents(project: Project, sheets: Iterator[Sheet]) -> dict[str, dict[str, Document]]:
    """Folder of a unit -> its documents."""
    from dww_analysis.reports.documents.sheet import sheet_documents

    of = _of_study(project)
    return {
        sheet.id: {name: Document(one.shows, one.files) for name, one in sheet_documents(sheet, of).items()}
        for sheet in sheets
    }


def _of_study(project: Project) -> SheetStudy:
    from dww_analysis.reports.documents.sheet import SheetStudy

    files = project.files
    return SheetStudy(files.study, measured(project), _settings(project), files.reports.languages)


def _notes(short: pd.DataFrame, sizes: pd.DataFrame) -> list[str]:
    """What the record says of teams with fewer members than people who answered: where, never which team."""
    if not len(short):
        return []
    teams = amount(len(short), "team at a wave has", "teams at a wave have")
    said = f"{teams} fewer members than people who answered: their size counts as unknown"
    if "line" not in sizes:
        return [said]
    listed = short.merge(sizes.dropna(subset=["line"]), on=["team", "wave"])
    return [said, *(f"source {row.source}, line {int(row.line)}: correct it" for row in listed.itertuples())]


def _reads(project: Project, name: str) -> dict[str, Any]:
    paths = project.paths
    scales = [s.id for s in measured(project)]
    return {
        "answers": places.MEASUREMENTS.at(paths),
        "scores": {scale: places.SCORES.at(paths, scale) for scale in scales},
        "reliability": {scale: places.MEASUREMENT["reliability"].at(paths, scale) for scale in scales},
        "contracts": {s.id: places.EXPOSURE.at(paths, s.id) for s in records(project)},
        **allocation_read(project),
        **told_read(project),
    }


def told_read(project: Project) -> dict[str, dict[str, Path]]:
    """{"told": {kind: file}} of the way back, of the kinds that the study has; {} without any. A part of `reads`."""
    there = {
        kind: place.at(project.paths) for kind, place in places.CYCLE.items() if project.cycle_sources(kind)
    }
    return {"told": there} if there else {}


def _makes(project: Project) -> dict[str, Place]:
    return {"table": places.UNIT_SHEETS, "sheets": places.SHEETS} if settings_of(project) else {}


def _config(project: Project, name: str) -> tuple[Any, ...]:
    files = project.files
    windows = [s.rules for s in records(project)]
    lists = [bare(s) for s in member_sources(project)]
    return (
        settings_of(project),
        files.reports.languages,
        files.study,
        measured(project),
        _smallest(project),
        windows,
        lists,
        reporting(project),
    )


STAGE = Stage(
    "sheets",
    per="study",
    reads=_reads,
    makes=_makes,
    config=_config,
    run=_run,
    names=lambda project: [NAME] if settings_of(project) and measured(project) else [],
    raw=lambda project, name: [f for s in member_sources(project) for f in Delivery(project, s).files],
)

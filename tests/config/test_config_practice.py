"""practice.yaml: optional, every name held against the study, all problems at once; and the sources that need it."""

import copy
import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.domain.practice import PRACTICE_KINDS, Theme
from dww_analysis.errors import ConfigError
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project

ROOT = Path(__file__).parents[2]
PRACTICE = {
    "roles": [{"id": "parents", "label": {"nl": "ouders", "en": "parents"}}, {"id": "boards", "label": "b"}],
    "regions": [{"id": "north", "label": "north"}],
    "themes": [{"id": "time", "label": "time", "national": "item_3"}, {"id": "trust", "label": "trust"}],
    "sessions": [{"id": "spring", "label": "spring", "date": "2026-03-12", "question": "What?", "choose": 3}],
    "votes": [{"id": "enough_time", "text": "Enough", "options": {"yes": "yes", "no": "no"}}],
    "blocks": [
        {"id": "looking_back", "label": "b", "angle": "team_learning", "scale": "psychological_safety"}
    ],
    "agenda": {"national": [{"id": "item_3", "label": "item"}]},
}
BALLOTS = {
    "id": "ballots",
    "file": "ballots.csv",
    "kind": "ballots",
    "columns": {"session": "s", "ballot": "b", "role": "r", "theme": "t", "chosen": "c"},
    "basis": "open",
    "consent": "by show of hands",
    "date": "2026-03-12",
}
AGENDA = {
    "id": "ballots",
    "file": "agenda.csv",
    "kind": "agenda",
    "columns": {"item": "i", "level": "l", "region": "r", "theme": "t", "status": "s", "since": "d"},
}


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "config" / "example"
    shutil.copytree(ROOT / "config" / "example", folder)
    (folder / "practice.yaml").unlink()
    sources = yaml.safe_load((folder / "sources.yaml").read_text(encoding="utf-8"))
    sources = {"sources": [s for s in sources["sources"] if s.get("kind") not in PRACTICE_KINDS]}

    def made(practice=None, source=None):
        if practice is not None:
            text = practice if isinstance(practice, str) else yaml.safe_dump(practice, sort_keys=False)
            (folder / "practice.yaml").write_text(text, encoding="utf-8")
        listed = {**sources, "sources": [*sources["sources"], *([source] if source else [])]}
        (folder / "sources.yaml").write_text(yaml.safe_dump(listed, sort_keys=False), encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    return made


def edited(edit, values=PRACTICE):
    made = copy.deepcopy(values)
    edit(made)
    return made


def without_scale(practice):
    return edited(lambda p: p["blocks"][0].pop("scale"), practice)


def test_what_is_written_is_what_is_read(study):
    files = study(without_scale(PRACTICE), BALLOTS).files
    assert files.practice.themes[0] == Theme("time", {"nl": "time", "en": "time"}, "item_3")
    assert files.practice.ids("sessions") == ("spring",) and files.practice.sessions[0].choose == 3
    assert len(files.practice.kinds) == 7 and files.practice.national[0].id == "item_3"
    source = study(without_scale(PRACTICE), BALLOTS).source("ballots")
    assert (source.basis, source.date, source.by) == ("open", "2026-03-12", "person")
    assert study().files.sources[0].basis == "private"


def test_a_study_without_practice_has_none(study):
    assert study().files.practice is None and study().practice_sources() == []


WRONG = {
    "a national item": (
        lambda p: p["themes"][0].update(national="item_4"), ["`item_4`", "did you mean `item_3`"],
    ),
    "a scale": (lambda p: p["blocks"][0].update(scale="psychological_safty"), ["scale `psychological_safty`"]),
    "an angle": (lambda p: p["blocks"][0].update(angle="teamlearning"), ["one of 'team_learning'"]),
    "a session without a date": (lambda p: p["sessions"][0].pop("date"), ["`sessions.0.date` is missing"]),
    "a date": (lambda p: p["sessions"][0].update(date="12-03-2026"), ["a date that exists"]),
    "an id twice": (lambda p: p["roles"].append({"id": "parents", "label": "again"}), ["not `parents` twice"]),
    "a role that stands for several": (lambda p: p["roles"][0].update(id="all"), ["another id than `all`"]),
    "a vote with one option": (lambda p: p["votes"][0]["options"].pop("no"), ["at least 2"]),
    "a bare yes": (
        lambda p: p["votes"][0].update(options={True: "yes", False: "no"}), ['quotes around "yes" and "no"'],
    ),
    "a kind of remark": (lambda p: p.update(coding={"kinds": ["sucess"]}), ["'success'"]),
    "a check-list about teams and networks": (
        lambda p: p.update(checklists=[{"id": "good_practice", "unit": unit} for unit in ("team", "network")]),
        ["`good_practice` about one `unit`"],
    ),
    "an intake about teams": (
        lambda p: p.update(checklists=[{"id": "intake", "unit": "team"}]), ["`unit: network`"],
    ),
    "an unknown key": (lambda p: p.update(theems=[]), ["`theems`", "did you mean `themes`"]),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_leads_nowhere_is_refused(study, what):
    edit, said = WRONG[what]
    with pytest.raises(ConfigError) as refused:
        _ = study(edited(edit, without_scale(PRACTICE))).files
    text = str(refused.value)
    assert all(part in text for part in said), text
    assert "practice.yaml, line" in text


SOURCES = {
    "no practice.yaml": (None, BALLOTS, ["no practice.yaml"]),
    "a list that is empty": (
        edited(lambda p: p.pop("themes"), without_scale(PRACTICE)), BALLOTS, ["no `themes` in practice.yaml"],
    ),
    "open without consent": (
        without_scale(PRACTICE), {k: v for k, v in BALLOTS.items() if k != "consent"}, ["without `consent`"],
    ),
    "open without a date": (
        without_scale(PRACTICE), {k: v for k, v in BALLOTS.items() if k != "date"}, ["without `date`"],
    ),
    "dots in ballots": (
        without_scale(PRACTICE), {**BALLOTS, "columns": {**BALLOTS["columns"], "dots": "x"}}, ["`dots`"],
    ),
    "an agenda of regions that are not there": (
        edited(lambda p: p.pop("regions"), without_scale(PRACTICE)), AGENDA, ["no `regions` in practice.yaml"],
    ),
    "check-lists about teams without raters": (
        edited(lambda p: p.update(checklists=[{"id": "good_practice", "unit": "team"}]), without_scale(PRACTICE)),
        {
            **BALLOTS, "kind": "checklist", "columns": {"unit": "t"},
            "wide": {"by": "item", "cells": "met", "columns": {"change_why": "q"}},
        },
        ["no column `rater`", "one person may look at several teams"],
    ),
    "a sample": (without_scale(PRACTICE), {**BALLOTS, "sample": "main"}, ["`sample` in a source of kind"]),
    "a basis of answers": (
        without_scale(PRACTICE), {**BALLOTS, "kind": "hr", "columns": {"person": "p", "start": "s", "end": "e"}},
        ["`basis` in a source of kind hr"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SOURCES)
def test_sources_of_sessions_that_cannot_be_read_are_refused(study, what):
    practice, source, said = SOURCES[what]
    with pytest.raises(ConfigError) as refused:
        _ = study(practice, source).files
    text = str(refused.value)
    assert all(part in text for part in said) and "source ballots" in text, text


def test_problems_of_all_files_come_at_once(study):
    wrong = edited(lambda p: p["themes"][0].update(national="item_9"), without_scale(PRACTICE))
    with pytest.raises(ConfigError) as refused:
        _ = study(wrong, {k: v for k, v in BALLOTS.items() if k != "consent"}).files
    assert len(refused.value.problems) == 2


def test_a_function_within_another_is_refused(study):
    """30 who looked or asked and 29 who asked: one person looked and did not ask."""
    ask = {"id": "ask", "label": "a", "events": ["https://x.org/Asked"]}
    whole = {"id": "any", "label": "b", "events": ["asked", "viewed"]}
    other = {"id": "goal", "label": "c", "events": ["viewed", "set goal"]}
    with pytest.raises(ConfigError, match="all events of `ask` are events of `any` too"):
        study({**PRACTICE, "functions": [whole, ask]}).files  # noqa: B018
    assert study({**PRACTICE, "functions": [whole, other]}).files.practice.functions, (
        "each has one of its own"
    )


def poll(**more):
    wide = {"by": "theme", "cells": "chosen", "columns": {"time": "Q1", "trust": "Q2"}}
    made = {"id": "ballots", "file": "poll.xlsx", "kind": "ballots", "columns": {"role": "r"}, "wide": wide}
    return {**made, "fixed": {"session": "spring"}, **more}


def test_a_wide_source_names_columns_by_theme_also_as_ranges(study):
    themes = [{"id": f"theme_{n:02d}", "label": "t"} for n in range(1, 11)]
    practice = edited(lambda p: p.update(themes=themes), without_scale(PRACTICE))
    wide = {"by": "theme", "cells": "rank", "columns": {"theme_{01-10}": "Q3_{01-10}"}}
    read = study(practice, poll(wide=wide)).source("ballots")
    assert read.wide.cells == "rank" and read.wide.columns["Q3_07"] == {"theme": "theme_07"}
    assert read.read_columns == ("r", *(f"Q3_{n:02d}" for n in range(1, 11)))
    assert read.fixed == {"session": "spring"}


def test_a_question_before_and_after_is_nested(study):
    columns = {"enough_time": {"before": "V1 voor", "after": "V1 na"}}
    source = poll(kind="votes", wide={"by": ["statement", "moment"], "cells": "option", "columns": columns})
    read = study(without_scale(PRACTICE), source).source("ballots")
    assert read.wide.by == ("statement", "moment")
    assert read.wide.columns["V1 na"] == {"statement": "enough_time", "moment": "after"}


WIDE = poll()["wide"]
SEVERAL = {"column": "theme", "delimiter": ";", "cells": "chosen"}
LAID_OUT = {
    "a theme that is not there": (
        {"wide": {**WIDE, "columns": {"time": "Q1", "trst": "Q2"}}}, ["theme `trst`", "did you mean `trust`"],
    ),
    "a session that is not there": ({"fixed": {"session": "sprng"}}, ["session `sprng`", "`spring`"]),
    "cells of another kind": ({"wide": {**WIDE, "cells": "placed"}}, ["`cells` of `wide` names `placed`", "chosen"]),
    "columns about something else": ({"wide": {**WIDE, "by": "block"}}, ["`by` of `wide` names `block`", "theme"]),
    "one column for two themes": (
        {"wide": {**WIDE, "columns": {"time": "Q1", "trust": "Q1"}}}, ["not `Q1` twice"],
    ),
    "ranges of two lengths": (
        {"wide": {**WIDE, "columns": {"theme_{1-3}": "Q{1-4}"}}}, ["the same number of names on both sides"],
    ),
    "another depth than by": (
        {"wide": {**WIDE, "columns": {"time": {"before": "Q1"}, "trust": "Q2"}}}, ["one column of theirs"],
    ),
    "a column given in two ways": (
        {"columns": {"role": "r", "session": "s"}}, ["`session` is given in two ways"],
    ),
    "several of no column": ({"wide": None, "several": SEVERAL}, ["`columns` does not name"]),
    "wide remarks": (
        {"kind": "statements", "columns": {"id": "i"}}, ["`wide` in a source of kind statements"],
    ),
    "a fixed column that nothing reads": ({"fixed": {"session": "spring", "dots": "3"}}, ["`fixed` names `dots`"]),
    "a recode of a column that is nowhere": ({"recode": {"thema": {"x": "time"}}}, ["`recode` names `thema`"]),
}  # fmt: skip


@pytest.mark.parametrize("what", LAID_OUT)
def test_a_wide_source_that_leads_nowhere_is_refused(study, what):
    more, said = LAID_OUT[what]
    with pytest.raises(ConfigError) as refused:
        _ = study(without_scale(PRACTICE), poll(**more)).files
    text = str(refused.value)
    assert all(part in text for part in said), text
    assert "sources.yaml, line" in text

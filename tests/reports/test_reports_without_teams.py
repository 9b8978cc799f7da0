"""A study in which nobody's team is known hears of persons, in every document, and never of teams."""

from __future__ import annotations

import html
import re
from dataclasses import fields, is_dataclass, replace

import invented_reports as made
import pytest
from from_parts import build_article, build_cards, build_factsheet, build_praatplaat, build_report

from dww_analysis.domain.study import Allocation
from dww_analysis.figures import draw_flow
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.participants import in_teams

OF_THREE = ("estimates", "answers", "flow")


def without_teams(study: dict, allocation: Allocation | None) -> dict:
    """An invented study, as it would be without a column of teams."""
    own, tables = study["study"], dict(study["tables"])
    levels = {level: label for level, label in own.level_labels.items() if level != "team"}
    arms = own.arms if allocation else ()
    flow = tables["flow"]
    tables["flow"] = flow[(flow["level"] != "team") & (flow["step"] != "moved team")]
    tables["estimates"] = tables["estimates"].assign(n_teams=0, boundary="")
    bare = {name: tables[name] for name in (*OF_THREE, "baseline", "descriptives") if name in tables}
    fits = {
        entry: {**fit, "formula": "score ~ wave + (1 | person)", "n_groups": {"person": 200}, "boundary": []}
        for entry, fit in study["fits"].items()
    }
    fits = {
        entry: {k: v for k, v in fit.items() if k not in ("team_size", "icc")} for entry, fit in fits.items()
    }
    bare_study = replace(own, level_labels=levels, allocation=allocation, arms=arms, contact="")
    return {**study, "study": bare_study, "tables": bare, "fits": fits, "figures": []}


def texts_of(part) -> list[str]:
    """Every text of an article, without ids."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, dict):
        return [t for value in part.values() for t in texts_of(value)]
    if isinstance(part, list | tuple):
        return [t for value in part for t in texts_of(value)]
    if is_dataclass(part):
        return [
            t for f in fields(part) if f.name not in ("id", "csv") for t in texts_of(getattr(part, f.name))
        ]
    return []


def words_of(page: str) -> list[str]:
    """The lines of a page that readers see."""
    seen = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page, flags=re.S)
    return [
        line.strip() for line in html.unescape(re.sub(r"<[^>]+>", "\n", seen)).split("\n") if line.strip()
    ]


@pytest.mark.long
@pytest.mark.parametrize("allocation", [Allocation("person", "allocation", True, None), None])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_document_speaks_of_teams_where_there_are_none(allocation, language):
    study = without_teams(made.trial() if allocation else made.waves_only(), allocation)
    assert not in_teams(study["tables"])
    parts = {name: study[name] for name in ("study", "plan", "scales")}
    tables = {name: study["tables"][name] for name in OF_THREE}
    sheet = build_factsheet(tables, licence="", version="1", language=language, **parts)
    cards = build_cards(tables, unmeasured=[], language=language, pdf_file="x", **parts)
    picture = build_praatplaat(tables, stops=[], language=language, empty_file="x", practice=None, **parts)
    said = [
        *words_of(build_report(**study)["index.html"]),
        *texts_of(build_article(language=language, **study)),
        *(line for page in (sheet, cards["page"], picture["page"]) for line in words_of(page)),
    ]
    assert len(said) > 100
    assert [line for line in said if re.search(r"\bteams?\b", line, re.I)] == []


def test_a_unit_is_a_person_where_there_are_no_teams_and_nothing_was_allocated():
    study = made.trial_study(allocation=None, arms=())
    labels = Labels(study, (), Words("en"), in_teams=False)
    assert labels.words.level_names("unit") == labels.words.level_names("person")
    assert labels.by_teams("praatplaat.foot.nobody") == "Nobody can be recognised here. No ranking."
    assert "team" in Labels(study, (), Words("en")).by_teams("praatplaat.foot.nobody")


def test_the_figure_of_participants_names_teams_only_where_they_are_known():
    study = made.trial()["study"]
    flow = made.trial_flow()
    persons = flow[flow["level"] != "team"]
    assert draw_flow(flow, study=study, words=Words("en")).subtitle.startswith("Teams and ")
    assert "eam" not in draw_flow(persons, study=study, words=Words("en")).subtitle


def test_teams_are_known_by_estimates_as_well_as_by_who_answered():
    tables = made.trial()["tables"]
    assert in_teams({"estimates": tables["estimates"]}) and in_teams({"flow": tables["flow"]})
    assert in_teams({}), "a study of sessions has neither"
    assert not in_teams({"estimates": tables["estimates"].assign(n_teams=float("nan"))})

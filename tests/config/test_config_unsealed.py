"""A sealed entry turned back: what an analysis is told and by what files were to be read comes from the seal."""

from dataclasses import replace

import pytest
import yaml
from test_config_seal import (
    another_item,
    another_seed,
    edited,
    not_by_lot,
    other_allocation,
    other_duplicates,
    other_recoding,
    other_rows,
    project,
    swap_arms,
    without_strata,
)

from dww_analysis.cli.seal import seal_study
from dww_analysis.config.resolved import plain
from dww_analysis.config.seal import Seal, read_seal, seal_of, text_of
from dww_analysis.config.unsealed import unsealed
from dww_analysis.domain.scales import Scale
from dww_analysis.scales.keys import key_ids, load_key
from dww_analysis.stages.project import Project

KEY_WORDS = (
    *("subscale_names", "bands", "text_licence", "text_included", "verified", "checked", "notes"),
    "transform",  # a difference between subscales has a name
)
__all__ = ["project"]  # the fixture


def seal_in(project):
    seal_study(project, "2025-01-10")
    return read_seal(project.paths.config, "config/example")


def test_a_fresh_seal_turns_back_into_what_was_sealed(project):
    seal, files = seal_in(project), project.files
    for name in seal.entries:
        found, now = unsealed(files, seal, name), next(e for e in files.plan.entries if e.id == name)
        assert found.kept == found.reread == ()
        assert replace(found.entry, status=now.status, events=now.events, deviation=now.deviation) == now
        assert found.study == files.study
        assert found.scales
        for scale in found.scales:
            present = next(s for s in files.scales if s.id == scale.id)
            key = present.key and replace(scale.key, **{n: getattr(present.key, n) for n in KEY_WORDS})
            assert plain(replace(scale, key=key)) == plain(present)
        assert found.plan.conf_level == files.plan.conf_level


@pytest.mark.parametrize("key", key_ids())
def test_every_scoring_key_of_the_library_turns_back(project, key):
    loaded, files = load_key(key), project.files
    columns = tuple(f"x{i}" for i in range(len(loaded.items)))
    label, entry = {"en": "x"}, files.plan.entries[0]
    scale = Scale("x", label, (entry.sample,), key=loaded, items=columns, direction=loaded.direction)
    files = replace(files, scales=(scale,), plan=replace(files.plan, entries=(replace(entry, outcome="x"),)))
    seal = seal_of(files, "2025-01-10", "1", [])
    read = yaml.safe_load(text_of(seal))
    found = (
        unsealed(files, Seal(read["sealed"], read["package"], (), read["entries"]), entry.id).scales[0].key
    )
    numbers = ("items", "minimum", "maximum", "reversed", "subscales", "total", "method", "min_answered")
    for part in (*numbers, "score_range"):
        assert getattr(found, part) == getattr(loaded, part)
    for part in ("multiply", "table", "total_of", "round"):
        assert _tuples(found.transform.get(part)) == _tuples(loaded.transform.get(part))
    for name, rule in loaded.transform.get("differences", {}).items():
        assert list(found.transform["differences"][name]["of"]) == list(rule["of"])


def _tuples(value):
    return tuple(value) if isinstance(value, list) else value


def test_what_an_analysis_is_told_is_that_of_the_seal(project):
    seal, before = seal_in(project), project.files
    for name, change in (("study", swap_arms), ("study", not_by_lot), ("study", without_strata)):
        edited(project, name, change)
    edited(project, "study", another_seed)
    edited(project, "scales", another_item)
    edited(project, "plan", lambda plan: plan["entries"][0].update(wave=1))
    first = before.plan.entries[0]
    found = unsealed(Project(project.paths).files, seal, first.id)
    assert found.kept == ()
    assert (found.study.arms, found.study.allocation) == (before.study.arms, before.study.allocation)
    assert found.entry.wave == first.wave and found.scales[0].items == before.scales[0].items


def other_columns(sources):
    answers = next(s for s in sources["sources"] if s["id"] == "wave0")
    del answers["columns"]["bat_{01-12}"]
    answers["columns"] |= {f"bat_{n:02d}": f"BAT{13 - n:02d}" for n in range(1, 13)}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (other_duplicates, "duplicates"),
        (other_rows, "complete"),
        (other_recoding, "missing_codes"),
        (other_allocation, "recode"),
        (other_columns, "columns"),
    ],
)
def test_how_files_were_to_be_read_comes_back_from_the_seal(project, change, named):
    seal, before = seal_in(project), project.files
    edited(project, "sources", change)
    now = Project(project.paths).files
    found = unsealed(now, seal, "burnout")
    assert found.reread and all(what.startswith("sources.") and named in what for what in found.reread)
    assert found.kept == ()
    assert [rules(s) for s in found.reading.sources] != [rules(s) for s in now.sources]
    assert {s.id: rules(s) for s in found.reading.sources} == {s.id: rules(s) for s in before.sources}


def rules(source):
    """What decides numbers of a source."""
    drop = tuple((r.column, r.values) for r in source.drop_rows)
    return plain(replace(source, drop_rows=drop, may_be_absent=(), position={}))


def test_dates_come_back_from_the_seal(project):
    def wedge(plan):
        del plan["calibration"]
        for entry in plan["entries"]:
            entry.pop("wave", None)

    edited(project, "study", lambda study: study.update(design="stepped_wedge"))
    edited(project, "plan", wedge)
    seal, before = seal_in(project), project.files
    edited(project, "study", lambda study: study["waves"][1].update(date="2025-10-01"))
    found = unsealed(Project(project.paths).files, seal, "burnout")
    assert (found.reread, found.kept) == (("design.waves",), ())
    assert found.reading.study.waves == before.study.waves == found.study.waves


def test_a_sealed_source_that_is_gone_is_named(project):
    seal = seal_in(project)

    def without(sources):
        sources["sources"] = [s for s in sources["sources"] if s["id"] != "wave1"]

    edited(project, "sources", without)
    assert unsealed(Project(project.paths).files, seal, "burnout").kept == ("sources.wave1",)


def test_arms_that_the_data_do_not_have_are_named(project):
    seal = seal_in(project)
    facts = {**seal.entries["burnout"], "design": {**seal.entries["burnout"]["design"], "arms": ["a", "b"]}}
    found = unsealed(project.files, replace(seal, entries={"burnout": facts}), "burnout")
    assert found.kept == ("design.arms",) and found.study.arms == project.files.study.arms


def test_a_sealed_value_that_this_version_does_not_know_is_named(project):
    seal = seal_in(project)
    facts = {**seal.entries["burnout"], "entry": {**seal.entries["burnout"]["entry"], "trimmed": 0.1}}
    assert unsealed(project.files, replace(seal, entries={"burnout": facts}), "burnout").kept == (
        "entry.trimmed",
    )


def test_an_entry_that_is_gone_can_still_be_turned_back(project):
    seal, first = seal_in(project), project.files.plan.entries[3]

    def without(plan):
        plan["entries"] = [e for e in plan["entries"] if e["id"] != first.id]

    edited(project, "plan", without)
    found = unsealed(Project(project.paths).files, seal, first.id)
    assert found.kept == () and found.entry.outcome == first.outcome and found.entry.question == {}

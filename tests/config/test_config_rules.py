"""Every name in the rules of sources.yaml leads somewhere, ranges work everywhere, messages say what was written."""

import copy
import sys
from pathlib import Path

import pytest

from dww_analysis.config import read_study, whole
from dww_analysis.config.rules import READ_BY
from dww_analysis.config.sources import SourceConfig
from dww_analysis.config.strict import expand
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.exposure import OWN_COLUMNS
from dww_analysis.domain.study import LEVELS
from dww_analysis.domain.tables.answers import RESERVED
from dww_analysis.effects.frames import COLUMNS, DESIGN_COLUMNS
from dww_analysis.errors import ConfigError
from dww_analysis.ingest.stacking import FIRST_COLUMNS
from dww_analysis.stages.project import library_keys

sys.path.insert(0, str(Path(__file__).parent))
from whole_study import WHOLE

KEYS = library_keys()


def read(monkeypatch, edit=lambda values: None):
    values = copy.deepcopy(WHOLE)
    edit(values)
    files = {name: YamlFile(Path(name), f"config/whole/{name}.yaml", v, {}) for name, v in values.items()}
    monkeypatch.setattr(whole, "_read_files", lambda *_: (files, []))
    return read_study(Path("nowhere"), "config/whole", KEYS)


def source(values):
    return values["sources"]["sources"][0]


def within(part, **more):
    """An edit that puts further keys into one rule of the first source."""
    return lambda values: source(values)[part].update(more)


def columns(ours, theirs):
    return lambda values: source(values)["columns"].update({ours: theirs})


def kind_of(values, kind):
    return next(s for s in values["sources"]["sources"] if s.get("kind") == kind)


def of_kind(kind, **more):
    return lambda values: kind_of(values, kind).update(more)


def anonymous(values):
    """The second source, of persons who cannot be recognised."""
    other = values["sources"]["sources"][1]
    other |= {"persons": "anonymous", "columns": {k: c for k, c in other["columns"].items() if k != "person"}}
    return other


def without_arms(values):
    study = values["study"]
    study |= {"design": "waves_only"}
    for name in ("arms", "allocation"):
        study.pop(name)
    for entry in values["plan"]["entries"]:
        for name in ("covariates", "wave", "exposure", "estimand"):  # of a design's own model
            entry.pop(name, None)
        entry.update(formula=f"{entry['outcome']} ~ wave_number + (1 | person)", term="wave_number")


WRONG = {
    "misspelt": (
        within("recode", j_01={"1": "2"}),
        ["`j_01`", "source w0", "did you mean `i_01`"],
    ),
    "the file's name": (
        within("recode", Q1={"1": "2"}),
        ["`Q1`", "the file's name", "write `i_01`"],
    ),
    "a range beyond": (
        lambda v: source(v).update(recode={"i_{02-04}": {"1": "2"}}),
        ["`i_04`", "written as `i_{02-04}`"],
    ),
    "a person": (within("recode", person={"1": "2"}), ["`person`"]),
    "an unknown set": (
        within("recode", exam="agreed"),
        ["recode set `agreed`", "`agree`"],
    ),
    "a set nobody uses": (
        lambda v: v["sources"]["recode_sets"].update(idle={"1": "2"}),
        ["`idle` is used by no source"],
    ),
    "conflicts": (
        within("conflicts", j_01="same"),
        ["`conflicts` names `j_01`", "i_01"],
    ),
    "overlap": (columns("i_{03-04}", "R{3-4}"), ["`i_03`", "once", "`w0`"]),
    "one column twice": (columns("again", "Q1"), ["`Q1`", "once"]),
    "an item twice": (
        lambda v: v["scales"]["scales"][0].update(items=["i_{01-02}", "i_02"]),
        ["`i_02`", "once"],
    ),
    "sides": (columns("k_{1-3}", "K{1-2}"), ["the same number of names"]),
    "counting down": (columns("k_{3-1}", "K{3-1}"), ["counts up"]),
    "no numbers": (
        columns("k_{a-c}", "K{a-c}"),
        ["a range of whole numbers"],
    ),
    "decimal": (lambda v: source(v)["options"].update(decimal=";"), ["decimal", "';'", "`w0`"]),
    "a language": (lambda v: v["study"].update(title={"de": "Versuch"}), ["title", "{nl: ..., en: ...}"]),
    "no end": (lambda v: v["plan"]["entries"][0].update(sesoi=float("inf")), ["sesoi", "a finite number"]),
    "a long name": (lambda v: source(v).update(id="a" * 5000), ["at most 60 characters"]),
    "a rule of another kind": (
        lambda v: v["sources"]["sources"][2].update(missing_codes={"9": "skipped"}),
        ["`missing_codes` in a source of kind allocation"],
    ),
    "a default of another kind": (of_kind("hr", persons="key"), ["`persons` in a source of kind hr"]),
    "rules of another kind": (
        of_kind("diary", hr={"gap_days": 3}),
        ["`hr` in a source of kind diary", "source diary"],
    ),
    "a wave of a list": (of_kind("allocation", wave=0), ["`wave` in a source of kind allocation"]),
    "rows of a log": (
        of_kind("events", rows={"column": "x", "value": "1"}),
        ["`rows` in a source of kind events"],
    ),
    "an option of a log": (of_kind("events", options={"sheet": 1}), ["option of a log `sheet`", "encoding"]),
    "a column of records": (
        lambda v: kind_of(v, "hr")["columns"].update(functie="F"),
        ["column of a source of kind hr `functie`", "did you mean `function`"],
    ),
    "an organisation of a diary": (
        lambda v: kind_of(v, "diary")["columns"].update(organisation="O"),
        ["column of a source of kind diary `organisation`"],
    ),
    "words for a date": (
        of_kind("observations", recode={"date": {"maandag": "2024-01-15"}}),
        ["`recode` names `date`", "leave it out"],
    ),
    "a list that nobody reads": (
        lambda v: v["sources"]["sources"].append(kind_of(v, "allocation") | {"id": "older"}),
        ["nobody reads the list `older`: study.yaml names `list`"],
    ),
    "a list of no design": (without_arms, ["nobody reads the list `list`: study.yaml names no list"]),
    "a list that is not there": (
        lambda v: v["study"]["allocation"].update(source="lst"),
        ["source of kind allocation `lst`", "did you mean `list`"],
    ),
    "a sample of teams": (
        of_kind("allocation", sample="main"),
        ["`sample` in the list `list`, which lists teams"],
    ),
    "a sample of persons": (
        lambda v: (
            v["study"]["allocation"].update(unit="person"),
            kind_of(v, "allocation").update(sample="mian", columns={"person": "p", "arm": "a"}),
        ),
        ["sample `mian`", "did you mean `main`"],
    ),
    "a copy": (
        lambda v: v["sources"]["sources"][1].update(sha256="0" * 64),
        ["w1.csv has the checksum of w0.csv", "source w1"],
    ),
    "duplicates of nobody": (
        lambda v: anonymous(v).update(duplicates="keep_first"),
        ["`duplicates: keep_first`, and `persons: anonymous`"],
    ),
    "a likelihood of ordered answers": (
        lambda v: v["scales"].update(measurement={"estimator": "WLSMV", "missing": "fiml"}),
        ["measurement", "`missing: pairwise` or `listwise` beside WLSMV"],
    ),
    "pairs for a likelihood": (
        lambda v: v["scales"].update(measurement={"missing": "pairwise"}),
        ["measurement", "beside MLR; pairwise is of WLSMV"],
    ),
    "an effect that no scores can show": (
        lambda v: v["plan"]["entries"].append(
            {
                "id": "far",
                "outcome": "learning.one",
                "family": "secondary",
                "question": "How far?",
                "sesoi": 400,
            }
        ),
        ["the `sesoi` of entry `far` is 400", "a difference of scores below"],
    ),
    "background nobody asks": (
        lambda v: v["study"]["background"].append({"name": "shoe", "label": "shoe", "kind": "number"}),
        ["`shoe` is in no source"],
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_name_that_leads_nowhere_is_refused(monkeypatch, kind):
    edit, says = WRONG[kind]
    with pytest.raises(ConfigError) as caught:
        read(monkeypatch, edit)
    text = str(caught.value)
    assert all(word in text for word in says), text


def own_column(values, name):
    source(values)["columns"][name] = "W"


def background(values, name):
    values["study"]["background"][1]["name"] = name
    source(values)["columns"][name] = source(values)["columns"].pop("hours")


def scale(values, name):
    values["scales"]["scales"][1]["id"] = name
    values["plan"]["entries"][1].update(outcome=name, formula=f"{name} ~ wave_number + (1 | person)")


@pytest.mark.parametrize("name", sorted({*LEVELS, *RESERVED}))
@pytest.mark.parametrize("place", [own_column, background, scale])
def test_columns_of_the_tables_are_no_names_of_a_study(monkeypatch, place, name):
    if place is own_column and name in LEVELS:
        return
    with pytest.raises(ConfigError, match=f"another name than `{name}`"):
        read(monkeypatch, lambda values: place(values, name))


def test_the_tables_of_answers_and_scores_have_no_other_columns():
    """What `combine` and the models lay beside answers is reserved; a name that is added there belongs here too."""
    assert {*FIRST_COLUMNS, *COLUMNS, *DESIGN_COLUMNS} <= {*LEVELS, *RESERVED}


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, own in OWN_COLUMNS.items() for name in own]
)
def test_columns_of_beeps_and_observations_are_no_items(monkeypatch, kind, name):
    with pytest.raises(ConfigError, match=f"another name than `{name}`"):
        read(monkeypatch, lambda values: kind_of(values, kind)["columns"].update({name: "X"}))


def test_every_key_of_a_source_says_which_kinds_read_it():
    assert set(READ_BY) == set(SourceConfig.model_fields)


def test_a_list_of_arms_has_its_own_names(monkeypatch):
    assert read(monkeypatch).sources[2].columns["arm"] == "a"


def test_a_scale_and_a_background_variable_of_one_name_are_refused(monkeypatch):
    with pytest.raises(ConfigError, match="the scale `hours` has the name of a background variable"):
        read(monkeypatch, lambda values: scale(values, "hours"))


def test_ranges_and_sets_are_written_out(monkeypatch):
    def edit(values):
        source(values)["identifiers"] = ["Naam{1-2}"]
        source(values)["drop_rows"] = [{"column": "S{1-2}", "values": [1], "reason": "test"}]

    w0 = read(monkeypatch, edit).sources[0]
    assert w0.recode["i_02"] == {"1": "5", "5": "1"} and w0.recode["mood_2"] == {"eens": "2", "oneens": "1"}
    assert w0.written["recode i_02"] == "i_{01-03}"
    assert w0.identifiers == ("Naam1", "Naam2") and [r.column for r in w0.drop_rows] == ["S1", "S2"]
    assert {"recode age_band", "missing_codes 98", "team_aliases Zuid", "complete done"} <= set(
        w0.may_be_absent
    )
    assert w0.conflicts["i_02"] == "same" and w0.apart == {"mood_1_w0": "mood_1"}


def test_a_column_of_one_file_for_two_waves_is_known(monkeypatch):
    def edit(values):
        first, other, *_ = values["sources"]["sources"]
        first.pop("rows")
        other |= {"file": "w0.csv", "columns": {**other["columns"], "i_{01-03}": "R{1-3}"}}

    w0, w1, *_ = read(monkeypatch, edit).sources
    assert "age_band" in w0.shared and "age_band" in w1.shared and "i_01" not in w0.shared


def test_two_ranges_in_one_name():
    assert expand("q{1-2}_{01-02}") == ["q1_01", "q1_02", "q2_01", "q2_02"]

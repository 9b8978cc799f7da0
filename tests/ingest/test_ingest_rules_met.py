"""Every rule of sources.yaml says what it met; one that met nothing is an error unless it says that it may."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest

from dww_analysis.delivery.codes import code_text, day_of, holds, person_code
from dww_analysis.delivery.ledger import rule_lines
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.study import DropRule, Source, Study, Wave
from dww_analysis.errors import MeasurementError
from dww_analysis.ingest import ingest_source
from dww_analysis.storage.tables import variables_frame

WAVES = (Wave(0, {"en": "before"}), Wave(1, {"en": "after"}))
STUDY = Study(
    *("trial", {"en": "Trial"}, "invented", "2026-01-01", "waves_only", WAVES, (), None),
    *({"main": {"en": "all"}}, {}, ()),
)
PLAIN = Source(
    *("w0", "wave0.csv", None, "answers", "auto", "main", 0),
    {"person": "Code", "team": "Team", "i_01": "Q1", "i_02": "Q2"},
)
DATA = pd.DataFrame(
    {
        "Code": ["a", "b", "c", "d"],
        "Team": ["Noord", "Noord", "Zuid", "Zuid"],
        "Q1": [1, 2, 3, 9],
        "Q2": [5, 4, 3, 2],
        "Klaar": ["TRUE", "TRUE", "TRUE", "FALSE"],
        "Datum": pd.to_datetime(
            ["2024-01-04 09:00", "2024-01-04 23:59", "2024-01-05 08:00", "2024-01-06 08:00"]
        ),
    }
)


def ingest(data=DATA, **rules):
    declared = dataclasses.replace(PLAIN, **{"missing_codes": {"9": "skipped"}} | rules)
    ranges = {"i_01": (1, 5), "i_02": (1, 5)}
    given = DeliveredTable.of(data, declared, variables_frame(list(data.columns)))
    return ingest_source(given, STUDY, ranges, lambda code: "p" + code)


SILENT = {
    "recode": ({"recode": {"i_02": {"7": "5"}}}, ["recode", "i_02", "'7'", "0 of 4", "codes 5, 4, 3, 2"]),
    "recode of a team": ({"recode": {"team": {"Oost": "T1"}}}, ["recode", "team", "Oost"]),
    "alias": ({"team_aliases": {"Nord": "T1"}}, ["team_aliases", "Nord", "did you mean 'noord'"]),
    "identifiers": ({"identifiers": ("Kode",)}, ["identifiers", "Kode", "did you mean 'Code'"]),
    "drop_rows": ({"drop_rows": (DropRule("Team", ("Tst",), "test"),)}, ["drop_rows", "Tst", "0 of 4 rows"]),
    "complete": ({"complete": ("Klaar", "ja")}, ["complete", "ja", "TRUE (3 rows), FALSE (1 rows)"]),
    "missing code": ({"missing_codes": {"8": "skipped", "9": "skipped"}}, ["missing_codes", "'8'", "0 of 8"]),
}


@pytest.mark.parametrize("kind", SILENT)
def test_a_rule_that_met_nothing_is_refused_with_what_was_written(kind):
    rules, says = SILENT[kind]
    with pytest.raises(MeasurementError) as error:
        ingest(**rules)
    text = str(error.value)
    assert "source w0" in text and "may_be_absent" in text
    assert all(word in text for word in says), text


NAMES = {
    "recode": "recode i_02",
    "recode of a team": "recode team",
    "alias": "team_aliases Nord",
    "identifiers": "identifiers Kode",
    "complete": "complete Klaar",
    "missing code": "missing_codes 8",
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_rule_that_may_be_absent_is_counted(kind):
    result = ingest(**SILENT[kind][0], may_be_absent=(NAMES[kind],))
    row = result.rules[result.rules["may_be_absent"]]
    assert row["met"].tolist() == [0]


def test_a_drop_rule_says_itself_that_it_may_be_absent():
    result = ingest(drop_rows=(DropRule("Team", ("Tst",), "test", True),))
    assert len(result.answers) == 4


def test_one_rule_for_a_range_is_one_rule():
    """A code that only one of the items has is met; a code that none has is named in the line of the rule."""
    recode = {name: {"5": "1", "7": "1"} for name in ("i_01", "i_02")}
    written = {f"recode {name}": "i_{01-02}" for name in recode}
    lines = rule_lines(ingest(recode=recode, written=written).rules)
    assert "w0: recode i_{01-02}: 1 of 8 answers; met nothing: '7'" in lines


def test_texts_for_no_answer_that_no_cell_holds_are_a_line():
    """The reader's option is no rule that stops: what it met is said."""
    data = DATA.assign(Team=["noord", "noord", "NA", "zuid"])
    lines = rule_lines(ingest(data, options={"absent": ["NA", "n/a"]}).rules)
    assert any(
        re.fullmatch(r"w0: options absent NA, n/a: 1 of \d+ cells; met nothing: 'n/a'", line)
        for line in lines
    )


def test_a_missing_code_that_is_an_answer_everywhere_is_refused():
    with pytest.raises(MeasurementError, match="2 is an answer inside the range"):
        ingest(missing_codes={"2": "skipped", "9": "skipped"})


@pytest.mark.parametrize("written", ["2024-01-04", "04-01-2024", "4/1/2024", "2024/01/04"])
@pytest.mark.parametrize("as_text", [False, True])
def test_a_date_is_compared_as_a_date(written, as_text):
    column = DATA["Datum"].dt.strftime("%d-%m-%Y") if as_text else DATA["Datum"]
    result = ingest(DATA.assign(Datum=column), drop_rows=(DropRule("Datum", (written,), "pilot"),))
    assert len(result.answers) == 2


def test_a_time_is_compared_with_its_time():
    assert holds(DATA["Datum"], ["2024-01-04 09:00:00"])["2024-01-04 09:00:00"].tolist() == [
        True,
        False,
        False,
        False,
    ]
    assert day_of("2024-13-45") is None and day_of("12-34") is None


def test_one_spelling_of_a_code():
    assert [code_text(v) for v in (12.0, "12.0", " 12", "\u200b12", np.nan, "007", "1.50")] == [
        *("12", "12", "12", "12", "", "007", "1.50")
    ]
    assert person_code("\ufeffab 12") == "AB12"


def test_a_row_without_any_answer_is_no_participation():
    data = DATA.assign(Q1=[1, np.nan, 9, 3], Q2=[np.nan, np.nan, np.nan, 2])
    result = ingest(data)
    assert result.answers["participated"].tolist() == [True, False, False, True]
    assert len(result.missing) == 5, "blank rows stay and their answers are absent"


def test_a_column_of_one_file_for_all_waves_is_no_participation():
    data = DATA.assign(Q1=np.nan)
    result = ingest(data, shared=("i_02",), missing_codes={})
    assert not result.answers["participated"].any()

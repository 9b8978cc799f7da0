"""The codebook as DDI-Codebook 2.5, against the schema of the DDI Alliance (ddi_codebook_2_5/)."""

import copy
import json
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree

from dww_analysis.config import read_study
from dww_analysis.reports.ddi import Described, ddi_codebook
from dww_analysis.reports.variables import delivered_files, scored_file
from dww_analysis.stages.project import library_keys

ROOT = Path(__file__).parents[2]
DDI = {"d": "ddi:codebook:2_5"}
COLUMNS = [
    "sample",
    "person",
    "wave",
    "organisation",
    "team",
    "arm",
    "age_band",
    "years_youth_care",
    "work_engagement",
]


def row(name, label, **given):
    usual = {"source": "wave0", "sample": "main", "wave": 0, "name": name, "delivered_name": name.upper()}
    codes = {k: json.dumps(given.pop(k)) if k in given else "" for k in ("value_labels", "missing_codes")}
    empty = {"type": "number", "min_valid": float("nan"), "max_valid": float("nan"), "rules": ""}
    return {**usual, "label": label, **codes, "n_valid": 7, "n_missing": 3, **empty, **given}


BOOK = pd.DataFrame(
    [
        row("person", "Code", type="text", rules="replaced by a pseudonym"),
        row("team", "Team", value_labels={"T01": "Team Kompas"}),
        row(
            "age_band",
            "Leeftijd",
            value_labels={"1": "jong", "99": "niet ingevuld"},
            missing_codes={"99": "skipped"},
        ),
        row(
            "item_1",
            'Ik leer <van> "collega\'s" & anderen \x0b',
            value_labels={"1": "oneens", "5": "eens"},
            missing_codes={"": "left the study", "9": "skipped"},
            min_valid=1.0,
            max_valid=5.0,
            rules="code 9 = skipped",
        ),
    ]
)


@pytest.fixture(scope="module")
def schema():
    return etree.XMLSchema(file=str(Path(__file__).parent / "ddi_codebook_2_5" / "codebook.xsd"))


@pytest.fixture(scope="module")
def study_files():
    return read_study(ROOT / "config" / "example", "config/example", library_keys())


def made(files, book=BOOK, **said):
    described = Described(licence="CC0 1.0", version="0.1.0", **said)
    scores = scored_file(
        COLUMNS, {"work_engagement": {"nl": "bevlogenheid"}}, files.study, files.scales, "data/scores.csv"
    )
    return ddi_codebook(files.study, [scores, *delivered_files(book, files.study)], described)


@pytest.fixture(scope="module")
def document(study_files):
    more = {
        "creators": (("Vries, A. de", "DWW"),),
        "keywords": ("leren",),
        "access": {"nl": "nee", "en": "no"},
    }
    return etree.fromstring(made(study_files, **more))


def test_the_document_is_valid_by_the_schema(schema, document, study_files):
    schema.assertValid(document)
    schema.assertValid(etree.fromstring(made(study_files)))  # with what must be there only


def test_the_schema_refuses_what_is_wrong(schema, document):
    wrong = copy.deepcopy(document)
    variable = wrong.find(".//d:var", DDI)
    last = variable.find("d:varFormat", DDI)
    variable.remove(last)
    variable.insert(0, last)
    assert not schema.validate(wrong)


def variable(document, name):
    return document.find(f".//d:var[@ID='V.F.wave0.{name}']", DDI)


def texts(element, path):
    return [found.text for found in element.iterfind(path, DDI)]


def test_an_item_has_its_question_range_answers_and_codes_for_no_answer(document):
    item = variable(document, "item_1")
    assert texts(item, "d:qstn/d:qstnLit") == ['Ik leer <van> "collega\'s" & anderen ']
    assert item.find("d:valrng/d:range", DDI).attrib == {"min": "1", "max": "5"}
    assert [i.get("VALUE") for i in item.iterfind("d:invalrng/d:item", DDI)] == ["9"]
    answers = {c.findtext("d:catValu", None, DDI): c for c in item.iterfind("d:catgry", DDI)}
    assert {code: c.findtext("d:labl", None, DDI) for code, c in answers.items()} == {
        "1": "oneens", "5": "eens", None: "left the study", "9": "skipped",
    }  # fmt: skip
    assert [c.get("missType") for c in answers.values()] == [None, None, "left the study", "skipped"]
    assert texts(item, "d:codInstr") == ["code 9 = skipped"]


def test_a_background_has_the_words_of_the_study_in_both_languages(document):
    age = variable(document, "age_band")
    assert texts(age, "d:labl") == ["leeftijd", "age"]
    first = age.find("d:catgry", DDI)
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [(x.get(lang), x.text) for x in first.iterfind("d:labl", DDI)] == [
        ("nl", "jonger dan 25"), ("en", "under 25"),
    ]  # fmt: skip
    missing = age.findall("d:catgry[@missing='Y']", DDI)
    assert [m.findtext("d:labl", None, DDI) for m in missing] == ["niet ingevuld"]


def test_scores_have_the_range_of_their_key(document, study_files):
    scores = document.findall(".//d:var[@files='F.scores']", DDI)
    assert [v.get("name") for v in scores] == COLUMNS
    assert texts(scores[-1], "d:labl") == ["bevlogenheid"]
    assert len(scores[2].findall("d:catgry", DDI)) == len(study_files.study.waves)


def test_no_team_and_no_count_is_in_it(document):
    text = etree.tostring(document, encoding="unicode")
    assert "Kompas" not in text and "T01" not in text
    assert document.findall(".//d:sumStat", DDI) == document.findall(".//d:catStat", DDI) == []


def test_same_bytes_again(study_files):
    assert made(study_files) == made(study_files)

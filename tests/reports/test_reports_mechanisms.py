"""The section on mechanisms: no path without what it assumes, no effect that the design does not allow."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from invented_reports import trial, trial_study, waves_only
from page_reader import phrases

from dww_analysis.domain.study import Allocation
from dww_analysis.domain.tables.effects import MECHANISMS
from dww_analysis.domain.theory import Arrow, Node, Path, Theory
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.privacy.gate import let_out
from dww_analysis.reports.sections.mechanisms import mechanism_blocks


def node(id: str, **more) -> Node:
    return Node(id, {"nl": f"{id} nl", "en": f"{id} en"}, **more)


THEORY = Theory(
    (node("support", arm=True), node("potential", scale="a", level="team"), node("agency", scale="b")),
    (Arrow("support", "potential", 1), Arrow("potential", "agency", 1)),
    (Path(("support", "potential", "agency")),),
)


def row(kind: str, id: str, noun: str, **more) -> dict:
    texts = {c.name: "" for c in MECHANISMS.columns if c.kind == "text"}
    numbers = {
        "estimate": 0.2,
        "std_error": 0.1,
        "df": 20.0,
        "p_value": 0.05,
        "conf_low": 0.0,
        "conf_high": 0.4,
    }
    counts = {"n_obs": 200, "n_persons": 100, "n_smallest": 40, "n_units": 20}
    known = {
        "kind": kind,
        "id": id,
        "part": "between",
        "noun": noun,
        "status": "planned",
        "evidence": "unclear",
    }
    first = dict.fromkeys(MECHANISMS.names, np.nan) | {"shown": True, "lag": 1, "conf_level": 0.95}
    return {**first, **texts, **known, **numbers, **counts, **more}


def table(noun: str = "indirect_effect", **more) -> pd.DataFrame:
    rows = [
        row("arrow", "support>potential", "effect", part="total"),
        row("arrow", "potential>agency", "association"),
        row("path", "support>potential>agency", noun, **more),
    ]
    return pd.DataFrame(rows)


@pytest.fixture(params=["nl", "en"])
def labels(request):
    study = trial()
    return Labels(study["study"], study["scales"], Words(request.param))


def blocks(frame, labels, minimum: int = 8, theory: Theory = THEORY):
    return mechanism_blocks(let_out({"mechanisms": frame}, minimum)["mechanisms"], theory, [], labels)


def paths_block(found, labels):
    return next(b for b in found if b.heading == labels.words("mechanisms.paths_heading"))


def test_no_path_without_its_assumptions(labels):
    block = paths_block(blocks(table(), labels), labels)
    assert block.sentences[-1] == labels.words("mechanisms.assumed")
    assert labels.words("mechanisms.assume.confounders") in block.points
    assert len(block.points) >= 6


def test_an_association_says_why_it_is_no_more(labels):
    block = paths_block(blocks(table("association"), labels), labels)
    assert labels.words("mechanisms.path.why_same_wave") in block.sentences[0]
    assert labels.words("mechanisms.noun.indirect_effect") + " 0" not in block.sentences[0]


def test_nothing_says_mediates_outside_what_is_assumed(labels):
    everything = " ".join(phrases(labels.words.language, "mechanisms").values()).lower()
    assert "mediates" not in everything and "medieert" not in everything


def test_a_path_of_few_persons_is_hidden(labels):
    found = blocks(table(n_persons=5, n_smallest=5), labels)
    said = paths_block(found, labels).sentences[0]
    assert labels.words("mechanisms.remark.suppressed") in said
    assert "0.20" not in said and "0,20" not in said


def test_numbers_of_few_persons_never_reach_the_section(labels):
    with pytest.raises(DisclosureError):
        mechanism_blocks(table(n_persons=5), THEORY, [], labels)


def test_without_a_theory_there_is_no_section(labels):
    assert mechanism_blocks(None, None, [], labels) == []


def test_a_path_that_cannot_be_estimated_is_a_sentence(labels):
    gone = dict.fromkeys(
        ("estimate", "std_error", "conf_low", "conf_high", "n_persons", "n_smallest"), np.nan
    )
    block = paths_block(blocks(table(remark="few_units", evidence="", **gone), labels), labels)
    assert labels.words("mechanisms.remark.few_units") in block.sentences[0]


def test_the_table_has_every_row_with_what_it_is(labels):
    (shown,) = blocks(table(), labels)[-1].folded[0].tables
    nouns = [r[2] for r in shown.texts(labels.words)]
    assert nouns == [
        labels.words(f"mechanisms.noun.{n}") for n in ("effect", "association", "indirect_effect")
    ]


# --- what is said is true of the design

SCORES = replace(THEORY, nodes=(node("support", scale="c"), *THEORY.nodes[1:]))
INTERVENTION = re.compile(r"intervent|conditi|\blot|geloot|randomis|allo|toegewezen", re.I)
DESIGNS = {
    "teams by lot": {},
    "persons by lot": {"allocation": Allocation("person", "allocation", True, None)},
    "organisations by lot": {"allocation": Allocation("organisation", "allocation", True, None)},
    "teams not by lot": {"allocation": Allocation("team", "allocation", False, None)},
    "stepped wedge": {"design": "stepped_wedge"},
    "before and after": {
        "design": "before_after",
        "allocation": Allocation("team", "allocation", False, None),
    },
}


@pytest.fixture(params=["nl", "en"])
def labels_of(request):
    return lambda study: Labels(study, trial()["scales"], Words(request.param))


def everything_said(found, words) -> str:
    """All sentences, points, notes and cells of the section."""
    tables = [t for b in found for f in b.folded for t in f.tables]
    cells = [c for t in tables for r in t.texts(words) for c in r]
    texts = [t for b in found for t in (*b.sentences, *b.points)] + [n for t in tables for n in t.notes]
    return " ".join(map(str, [*texts, *cells]))


def test_without_arms_nothing_speaks_of_a_lot_or_of_the_intervention(labels_of):
    labels = labels_of(waves_only()["study"])
    frame = table("association", product=0.1, covariance=0.1).assign(noun="association")
    said = everything_said(blocks(frame, labels, theory=SCORES), labels.words)
    why = labels.words("mechanisms.path.why_from_score")  # "measured, not allocated"
    assert why in said and not INTERVENTION.findall(said.replace(why, ""))


def test_a_path_between_scores_of_a_trial_assumes_nothing_about_the_lot(labels_of):
    labels = labels_of(trial_study())
    points = paths_block(blocks(table("association"), labels, theory=SCORES), labels).points
    for key in ("lot", "no_lot", "changed_by_it", "between_arm"):
        assert labels.words(f"mechanisms.assume.{key}") not in points
    assert labels.words("mechanisms.assume.between") in points
    held = labels.words("mechanisms.assume.held_arms")
    assert labels.words("mechanisms.assume.not_adjusted", held=held) in points


@pytest.mark.parametrize("design", DESIGNS)
def test_a_path_from_the_arm_assumes_what_the_design_leaves_open(labels_of, design):
    study = trial_study(**DESIGNS[design])
    labels = labels_of(study)
    part = "total" if study.unit == "person" else "between"
    points = paths_block(blocks(table(part=part), labels), labels).points
    lot = {
        "stepped wedge": "lot_starts",
        "teams not by lot": "no_lot",
        "before and after": "no_lot_starts",
    }
    assert points[0] == labels.words(f"mechanisms.assume.{lot.get(design, 'lot')}")
    assert labels.words("mechanisms.assume.changed_by_it") in points
    assert labels.words("mechanisms.assume.linear_arms") in points
    between = labels.words("mechanisms.assume.between_arm")
    assert (between in points) == (part == "between")
    assert labels.words.level_names("unit") in between


@pytest.mark.parametrize(
    "design, most",
    [
        ("teams by lot", "effect"),
        ("stepped wedge", "effect"),
        ("teams not by lot", "difference"),
        ("before and after", "association"),
    ],
)
def test_the_first_words_say_the_most_that_an_arrow_can_be(labels_of, design, most):
    labels = labels_of(trial_study(**DESIGNS[design]))
    assert labels.words(f"mechanisms.intro.{most}") in blocks(table(), labels)[0].sentences
    without = blocks(table("association"), labels, theory=SCORES)[0].sentences
    assert labels.words("mechanisms.intro.association") in without


def test_parts_are_named_by_what_was_allocated(labels_of):
    labels = labels_of(trial_study(**DESIGNS["organisations by lot"]))
    (shown,) = blocks(table(), labels)[-1].folded[0].tables
    assert labels.words.level_names("organisation") in shown.texts(labels.words)[1][1]


def test_too_few_units_are_named_by_what_was_allocated(labels_of):
    for name in ("teams by lot", "organisations by lot"):
        labels = labels_of(trial_study(**DESIGNS[name]))
        found = blocks(table(remark="few_units", evidence=""), labels)
        assert labels.words.level_names("unit") in paths_block(found, labels).sentences[0]


def test_dutch_words_are_those_of_the_rest_of_the_report():
    """A wave is a `meting`, the arm `de interventie` or a `groep`, a path a `route`."""
    other = re.compile(r"\bron(de|des)\b|conditie|\bweg(en)?\b|geloot|loting", re.I)
    assert {k: p for k, p in phrases("nl", "mechanisms").items() if other.search(str(p))} == {}

"""Told ways of acting: read, refused with all problems, laid on a map. Witnesses: counting by hand, Krippendorff."""

import numpy as np
import pandas as pd
import pytest
from test_practice_counts import TEXTBOOK

from dww_analysis.domain.practice import Element, Practice, Situation
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import Fragments, coverage, fragment_quantities, read_fragments
from dww_analysis.practice.acting import hidden_cells

LABEL = {"nl": "x", "en": "x"}
PRACTICE = Practice(
    elements=(Element("deciding", LABEL), Element("seeing", LABEL)),
    situations=(Situation("talk", LABEL), Situation("crisis", LABEL)),
)
COLUMNS = ["fragment", "person", "situation", "element", "way", "coder"]
SOURCE = Source("told", "told.csv", None, "fragments", "auto", "main", None, {c: c for c in COLUMNS})
OPEN = Source(**{**SOURCE.__dict__, "basis": "open"})


def table(*rows, coder="a"):
    """Rows of (person, element, situation, way), each a fragment."""
    frame = pd.DataFrame(rows, columns=["person", "element", "situation", "way"])
    return frame.assign(fragment=[f"f{i}" for i in range(len(rows))], coder=coder)[COLUMNS]


def nobody(person):
    return dict.fromkeys(COLUMNS) | {"person": person}


TOLD = table(
    ("p1", "deciding", "talk", "w1"),
    ("p1", "deciding", "talk", "w2"),
    ("p2", "deciding", "talk", "w2"),
    ("p2", "seeing", "crisis", "w1"),
    ("p3", "seeing", "crisis", "w1"),
)


def quantities(*tables, source=OPEN, minimum=8):
    found = Fragments.of([(source, read_fragments(t, source, PRACTICE)) for t in tables])
    return {(q.quantity, q.subject): q for q in fragment_quantities(found, PRACTICE, "study", minimum)}


def test_persons_and_ways_of_each_cell_are_counted():
    found = quantities(pd.concat([TOLD, pd.DataFrame([nobody("p4")])], ignore_index=True))
    persons = {s: q.value for (name, s), q in found.items() if name == "persons_with_example"}
    ways = {s: q.value for (name, s), q in found.items() if name == "ways"}
    assert persons == {"deciding:talk": 2, "deciding:crisis": 0, "seeing:talk": 0, "seeing:crisis": 2}
    assert ways == {"deciding:talk": 2, "deciding:crisis": 0, "seeing:talk": 0, "seeing:crisis": 1}
    cell = found["persons_with_example", "deciding:talk"]
    # R: 4 * prop.test(2, 4, correct = FALSE)$conf.int
    assert (cell.n, cell.conf_low, cell.conf_high) == pytest.approx((4, 0.6001553, 3.3998447), abs=1e-6)
    assert np.isnan(found["ways", "deciding:talk"].conf_low), "ways are no people"
    assert found["persons_asked", ""].value == 4, "who gave no example was asked"


def test_an_export_delivered_twice_and_the_order_of_rows_change_nothing():
    once = quantities(TOLD)
    assert quantities(TOLD.sample(frac=1, random_state=3), TOLD) == once
    renamed = TOLD.assign(person=TOLD["person"].map({"p1": "z", "p2": "a", "p3": "m"}))
    assert quantities(renamed) == once


def test_coverage_counts_core_elements_per_person():
    rows = read_fragments(
        pd.concat([TOLD, pd.DataFrame([nobody("p4")])], ignore_index=True), SOURCE, PRACTICE
    ).rows
    assert coverage(rows).to_dict() == {"P1": 1, "P2": 2, "P3": 1, "P4": 0}


def test_what_coders_see_differently_does_not_count():
    other = TOLD.assign(
        coder="b", element=["seeing", *TOLD["element"][1:]], way=["w1", "w9", *TOLD["way"][2:]]
    )
    found = quantities(pd.concat([TOLD, other]))
    assert found["persons_with_example", "deciding:talk"].value == 2
    assert found["ways", "deciding:talk"].value == 1, "w1 has another element, the second w2 another way"
    rows = read_fragments(pd.concat([TOLD, other]), SOURCE, PRACTICE).rows
    assert coverage(rows)["P1"] == 1


def test_agreement_of_the_textbook():
    """Krippendorff (2011), example C; R: irr::kripp.alpha(t(x), "nominal"): .7434210526."""
    rows = [
        (f"f{i}", f"p{i}", "talk", "deciding", f"w{code:.0f}", coder)
        for coder in TEXTBOOK
        for i, code in enumerate(TEXTBOOK[coder])
        if code == code
    ]
    found = quantities(pd.DataFrame(rows, columns=COLUMNS))
    assert found["alpha", "way"].value == pytest.approx(0.7434210526, abs=1e-10)
    assert np.isnan(found["alpha", "element"].value), "one code says nothing of agreement"


def test_one_coder_gives_no_agreement():
    assert not any(name == "alpha" for name, _ in quantities(TOLD))


def heard(ways, dated=False):
    """One fragment of each of p1, p2, ...: the way that the person told."""
    frame = table(*((f"p{i + 1}", "deciding", "talk", way) for i, way in enumerate(ways)))
    return frame.assign(date=[f"2026-03-{28 - i:02d}" for i in range(len(frame))]) if dated else frame


def test_new_ways_after_the_first_four_persons():
    """Numbers in codes are numbers: p10 comes after p9."""
    ways = ["a", "b", "c", "d", "a", "e", "e", "a", "a", "b"]
    found = quantities(heard(ways))
    runs = {s: q.value for (name, s), q in found.items() if name == "new_information"}
    assert runs == {"ways:5-6": 0.25, "ways:6-7": 0.25, "ways:7-8": 0, "ways:8-9": 0, "ways:9-10": 0}
    assert "order of codes" in found["new_information", "ways:5-6"].method
    by_day = Source(**{**OPEN.__dict__, "columns": OPEN.columns | {"date": "date"}})
    again = quantities(heard(ways, dated=True), source=by_day)
    # from the last to the first: b a a e | e a, a d, d c, ...: two of three
    assert again["new_information", "ways:5-6"].value == 0
    assert again["new_information", "ways:7-8"].value == pytest.approx(2 / 3)
    assert "order of days" in again["new_information", "ways:5-6"].method


def many(cells):
    """(element, situation) -> how many of twenty persons gave an example of it."""
    rows = [(f"p{i}", e, s, f"w{i % 3}") for (e, s), n in cells.items() for i in range(n)]
    return pd.concat([table(*rows), pd.DataFrame([nobody(f"p{i}") for i in range(20)])], ignore_index=True)


def test_few_in_confidence_are_hidden_with_their_ways_and_not_alone():
    cells = {("deciding", "talk"): 3, ("deciding", "crisis"): 9, ("seeing", "talk"): 12}
    found = quantities(many(cells), source=SOURCE)
    hidden = {s for (name, s), q in found.items() if q.suppressed and name == "persons_with_example"}
    assert hidden == {"deciding:talk", "deciding:crisis"}, "one alone would follow from the mean of coverage"
    assert hidden == {s for (name, s), q in found.items() if q.suppressed and name == "ways"}
    assert found["persons_with_example", "seeing:crisis"].value == 0, "a white spot is no secret"
    assert all(q.suppressed for (name, _), q in found.items() if name == "new_information")
    assert not any(q.suppressed for q in quantities(many(cells)).values())


def test_all_but_few_are_hidden_too():
    found = quantities(many({("deciding", "talk"): 17, ("seeing", "talk"): 10}), source=SOURCE)
    assert found["persons_with_example", "deciding:talk"].suppressed


def test_fewer_persons_than_the_minimum_show_nothing():
    found = quantities(TOLD, source=SOURCE)
    assert all(q.suppressed and np.isnan(q.value) and np.isnan(q.n) for q in found.values())
    assert not any(name == "new_information" for name, _ in found), (
        "their number would tell how many were asked"
    )


def test_nothing_hidden_follows_from_the_sum_of_all_cells():
    random = np.random.default_rng(2)
    for _ in range(200):
        counts = random.integers(0, 21, size=6).astype(float)
        hidden = hidden_cells(counts, 20, 8)
        shown = counts[~hidden]
        assert not ((shown > 0) & (shown < 8)).any() and not ((20 - shown > 0) & (20 - shown < 8)).any()
        if hidden.any() and (counts[~hidden] > 0).any():
            assert hidden.sum() >= 2 and counts[hidden].sum() >= 8


def test_all_problems_at_once_with_their_lines():
    bad = pd.DataFrame(
        [
            ("f1", "p1", "talk", None, "w1", "a"),
            ("f2", "p1", "tlk", "deciding", "w1", "a"),
            ("f3", None, "talk", "seeing", "w1", "a"),
            (None, "p2", "talk", "seeing", None, None),
            ("f4", "p2", "talk", "seeing", "w1", "a"),
            ("f4", "p3", "talk", "seeing", "w1", "b"),
        ],
        columns=COLUMNS,
    )
    with pytest.raises(PracticeError) as error:
        read_fragments(bad, SOURCE, PRACTICE)
    text = " | ".join(map(str, error.value.problems))
    assert len(error.value.problems) == 7
    for said in (
        "no element",
        "'tlk'",
        "did you mean 'talk'",
        "no person",
        "no fragment",
        "no way",
        "no coder",
    ):
        assert said in text, said
    assert "two persons" in text and "line 1" in text and "p2" not in text


def test_two_codes_of_one_coder_and_two_sources_that_clash_are_refused():
    with pytest.raises(PracticeError, match="different things"):
        read_fragments(pd.concat([TOLD, TOLD.assign(way="w7")]), SOURCE, PRACTICE)
    with pytest.raises(PracticeError, match="5 fragments of which two sources"):
        quantities(TOLD, TOLD.assign(way="w7"))

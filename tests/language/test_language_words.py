"""The phrases of both languages, and the one rounding rule."""

from __future__ import annotations

import math

import pytest

from dww_analysis.errors import ReportError
from dww_analysis.language import Words, decimals_for, decimals_for_interval, half_up

NL, EN = Words("nl"), Words("en")


# Particle Data Group, Review of Particle Physics, introduction 5.3: 0.827 +- 0.119 is printed 0.83 +- 0.12, and
# 0.827 +- 0.367 is printed 0.8 +- 0.4.
@pytest.mark.parametrize(
    ("std_error", "decimals"),
    [
        (0.119, 2),
        (0.367, 1),
        (0.105, 2),
        (0.088, 2),
        (0.0217, 3),
        (0.0048, 3),
        (2.3, 1),
        (12.0, 1),
        (1e-9, 4),
    ],
)
def test_decimals_follow_the_standard_error(std_error, decimals):
    assert decimals_for(std_error) == decimals


@pytest.mark.parametrize("std_error", [math.nan, 0.0, math.inf, None])
def test_without_a_standard_error_two_decimals(std_error):
    assert decimals_for(std_error) == 2


@pytest.mark.parametrize("std_error", [0.119, 0.367, 0.0217, 2.3, math.nan, 0.0])
def test_an_interval_alone_gives_the_decimals_of_its_standard_error(std_error):
    low, high = 0.8 - 1.96 * std_error, 0.8 + 1.96 * std_error
    assert decimals_for_interval(low, high) == decimals_for(std_error)


def test_numbers_have_the_decimal_mark_of_their_language():
    assert (NL.number(1.256), EN.number(1.256)) == ("1,26", "1.26")
    assert NL.number(-0.5, 1) == "−0,5"
    assert EN.number(-0.001) == "0.00", "a rounded zero has no sign"
    assert EN.number(math.nan) == EN.number(None) == "–"
    assert EN.count("<8") == "<8"


@pytest.mark.parametrize(
    ("value", "decimals", "said"),
    [
        (0.2935, 3, "0.294"),  # its binary number lies below the half
        (-2.675, 2, "−2.68"),
        (100 * 0.2935, 1, "29.4"),  # 29.349999999999998
        (2.5, 0, "3"),
        (0.0005, 3, "0.001"),
        (1e300, 0, "1" + "\u00a0000" * 100),
    ],
)
def test_a_half_is_rounded_away_from_zero_as_it_is_written_in_decimals(value, decimals, said):
    assert EN.number(value, decimals) == said


def test_what_rounds_to_zero_has_no_sign():
    assert not half_up(-0.001, 2).is_signed() and half_up(-0.005, 2).is_signed()


def test_intervals():
    assert NL.bracket(0.1, 0.52) == "[0,10; 0,52]"
    assert EN.bracket(0.1, 0.52) == "[0.10, 0.52]"
    assert NL.span(-0.1, 0.52) == "−0,10 tot 0,52"


@pytest.mark.parametrize(
    ("p", "nl", "en"),
    [(0.0316, "p = 0,032", "p = .032"), (0.0009, "p < 0,001", "p < .001"), (0.00999, "p = 0,010", "p = .010"),
     (1.0, "p > 0,999", "p > .999"), (0.9991, "p = 0,999", "p = .999")],
)  # fmt: skip
def test_p_is_exact_to_three_decimals(p, nl, en):
    assert NL.p_phrase(p) == nl
    assert EN.p_phrase(p) == en


def test_an_estimate_in_one_line():
    row = {"estimate": 0.312, "std_error": 0.105, "conf_low": 0.101, "conf_high": 0.523, "conf_level": 0.95}
    assert NL.estimate(row, "schaalpunten") == "0,31 schaalpunten (95%-BI 0,10 tot 0,52)"
    assert EN.estimate(row, "scale points") == "0.31 scale points (95 % CI 0.10 to 0.52)"
    assert EN.estimate(row | {"conf_level": 0.9}, "") == "0.31 (90 % CI 0.10 to 0.52)"
    assert NL.level(0.975) == "97,5%-BI"


def test_dates_and_lists():
    assert NL.date("2026-06-30") == "30 juni 2026"
    assert EN.date("2026-06-30") == "30 June 2026"
    assert NL.listing(["a", "b", "c"]) == "a, b en c"
    assert EN.listing(["a"]) == "a"
    assert NL.capital("ijver") == "IJver"
    assert (NL.few(2), EN.few(13)) == ("twee", "13")


def test_unknown_language_and_phrase_are_refused():
    with pytest.raises(ReportError, match="one of nl, en"):
        Words("de")
    with pytest.raises(ReportError, match="no phrase"):
        NL("no.such.phrase")


# --- plurals and names of levels


def test_a_phrase_that_counts_takes_the_form_of_its_number():
    assert NL.many("search.zero", 1, n="één").startswith("Bij één analyse is")
    assert NL.many("search.zero", 2).startswith("Bij 2 analyses is")
    assert EN.many("terminal.failed", "1") == "Stopped: 1 step failed"
    assert EN.many("terminal.failed", 0) == "Stopped: 0 steps failed"
    with pytest.raises(ReportError, match="plural forms"):
        EN("terminal.failed", n=1)


@pytest.mark.parametrize(
    ("n", "nl", "en"),
    [(1, "1 team", "1 team"), (1.0, "1 team", "1 team"), ("1", "1 team", "1 team"), (0, "0 teams", "0 teams"),
     (24, "24 teams", "24 teams"), ("<8", "<8 teams", "<8 teams"), (math.nan, "– teams", "– teams")],
)  # fmt: skip
def test_amounts_of_teams(n, nl, en):
    assert (NL.amount("team", n), EN.amount("team", n)) == (nl, en)


def test_a_study_says_what_its_levels_are_called():
    levels = {"team": {"nl": "klas", "en": "class"}, "person": {"nl": "bubbel | bubbels", "en": "bubble"}}
    assert NL.named(levels).amount("team", 12) == "12 klassen"
    assert EN.named(levels).amount("team", 12) == "12 classes"
    assert NL.named(levels).amount("person", 3) == "3 bubbels"
    assert EN.named(levels).amount("person", 3) == "3 × bubble", "no plural was given, and none is guessed"
    assert EN.named(levels).amount("person", 1) == "1 bubble"
    assert EN.named(levels).level_names("team") == "classes"
    assert EN.named(levels).amount("organisation", 2) == "2 organisations"


def test_a_phrase_names_what_a_study_allocates():
    levels = {"organisation": {"nl": "school", "en": "school"}, "team": {"nl": "klas", "en": "class"}}
    assert NL.named(levels, "organisation")("sensitivity.analysis.robust") == "clusterrobuust per school"
    assert EN.named(levels)("sensitivity.analysis.permutation") == "permutation of classes"
    assert EN.named(levels, "person").amount("unit", 12) == "12 persons"


def test_a_blank_that_nobody_filled_is_refused():
    with pytest.raises(ReportError, match="blank 'low'"):
        EN("number.span", high=2)


@pytest.mark.parametrize("language", ["nl", "en"])
def test_long_numbers_stand_in_groups_that_are_no_decimals(language):
    words = Words(language)
    assert [words.count(n) for n in (9999, 9999.7, 50_000, -1_234_567)] == [
        "9999",
        "10\u00a0000",
        "50\u00a0000",
        "−1\u00a0234\u00a0567",
    ]
    assert words.number(12_345.67, 1) == f"12\u00a0345{words.number(0.7, 1)[1:]}"
    assert [words.plain(v) for v in (3.0, 2.5)] == ["3", f"2{words.number(0.5, 1)[1:]}"]

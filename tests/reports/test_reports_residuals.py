"""What planned models leave unexplained, in words that name a large departure and alarm about no small one."""

import invented_reports as made
import numpy as np
import pandas as pd
import pytest

from dww_analysis.language.labels import Labels
from dww_analysis.reports import Words
from dww_analysis.reports.headlines import headline_rows
from dww_analysis.reports.sections.residuals import residual_blocks

FINE = {"entry": "learning", "part": "residual", "n": 600, "n_persons": 240, "w": 0.98, "p_normal": 0.0003,
        "skewness": -0.4, "kurtosis": 0.6, "beyond": 0.05, "n_groups": 6, "sd_ratio": 1.3, "p_equal": 0.02,
        "suppressed": False, "suppressed_columns": ""}  # fmt: skip
UNIT = {
    **FINE,
    "part": "unit",
    "n": 24,
    "beyond": np.nan,
    "n_groups": np.nan,
    "sd_ratio": np.nan,
    "p_equal": np.nan,
}


def said(*rows, language="en", **tables):
    trial = made.trial()
    labels = Labels(trial["study"], trial["scales"], Words(language))
    headlines = headline_rows(
        trial["tables"]["estimates"], trial["study"], trial["plan"], trial["scales"], labels.words
    )
    found = residual_blocks({"residual_checks": pd.DataFrame(rows), **tables}, headlines, [], labels)
    return found[0] if found else None, labels.words


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_small_p_value_of_a_small_departure_is_no_warning(language):
    found, words = said(FINE, UNIT, language=language)
    assert found.sentences == (words("residuals.intro"), words("residuals.all_fine"))
    (table,) = found.tables
    cells = table.texts(words)
    assert [c.strip() for c in cells[0]][2:5] == ["600", words.number(-0.4), words.number(0.6)]
    assert len(cells) == 2 and cells[1][-1].strip() == "–"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"skewness": -2.3}, "skewed (−2.3)"),
        ({"kurtosis": 8.0}, "kurtosis 8.0"),
        ({"sd_ratio": 2.4}, "2.4 times"),
    ],
)
def test_a_large_departure_is_named_with_what_does_without_the_assumption(change, part):
    beside = pd.DataFrame({"analysis": ["permutation of teams", "CR2 by team"], "entry": "learning"})
    text = " ".join(said(FINE | change, sensitivity=beside)[0].sentences)
    assert part in text and "permutation test" in text and "cluster-robust" in text
    assert "permutation test" not in " ".join(said(FINE | change)[0].sentences)


def test_units_that_are_skewed_are_in_the_table_alone():
    found, words = said(FINE, UNIT | {"skewness": 3.0})
    assert words("residuals.all_fine") in found.sentences


def test_hidden_rows_show_no_number_and_nothing_checked_is_no_section():
    found, words = said(FINE | {"suppressed": True, "skewness": np.nan})
    assert {c.strip() for c in found.tables[0].texts(words)[0][3:]} == {"×"}
    assert found.sentences == (words("residuals.intro"),), "of what is hidden nobody says that it is fine"
    assert said()[0] is None

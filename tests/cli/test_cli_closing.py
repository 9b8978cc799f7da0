"""How a run ends: which records of fits make it one where something could not be estimated."""

import math

import pytest

from dww_analysis.cli import closing
from dww_analysis.language import Words


@pytest.mark.parametrize(
    ("record", "all_there"), [({}, True), ({"failed": "why"}, False), ({"untested": "no test"}, False)]
)
def test_an_entry_without_estimate_or_test_is_not_all_that_was_asked(monkeypatch, record, all_there):
    monkeypatch.setattr(closing, "fit_records", lambda project: {"a": {"entry": "a"}, "b": record})
    assert closing.all_estimated(None) is all_there


@pytest.mark.parametrize(("language", "said"), [("nl", "een verhouding van 1,84"), ("en", "a ratio of 1.84")])
def test_the_logarithm_of_a_ratio_is_told_as_a_ratio_too(language, said):
    span = {"estimate": 0.61, "conf_low": 0.41, "conf_high": 0.81}
    row = {**span, "label": "calls", "std_error": 0.1, "unit": "log rate", "noun": "effect", "contrast": "",
           "conf_level": 0.95, "df": 9.0, "df_method": "between-within", "p_adjusted": 0.01,
           **{f"rate_ratio_{n}": math.exp(v) for n, v in span.items()}}  # fmt: skip
    logarithm = closing._line({**row, "summary": "rate_ratio"}, {}, language, Words(language))
    assert said in logarithm
    assert said not in closing._line({**row, "summary": "mean_difference"}, {}, language, Words(language))

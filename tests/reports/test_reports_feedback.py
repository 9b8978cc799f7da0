"""What the report says of the sheets of units."""

import pytest
from invented_reports import trial

from dww_analysis.domain.sheets import UnitSettings
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.feedback import feedback_limits, feedback_methods

MADE = trial()


def labels(language: str) -> Labels:
    return Labels(MADE["study"], MADE["scales"], Words(language))


@pytest.mark.parametrize("settings", [None, UnitSettings("never")])
def test_a_report_says_nothing_where_units_hear_nothing(settings):
    assert feedback_methods(settings, labels("nl")) == []
    assert feedback_limits(settings, labels("nl")) == []


@pytest.mark.parametrize(("language", "word"), [("nl", "na elke meting"), ("en", "after each wave")])
def test_feedback_while_the_study_runs_is_a_limit_with_its_reason(language, word):
    settings = UnitSettings("after_each_wave", reason="teams vroegen erom")
    (passage,) = feedback_methods(settings, labels(language))
    assert word in passage.sentences[0]
    assert "teams vroegen erom" in passage.sentences[0]
    assert len(feedback_limits(settings, labels(language))) == 1


def test_feedback_afterwards_is_told_and_no_limit():
    settings = UnitSettings()
    assert "na de laatste meting" in feedback_methods(settings, labels("nl"))[0].sentences[0]
    assert feedback_limits(settings, labels("nl")) == []

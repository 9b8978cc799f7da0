"""The practice profile from a log: counted by hand, and what few did stays hidden."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.practice import Function, verb_of
from dww_analysis.practice import profile_quantities, silent_verbs
from dww_analysis.practice.profile import waiting_hours

LABEL = {"nl": "x", "en": "x"}
ASK = Function("ask", LABEL, ("asked",), ("feedback_given",))
START = pd.Timestamp("2026-01-05 09:00")


def log(rows):
    """(person, verb, hours after the start) as events."""
    frame = pd.DataFrame(rows, columns=["person", "verb", "hours"])
    return frame.assign(sample="main", time=START + pd.to_timedelta(frame["hours"], unit="h"))


def numbers(rows, functions=(ASK,), minimum=8):
    return {(q.quantity, q.subject): q for q in profile_quantities(log(rows), functions, "study", minimum)}


def people(n, *events):
    return [(f"p{i}", verb, hours) for i in range(n) for verb, hours in events]


WEEK = 7 * 24
OTHERS = [(f"o{i}", "viewed", 0) for i in range(20)]


def test_verbs_are_compared_by_their_last_part():
    assert verb_of("https://w3id.org/verbs/Feedback-given") == verb_of("feedback given") == "feedback_given"


def test_reached_used_again_answered_and_waited():
    rows = people(40, ("viewed", 0))
    rows += people(30, ("asked", 1), ("feedback_given", 4))
    rows += people(12, ("asked", 25))
    found = numbers(rows)
    assert (found["reached", "ask"].value, found["reached", "ask"].n) == (0.75, 40)
    # R: prop.test(30, 40, correct = FALSE)$conf.int
    assert found["reached", "ask"].conf_low == pytest.approx(0.5980605, abs=1e-6)
    assert (found["used_again", "ask"].value, found["used_again", "ask"].n) == (12 / 30, 30)
    assert found["answered", "ask"].value == 1
    assert found["answer_hours", "ask"].value == 3


def test_each_question_waits_for_the_next_answer_of_the_same_person():
    events = log(
        [("a", "asked", 0), ("b", "feedback_given", 1), ("a", "asked", 2), ("a", "feedback_given", 6)]
    )
    hours = waiting_hours(events.assign(who=events["person"]), ASK)
    assert hours.groupby(level=0).apply(list).to_dict() == {"a": [6, 4]}


def test_few_and_all_but_few_are_hidden_and_so_is_what_rests_on_them():
    few = numbers(people(40, ("viewed", 0)) + people(5, ("asked", 1)))
    assert all(q.suppressed and np.isnan(q.value) and np.isnan(q.n) for q in few.values())
    assert {name for name, _ in few} == {"reached", "used_again", "answered", "answer_hours"}
    most = numbers(people(40, ("viewed", 0)) + people(36, ("asked", 1)))
    assert most["reached", "ask"].suppressed and most["used_again", "ask"].suppressed


def test_a_median_needs_three_times_the_minimum():
    rows = people(60, ("viewed", 0)) + people(40, ("asked", 1)) + people(20, ("feedback_given", 3))
    found = numbers(rows)
    assert found["answered", "ask"].value == 0.5 and found["answer_hours", "ask"].suppressed


def test_use_over_the_weeks_is_of_people_who_were_followed_so_long():
    rows = (
        people(30, ("asked", 0)) + people(10, ("asked", WEEK + 1)) + [("last", "viewed", 4 * WEEK)] + OTHERS
    )
    found = numbers(rows)
    weeks = {s: (q.value, q.n) for (name, s), q in found.items() if name == "weekly_use"}
    assert weeks == {"ask:week_1": (1 / 3, 30), "ask:week_2": (0, 30), "ask:week_3": (0, 30)}


def test_weeks_of_few_are_told_by_four_and_then_only_so():
    """Three people come in each of weeks 1 to 4, each time others; one of them again in week 6."""
    rows = [*people(30, ("asked", 0)), ("last", "viewed", 9 * WEEK), *OTHERS]
    rows += [(f"p{3 * week + i}", "asked", (week + 1) * WEEK) for week in range(4) for i in range(3)]
    rows += [("p0", "asked", 6 * WEEK)]
    found = numbers(rows)
    assert not [name for name, _ in found if name == "weekly_use"]
    first = found["four_weekly_use", "ask:weeks_1-4"]
    assert (first.value, first.n) == (12 / 30, 30)
    assert found["four_weekly_use", "ask:weeks_5-8"].suppressed
    assert not any(s.endswith("9-12") for _, s in found)


def test_the_number_followed_does_not_tell_when_few_began():
    """Three people began a week later: all are followed over fewer weeks, or three would stand apart."""
    rows = people(30, ("asked", 0)) + [(f"l{i}", "asked", WEEK) for i in range(3)]
    rows += [("last", "viewed", 3 * WEEK), *OTHERS]
    sizes = {q.n for (name, _), q in numbers(rows).items() if name == "weekly_use"}
    assert sizes == {33}


def test_a_function_that_nobody_used_is_nobody():
    found = numbers(people(20, ("viewed", 0)))
    assert found["reached", "ask"].value == 0 and set(found) == {("reached", "ask")}
    assert profile_quantities(None, (ASK,), "study", 8) == []


def test_the_order_of_the_log_changes_nothing():
    rows = people(40, ("viewed", 0)) + people(30, ("asked", 1), ("feedback_given", 4))
    mixed = log(rows).sample(frac=1, random_state=1)
    first, again = (profile_quantities(t, (ASK,), "study", 8) for t in (log(rows), mixed))
    assert repr(first) == repr(again)


def test_a_verb_that_nobody_has_is_said():
    (line,) = silent_verbs(log(people(3, ("asked", 0))), (ASK,))
    assert "function ask" in line and "feedback_given" in line

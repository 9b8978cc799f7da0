"""What people think of functions of the app: read, refused, counted. Witnesses: R's t.test, counting by hand."""

import numpy as np
import pandas as pd
import pytest
from test_practice_counts import TEXTBOOK

from dww_analysis.domain.practice import Function, Practice, Role
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import practice_quantities, read_source

LABEL = {"nl": "x", "en": "x"}
PRACTICE = Practice(
    roles=tuple(Role(r, LABEL) for r in ("staff", "teachers", "boards")),
    functions=(Function("ask", LABEL, ("asked",)), Function("look", LABEL)),
)
OPEN = {"basis": "open"}
GOLDEN = (4, 5, 6, 6, 7, 7, 7, 8, 9)


def source(kind, data, id="file", **more):
    return Source(id, f"{id}.csv", None, kind, "auto", "main", None, {c: c for c in data.columns}, **more)


def quantities(*parts, minimum=8, practice=PRACTICE):
    """By quantity, subject and role, of (kind, table, settings)."""
    read = []
    for i, (kind, data, more) in enumerate(parts):
        s = source(kind, data, f"file{i}", **more)
        read.append((s, read_source(data, s, practice)))
    found = practice_quantities(read, practice, minimum, "study")
    assert all(q.unit_level == "study" for q in found) and len({q.id for q in found}) == len(found)
    return {(q.quantity, q.subject, q.role): q for q in found}


def ratings(values=GOLDEN, function="ask", **more):
    rows = [(f"p{i}", function, value) for i, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["person", "function", "rating"]).assign(**more)


def test_the_mean_has_the_interval_of_t_and_quartiles_need_three_times_the_minimum_in_confidence():
    """R: t.test(c(4, 5, 6, 6, 7, 7, 7, 8, 9))$conf.int; quantile(x)."""
    found = quantities(("ratings", ratings(), OPEN))
    mean = found["rating_mean", "ask", "all"]
    assert (mean.value, mean.conf_low, mean.conf_high) == pytest.approx(
        (6.5555555556, 5.3954580239, 7.7156530872), abs=1e-9
    )
    assert [found[q, "ask", "all"].value for q in ("rating_quartile_low", "rating_median")] == [6, 7]
    private = quantities(("ratings", ratings(), {}))
    assert private["rating_mean", "ask", "all"].value == mean.value
    assert private["rating_median", "ask", "all"].suppressed
    assert private["rating_mean", "ask", "all"].n == 9


def test_roles_stand_alone_from_the_minimum_on_and_few_are_hidden():
    roles = ["staff"] * 9 + ["teachers"] * 9
    found = quantities(("ratings", ratings(GOLDEN * 2, role=roles), {}))
    assert {r for q, _, r in found if q == "rating_mean"} == {"all", "staff", "teachers"}
    assert found["rating_mean", "ask", "staff"].value == pytest.approx(np.mean(GOLDEN))
    one = quantities(("ratings", ratings((*GOLDEN, 5), role=["staff"] * 9 + ["boards"]), {}))
    assert {r for q, _, r in one if q == "rating_mean"} == {"all"}, "one member of a board would follow"
    few = quantities(("ratings", ratings(GOLDEN[:5]), {}))
    assert all(q.suppressed and np.isnan(q.n) for q in few.values())


@pytest.mark.parametrize("values", [(3,) * 8 + (8,) * 8, (1, 3, 5, 7, 9, 2, 4, 6, *(5,) * 7, 6)])
def test_the_interval_of_one_role_does_not_follow_from_those_of_the_others(values):
    """The sum of squares of all is that of the roles and of their means: with all but one SD the last one is known,
    and of eight threes beside eight eights each rating."""
    roles = ["staff"] * 8 + ["teachers"] * 8
    found = quantities(("ratings", ratings(values, role=roles), {}))
    means = [found["rating_mean", "ask", role] for role in ("all", "staff", "teachers")]
    assert [q.value for q in means] == [np.mean(values), np.mean(values[:8]), np.mean(values[8:])]
    assert all(np.isnan(q.conf_low) and q.method == "mean" for q in means)
    seen = quantities(("ratings", ratings(values, role=roles), OPEN))
    assert seen["rating_mean", "ask", "staff"].conf_low == seen["rating_mean", "ask", "staff"].conf_low


def test_functions_stand_apart_and_an_empty_rating_is_none():
    both = pd.concat([ratings(), ratings((*GOLDEN[:-1], None), function="look")])
    found = quantities(("ratings", both, OPEN))
    assert found["rating_mean", "look", "all"].n == 8 and found["rating_mean", "ask", "all"].n == 9
    assert found["rating_mean", "look", "all"].value == pytest.approx(np.mean(GOLDEN[:-1]))


BEFORE, AFTER = (5, 4, 6, 6, 7, 5, 8, 6, 7, 4), (6, 6, 6, 7, 7, 7, 8, 7, 8, 4)


def test_rounds_stand_apart_and_a_change_is_of_the_same_people():
    """R: t.test(after - before)$conf.int; rounds 9 and 10 in that order."""
    both = pd.concat([ratings(AFTER, round=10), ratings(BEFORE, round=9)])
    found = quantities(("ratings", both, {}))
    change = found["rating_change", "ask:9-10", "all"]
    assert change.value == pytest.approx(0.8) and np.isnan(change.conf_low), (
        "of so few it would give back the SD"
    )
    openly = quantities(("ratings", both, OPEN))["rating_change", "ask:9-10", "all"]
    assert (openly.value, openly.conf_low, openly.conf_high, openly.n) == pytest.approx(
        (0.8, 0.2357188628, 1.3642811372, 10), abs=1e-9
    )
    assert found["rating_mean", "ask:9", "all"].value == np.mean(BEFORE)
    assert not any(subject == "ask" for _, subject, _ in found)
    once = quantities(("ratings", pd.concat([ratings(AFTER, round=2), ratings((*BEFORE, 9), round=1)]), {}))
    assert once["rating_change", "ask:1-2", "all"].suppressed, "one who rated once would follow"


def test_one_round_is_none_to_tell_apart():
    assert quantities(("ratings", ratings(round=1), OPEN)) == quantities(("ratings", ratings(), OPEN))


def test_rounds_in_one_source_and_none_in_another_are_refused():
    with pytest.raises(PracticeError, match="rows of rounds among rows without a round"):
        quantities(("ratings", ratings(round=1), {}), ("ratings", ratings((4, 5)), {}))


def remarks(*rows):
    return pd.DataFrame(rows, columns=["id", "function", "kind", "coder"])


TOLD = remarks(
    ("r1", "ask", "need", "a"), ("r1", "ask", "need", "b"),
    ("r2", "ask", "need", "a"), ("r2", "ask", "pitfall", "b"),
    ("r3", None, "condition", "a"), ("r3", None, "condition", "b"),
    ("r4", "look", "pitfall", "a"),
)  # fmt: skip


def test_remarks_that_all_coders_coded_alike_are_counted_without_an_interval():
    found = quantities(("statements", TOLD, OPEN))
    counts = {s: q.value for (name, s, _), q in found.items() if name == "app_remarks"}
    assert counts == {
        "": 3, "ask:need": 1, ":condition": 1, "look:pitfall": 1,
        **{s: 0 for s in counts if counts[s] == 0},
    }  # fmt: skip
    assert all(np.isnan(q.conf_low) for (name, _, _), q in found.items() if name == "app_remarks")
    assert found["app_remarks", "", "all"].n == 4
    private = quantities(("statements", TOLD, {}))
    assert all(q.suppressed for q in private.values()), "four remarks in confidence"


def test_coders_agree_as_in_the_textbook():
    """Krippendorff's four coders and twelve units; R: irr::kripp.alpha(t(codes), "nominal")."""
    long = TEXTBOOK.stack().dropna().reset_index().set_axis(["unit", "coder", "code"], axis=1)
    told = long.assign(
        id="r" + long["unit"].astype(str), function=long["code"].map("f{:.0f}".format), kind="need"
    )
    practice = Practice(functions=tuple(Function(f"f{i}", LABEL) for i in range(1, 6)))
    found = quantities(("statements", told[["id", "function", "kind", "coder"]], OPEN), practice=practice)
    assert found["alpha", "app_function", "all"].value == pytest.approx(0.7434210526, abs=1e-9)
    assert found["alpha", "app_function", "all"].n == 11
    assert np.isnan(found["alpha", "app_kind", "all"].value), "one code only tells nothing"


WRONG = {
    "a rating of 11": ("ratings", ratings((11,)), "a number from 0 to 10"),
    "a function that is not there": ("ratings", ratings(function="aks"), "did you mean 'ask'"),
    "two ratings of one person": ("ratings", pd.concat([ratings((4,)), ratings((5,))]), "say different things"),
    "a person in two roles": (
        "ratings", pd.concat([ratings((4,), role="staff"), ratings((5,), "look", role="boards")]), "in two roles",
    ),
    "an example": ("ratings", ratings(example=1), "nothing here reads them"),
    "no round": ("ratings", ratings(round=[*range(1, 9), None]), "no round"),
    "two ratings in a round": (
        "ratings", pd.concat([ratings((4,), round=1), ratings((5,), round=1)]), "say different things",
    ),
    "another kind": ("statements", remarks(("r1", "ask", "wish", "a")), "which is not in the list"),
    "no coder": ("statements", remarks(("r1", "ask", "need", None)), "no coder"),
    "two codes of one coder": (
        "statements", remarks(("r1", "ask", "need", "a"), ("r1", "ask", "pitfall", "a")), "say different things",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_is_refused_without_a_code_of_a_person(what):
    kind, table, said = WRONG[what]
    with pytest.raises(PracticeError) as error:
        quantities((kind, table, OPEN))
    assert said in str(error.value) and "p0" not in str(error.value).lower()


def test_a_second_export_and_the_order_of_rows_change_nothing():
    once = quantities(("ratings", ratings(), {}), ("statements", TOLD, OPEN))
    mixed = [t.sample(frac=1, random_state=3) for t in (ratings(), TOLD)]
    again = quantities(
        ("ratings", mixed[0], {}),
        ("ratings", ratings(), {}),
        ("statements", mixed[1], OPEN),
        ("statements", TOLD, OPEN),
    )
    assert [repr(q) for q in once.values()] == [repr(q) for q in again.values()]


def test_two_forms_that_contradict_each_other_are_refused():
    with pytest.raises(PracticeError, match="two sources say different things"):
        quantities(("ratings", ratings((4,)), {}), ("ratings", ratings((5,)), {}))

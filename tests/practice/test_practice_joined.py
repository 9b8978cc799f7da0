"""Bundles of regions joined: by id, words and map alone, under the stricter minimum, and nothing by subtraction."""

from dataclasses import replace

import numpy as np
import pytest

from dww_analysis.domain.bundle import Bundle
from dww_analysis.domain.practice import (
    AgendaItem,
    NationalItem,
    Practice,
    Quantity,
    Region,
    Session,
    Theme,
)
from dww_analysis.errors import PracticeError
from dww_analysis.practice import as_table, join_bundles
from dww_analysis.privacy.gate import let_out

THEMES = ("time", "voice")


def same(text):
    return {"nl": text, "en": text}


def share(session, theme, chosen, n, basis="private"):
    return Quantity(
        f"{session}.share.{theme}.all", "session", session, theme, "all", "share", chosen / n,
        n=float(n), basis=basis, method="Wilson",
    )  # fmt: skip


def bundle(study, *quantities, minimum=8, items=(), **more):
    practice = Practice(
        themes=tuple(Theme(t, same(t), "i1") for t in THEMES),
        sessions=(Session("spring", same("spring"), "2026-03-12", same("")),),
        national=(NationalItem("i1", same("item")),),
        regions=(Region(study, same(study)),),
    )
    values = {
        "study": study, "title": same(study), "data": "invented", "delivered": "2026-06-30", "minimum": minimum,
        "package": "1", "practice": practice, "quantities": quantities, "agenda": tuple(items),
    }  # fmt: skip
    return Bundle(**{**values, **more})


def item(region, theme, status="new"):
    return AgendaItem(
        f"{region}.a", "region", region, "a", theme, "i1", status, "2026-01-01", "2026-01-01", False
    )


NORTH = bundle(
    "north", share("spring", "time", 20, 40), share("spring", "voice", 30, 40), items=[item("north", "time")]
)
SOUTH = bundle("south", share("spring", "time", 10, 40), share("spring", "voice", 20, 40))


def totals(joined):
    return {
        (q.unit, q.subject): q.value
        for q in joined.quantities
        if q.quantity == "share_over_sessions" and not q.suppressed
    }


def test_each_region_weighs_the_same():
    found = totals(join_bundles([SOUTH, NORTH]))
    assert found["all_regions", "time"] == pytest.approx((20 / 40 + 10 / 40) / 2)
    assert found["north", "voice"] == pytest.approx(30 / 40)


def test_the_order_of_files_changes_nothing():
    one, other = join_bundles([NORTH, SOUTH]), join_bundles([SOUTH, NORTH])
    assert one == other or as_table(one.quantities).equals(as_table(other.quantities))
    assert one.practice == other.practice and one.agenda == other.agenda


def test_sessions_of_one_name_stay_apart():
    units = {q.unit for q in join_bundles([NORTH, SOUTH]).quantities if q.quantity == "share"}
    assert units == {"north.spring", "south.spring"}


def test_the_stricter_minimum_counts_and_is_said():
    small = bundle("small", share("spring", "time", 3, 6), share("spring", "voice", 6, 6), minimum=3)
    joined = join_bundles([small, NORTH])
    assert joined.minimum == 8 and joined.hidden == ("small",)
    of_small = [q for q in joined.quantities if q.unit == "small.spring"]
    assert of_small and all(q.suppressed and np.isnan(q.value) and np.isnan(q.n) for q in of_small)
    assert ("small", "time") not in totals(joined) and ("all_regions", "time") not in totals(joined)


def test_a_count_that_tells_of_few_hides_its_session_too():
    """45 people are enough; 5 of them who chose a theme are few under 8, and so are all but 3."""
    for chosen in (5, 42):
        few = bundle("few", share("spring", "time", chosen, 45), share("spring", "voice", 20, 45), minimum=3)
        joined = join_bundles([few, NORTH])
        assert all(q.suppressed for q in joined.quantities if q.unit == "few.spring"), chosen


def counted(quantity, value, n):
    return Quantity(
        f"spring.{quantity}.time.all", "session", "spring", "time", "all", quantity, value, n=n, basis="private",
        method="count",
    )  # fmt: skip


OF_FEW = {
    "dots of few": counted("dots", 5.0, 40.0),
    "dots of all but few": counted("dots", 38.0, 40.0),
    "dots of people that nobody counted": counted("dots", 20.0, float("nan")),
    "remarks of few": counted("remarks", 5.0, 40.0),
    "a change of votes": counted("vote_change", 0.0, 40.0),
}


@pytest.mark.parametrize("what", OF_FEW)
def test_whatever_may_tell_of_few_under_the_stricter_minimum_hides_its_session(what):
    rows = (OF_FEW[what], share("spring", "voice", 20, 45))
    joined = join_bundles([bundle("few", *rows, minimum=3), NORTH])
    assert all(q.suppressed for q in joined.quantities if q.unit == "few.spring")
    strict = join_bundles([bundle("few", *rows, minimum=8), NORTH])
    assert not any(q.suppressed for q in strict.quantities if q.unit == "few.spring"), "its own minimum"


def test_dots_of_enough_stay():
    rows = (counted("dots", 20.0, 40.0), share("spring", "voice", 20, 45))
    assert join_bundles([bundle("enough", *rows, minimum=3), NORTH]).hidden == ()


def by_role(mean, basis="private"):
    """Two roles of 20, of whom 10 and 12 named a theme; the mean over roles as given, with its place."""
    rows = [replace(share("spring", "time", k, 20, basis), id=f"s.{k}", role=f"role_{k}") for k in (10, 12)]
    own = replace(share("spring", "time", 0, 40, basis), id="spring.mean", value=mean, tier="maybe_top3")
    own = replace(own, quantity="share_equal_weight")
    points = replace(own, id="spring.two_step", quantity="two_step", value=4.0, tier="")
    return [*rows, own, points]


@pytest.mark.parametrize(("mean", "hidden"), [(0.55, 0), (0.31, 2)])
def test_orders_of_points_and_ranks_are_hidden_under_a_stricter_minimum(mean, hidden):
    """(10 + 12) / 40 is .55: a mean of shares. Another mean is of scores, of which nobody knows how few it tells of."""
    joined = join_bundles([bundle("few", *by_role(mean), minimum=5), NORTH])
    own = [q for q in joined.quantities if q.unit == "few.spring"]
    assert sorted(q.quantity for q in own if q.suppressed) == ["share_equal_weight", "two_step"][:hidden]
    assert all(not q.tier and np.isnan(q.value) for q in own if q.suppressed)
    assert joined.hidden == (("few",) if hidden else ())
    for same_minimum in (
        bundle("few", *by_role(mean)),
        bundle("few", *by_role(mean, basis="open"), minimum=5),
    ):
        assert not any(q.suppressed for q in join_bundles([same_minimum, NORTH]).quantities)


def test_mean_scores_are_no_shares_and_in_no_total_over_sessions():
    shares, scores = by_role(0.55, basis="open"), by_role(0.31, basis="open")
    told = [
        replace(q, method="mean of 2 roles of scores; max-t bootstrap") for q in by_role(0.55, basis="open")
    ]
    for rows, total in ((shares, 0.55), (scores, None), (told, None)):
        found = join_bundles([bundle("one", *rows), SOUTH]).quantities
        own = [
            q.value
            for q in found
            if (q.unit, q.quantity, q.subject) == ("one", "share_over_sessions", "time")
        ]
        assert own == ([] if total is None else [total])


def test_what_was_open_in_the_room_stays_open():
    room = bundle("room", share("spring", "time", 3, 6, "open"), minimum=3)
    assert join_bundles([room, NORTH]).hidden == ()


@pytest.mark.parametrize("seed", range(20))
def test_regions_subtracted_from_the_total_leave_nothing(seed):
    """The attacker knows every number of the page: the total times its studies minus those it shows is zero."""
    random = np.random.default_rng(seed)
    bundles = []
    for number in range(5):
        n = int(random.integers(4, 60))
        rows = [share("spring", t, int(random.integers(0, n + 1)), n) for t in THEMES]
        bundles.append(bundle(f"r{number}", *rows, minimum=int(random.choice([3, 5, 10]))))
    joined = join_bundles(bundles)
    shown = let_out({"quantities": as_table(joined.quantities)}, joined.minimum)["quantities"]
    own = shown[(shown["quantity"] == "share_over_sessions") & ~shown["suppressed"]]
    sessions = shown[(shown["quantity"] == "share") & ~shown["suppressed"]]
    for theme in THEMES:
        parts = own[(own["subject"] == theme) & (own["unit"] != "all_regions")].set_index("unit")["value"]
        hidden = {b.study for b in bundles} - set(parts.index)
        assert set(sessions.loc[sessions["subject"] == theme, "unit"]) == {f"{u}.spring" for u in parts.index}
        total = own.loc[(own["subject"] == theme) & (own["unit"] == "all_regions"), "value"]
        if len(total):
            assert float(total.iloc[0]) * len(parts) - parts.sum() == pytest.approx(0, abs=1e-12), hidden


def changed(of, **lists):
    return replace(of, practice=replace(of.practice, **lists))


REFUSED = {
    "other words": (changed(SOUTH, themes=(Theme("time", same("hours"), "i1"),)), "`time` of themes with other words"),
    "another national item": (
        changed(SOUTH, themes=(Theme("time", same("time"), ""),)), "`time` of themes with another national item",
    ),
    "a region with other words": (
        changed(SOUTH, regions=(Region("north", same("the North")),)), "`north` of regions with other words",
    ),
    "another status": (
        replace(SOUTH, agenda=(item("north", "time", "stopped"),)), "the agenda item north.a with another status",
    ),
    "one study twice": (NORTH, "two bundles of the study north"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_bundles_that_do_not_fit_are_refused(what):
    other, said = REFUSED[what]
    with pytest.raises(PracticeError, match=said):
        join_bundles([NORTH, other])


def test_one_bundle_is_nothing_to_join():
    with pytest.raises(PracticeError, match="1 bundle"):
        join_bundles([NORTH])


def test_themes_never_join_by_their_words():
    other = changed(SOUTH, themes=(Theme("hours", same("time"), "i1"), Theme("voice", same("voice"), "i1")))
    rows = tuple(replace(q, subject="hours") if q.subject == "time" else q for q in SOUTH.quantities)
    found = totals(join_bundles([NORTH, replace(other, quantities=rows)]))
    assert ("all_regions", "time") not in found and ("south", "hours") in found

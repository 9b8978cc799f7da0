"""Numbers about sessions through the gate, to publication, and under attack: the table of quantities alone."""

from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import pytest

from dww_analysis.domain.practice import Practice, Quantity, Role, Session, Theme
from dww_analysis.domain.study import Source
from dww_analysis.domain.tables import register
from dww_analysis.practice import as_table, practice_quantities, read_source
from dww_analysis.privacy.audit import attack
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, state_of
from dww_analysis.storage.declared import typed

NAN, MINIMUM = float("nan"), 8


def quantity(id, value=1 / 3, basis="private", n=20.0, **more):
    return Quantity(
        id, "session", "s", "time", "all", "share", value, NAN, NAN, 0.95, "Wilson", n, basis=basis, **more
    )


def gated(*rows):
    return let_out({"quantities": pd.DataFrame([asdict(r) for r in rows])}, MINIMUM)["quantities"].set_index(
        "id"
    )


def test_rows_that_come_hidden_stay_hidden_and_few_in_confidence_are_hidden():
    shown = gated(
        quantity("hidden", NAN, n=NAN, suppressed=True),
        quantity("few", n=7.0),
        quantity("uncounted", n=NAN),
        quantity("enough"),
        quantity("open", basis="open", n=3.0),
        quantity("open uncounted", basis="open", n=NAN),
    )
    assert shown["suppressed"].to_dict() == {
        "hidden": True, "few": True, "uncounted": True, "enough": False, "open": False, "open uncounted": False,
    }  # fmt: skip
    assert shown.loc[["hidden", "few", "uncounted"], ["value", "n"]].isna().all(axis=None)
    assert "suppressed_columns" not in shown
    typed(shown.reset_index(), register()["quantities"].safe(), "quantities.csv")


def test_what_all_saw_is_published_as_it_is_and_what_was_private_with_four_digits():
    table = gated(quantity("private"), quantity("open", basis="open")).reset_index()
    published = as_published({"quantities": table}, {}, MINIMUM)[0]["quantities"].set_index("id")
    assert published["value"].to_dict() == {"private": 0.3333, "open": 1 / 3}
    assert attack({"quantities": published.reset_index()}, MINIMUM) == []


def test_an_interval_that_gives_back_the_spread_of_ratings_is_found_and_not_published_again():
    """Nine ratings of which the sum of squares follows, as an earlier version let them out."""
    told = replace(
        quantity("ask.rating_mean", 6.556, n=9.0), quantity="rating_mean", conf_low=5.395, conf_high=7.716
    )
    frame = pd.DataFrame([asdict(told)])
    assert [f.rows for f in attack({"quantities": frame}, MINIMUM)] == [1]
    assert gated(told)["conf_low"].isna().all() and gated(told)["value"].notna().all()
    earlier = state_of({"quantities": frame})
    one_more = gated(replace(told, value=6.6, n=10.0, conf_low=NAN, conf_high=NAN)).reset_index()
    kept = as_published({"quantities": one_more}, earlier, MINIMUM)[0]["quantities"]
    assert kept["n"].tolist() == [9.0] and kept["conf_low"].isna().all()
    in_steps = replace(told, conf_low=5.056, conf_high=8.056)
    assert attack({"quantities": pd.DataFrame([asdict(in_steps)])}, MINIMUM) == []
    openly = replace(told, basis="open")
    assert attack({"quantities": pd.DataFrame([asdict(openly)])}, MINIMUM) == []


def test_one_more_ballot_changes_open_numbers_and_keeps_private_ones():
    before = gated(quantity("private"), quantity("open", basis="open")).reset_index()
    earlier = state_of(as_published({"quantities": before}, {}, MINIMUM)[0])
    after = gated(quantity("private", 0.5, n=21.0), quantity("open", 0.5, basis="open", n=21.0)).reset_index()
    published = as_published({"quantities": after}, earlier, MINIMUM)[0]["quantities"].set_index("id")
    assert published["value"].to_dict() == {"private": 0.3333, "open": 0.5}


def test_the_attacker_finds_few_in_confidence_that_were_let_through():
    table = pd.DataFrame([asdict(quantity("few", 0.5, n=5.0))])
    assert [f.what for f in attack({"quantities": table}, MINIMUM)] == ["counts of 1 to 7 persons in n"]


LABEL = {"nl": "x", "en": "x"}
ROLES, THEMES = ("parents", "staff", "boards"), tuple("abcdef")
PRACTICE = Practice(
    roles=tuple(Role(r, LABEL) for r in ROLES),
    themes=tuple(Theme(t, LABEL) for t in THEMES),
    sessions=tuple(Session(f"s{i}", LABEL, "2026-01-01", LABEL) for i in range(40)),
)


def private_ballots(random):
    """Sessions of every size, from nobody's friends to a full room."""
    rows = []
    for session in PRACTICE.ids("sessions"):
        liked = random.random(len(THEMES)) ** 2
        for role in ROLES:
            for ballot in range(int(random.integers(0, 30))):
                chosen = random.random(len(THEMES)) < liked
                rows += [
                    (session, f"{role}{ballot}", role, t, int(c)) for t, c in zip(THEMES, chosen, strict=True)
                ]
    return pd.DataFrame(rows, columns=["session", "ballot", "role", "theme", "chosen"])


@pytest.mark.parametrize("seed", range(3))
def test_no_count_of_few_people_follows_from_private_sessions(seed):
    """Shares times ballots, totals minus roles, and roles that stand beside totals: as the published file has them."""
    data = private_ballots(np.random.default_rng(seed))
    source = Source("b", "b.csv", None, "ballots", "auto", "main", None, {c: c for c in data.columns})
    found = practice_quantities([(source, read_source(data, source, PRACTICE))], PRACTICE, MINIMUM, "study")
    shown = let_out({"quantities": as_table(found)}, MINIMUM)["quantities"]
    published = as_published({"quantities": shown}, {}, MINIMUM)[0]["quantities"]
    assert attack({"quantities": published}, MINIMUM) == []
    shares = published[(published["quantity"] == "share") & ~published["suppressed"]]
    assert len(shares) > 20
    count = (shares["value"] * shares["n"]).round()
    for few in (count, shares["n"] - count):
        assert not ((few > 0) & (few < MINIMUM)).any()
    kinds = shares.assign(total=shares["role"] == "all").groupby("unit")["total"].nunique()
    assert (kinds == 1).all(), "totals and roles of one session are never both shown"
    totals = shares[shares["role"] == "all"]
    hidden = published[(published["quantity"] == "share") & published["suppressed"]].groupby("unit").size()
    assert not (hidden.reindex(totals["unit"].unique()).dropna() == 1).any(), "what is hidden has company"

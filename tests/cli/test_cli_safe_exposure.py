"""Tables about workplace learning: nothing below the minimum is shown, nor what would give it away."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.exposure.learning_tables import exposure_tables
from dww_analysis.stages.safe_exposure import safe_exposure, tables_of

MINIMUM = 8


def events(users):
    """Features of an app log: (arm, number of persons, number of users) at wave 1."""
    rows = []
    for arm, persons, used in users:
        for n in range(persons):
            rows.append(
                {"person": f"{arm}{n}", "arm": arm, "events": 5 * (n < used), "active_weeks": int(n < used)}
            )
    table = pd.DataFrame(rows).assign(sample="main", wave=1)
    names = ["sessions", "feedback_events", "reflection_events", "duration_minutes"]
    kinds = ["profile_viewed", "reflection_written", "feedback_requested", "feedback_received", "goal_set"]
    names += [f"n_{kind}" for kind in (*kinds, "video_reviewed", "other")]
    return table.assign(**dict.fromkeys(names, 1.0))


def staff(counts):
    """Features of personnel records: (wave, arm, stayed, left to a known place, left to an unknown place)."""
    rows, person = [], 0
    for wave, arm, stayed, known, unknown in counts:
        for where, n in (("", stayed), ("other_care", known), ("unknown", unknown)):
            for _ in range(n):
                person += 1
                rows.append((f"p{person}", wave, arm, 6, where != "", where == "", False, where))
    columns = ["person", "wave", "arm", "person_months", "left", "stayed", "moved", "destination"]
    return pd.DataFrame(rows, columns=columns).assign(sample="main")


def flow(kind="events"):
    return pd.DataFrame(
        {
            "source": "s",
            "sample": "main",
            "kind": kind,
            "step": ["read", "dropped", "kept"],
            "reason": "",
            "rows": 9,
        }
    )


def safe(features, flows=()):
    return safe_exposure(exposure_tables(features, flows or [flow()]), MINIMUM)


def test_few_users_are_hidden_with_the_sums_they_follow_from():
    tables = safe({"events": [events([("control", 40, 3), ("support", 40, 30)])]})
    use = tables["app_use"].set_index("arm")
    assert use["suppressed"].tolist() == [True, False]
    assert use.loc["control"].drop(["sample", "wave", "n_persons", "suppressed"]).isna().all()
    assert use.loc["support", ["n_users", "share_users", "events_mean"]].tolist() == [30, 0.75, 5]
    sums = tables["exposure_flow"].set_index("step")["rows"]
    assert sums[["read", "kept"]].isna().all() and sums["dropped"] == 9
    assert set(tables) == set(tables_of(["events"])) == {"app_use", "exposure_flow"}


def test_nobody_is_a_number_that_may_be_shown():
    use = safe({"events": [events([("control", 40, 0), ("support", 40, 30)])]})["app_use"].set_index("arm")
    assert use.loc["control", "n_users"] == 0 and not use["suppressed"].any()


def test_few_leavers_hide_who_stayed_too():
    table = safe({"hr": [staff([(1, "support", 50, 3, 0), (1, "control", 50, 10, 0)])]})["hr_flow"]
    wave = table[(table["wave"] == 1) & (table["what"] == "outcome")].set_index(["arm", "code"])["count"]
    assert wave["support"].isna().all()  # persons at risk minus who stayed would be who left
    assert wave["control"].to_dict() == {"left": 10, "stayed": 50}


def test_a_hidden_wave_does_not_follow_from_the_whole_period():
    table = safe({"hr": [staff([(1, "a", 50, 20, 0), (2, "a", 50, 5, 0)])]})["hr_flow"]
    left = table[(table["code"] == "left")].set_index("wave")["count"]
    assert np.isnan(left[2]) and np.isnan(left[1])  # 25 in all minus 20 is 5
    assert left.loc[left.index.isna()].tolist() == [25]


def test_one_hidden_destination_takes_another_with_it():
    table = safe({"hr": [staff([(1, "a", 50, 20, 4)])]})["hr_flow"]
    places = table[table["what"] == "destination"].set_index("code")["count"]
    assert places[["other_care", "unknown"]].isna().all()  # who left in all is shown


def test_small_arms_and_rare_sources_of_learning():
    rows = []
    for arm, n in (("control", 5), ("support", 20)):
        for i in range(n):
            rows.append(
                {
                    "person": f"{arm}{i}",
                    "arm": arm,
                    "moments": 4,
                    "source_colleagues": 3,
                    "source_clients": 1,
                    "source_models": int(i < 2),
                }
            )
    beeps = {
        "beeps_scheduled": 15,
        "beeps_sent": 15,
        "beeps_answered": 10,
        "beeps_expired": 5,
        "compliance": 2 / 3,
    }
    table = pd.DataFrame(rows).assign(sample="main", wave=0, latency_minutes=3.0, diary_days=5, **beeps)
    tables = safe({"diary": [table]}, [flow("diary")])
    compliance = tables["diary_compliance"].set_index("arm")
    assert compliance.loc["control", "compliance_mean":"diary_days_mean"].isna().all()
    assert compliance.loc["support", "compliance_mean"] == pytest.approx(2 / 3)
    learning = tables["diary_learning"].set_index(["arm", "learning", "code"])
    assert learning.loc["control", "suppressed"].all()
    assert np.isnan(learning.loc[("support", "source", "models"), "moments"])
    assert learning.loc[("support", "all", ""), "per_ten_beeps"] == pytest.approx(4)
    # with one source per moment, the rare source is all minus the others: one of them is hidden with it
    assert learning.loc["support"].loc["source", "share"].notna().sum() == 1
    assert learning.loc[("support", "source", "clients"), "share"] == pytest.approx(0.25)


def test_a_study_without_arms_has_one_group_and_unplaced_persons_are_counted():
    table = events([("x", 20, 15)])
    use = safe({"events": [table.drop(columns="arm")]})["app_use"]
    assert use[["arm", "n_users"]].values.tolist() == [["", 15]]
    tables = safe({"events": [table.assign(arm=[None] * 4 + ["x"] * 16)]})
    assert tables["app_use"]["n_users"].tolist() == [11]
    lost = tables["exposure_flow"].set_index("reason").loc["without a known arm", "rows"]
    assert lost == 4
    assert tables_of([]) == []


def test_few_observed_persons_are_hidden():
    rows = [(f"{arm}{n}", arm, 2, 0.5) for arm, count in (("a", 7), ("b", 8)) for n in range(count)]
    table = pd.DataFrame(rows, columns=["person", "arm", "observations", "met"]).assign(sample="main", wave=0)
    tables = safe({"observations": [table]}, [flow("observations")])
    observed = tables["observations"].set_index("arm")
    assert observed["suppressed"].to_dict() == {"a": True, "b": False}
    assert np.isnan(observed.loc["a", "met_mean"]) and observed.loc["b", "observations"] == 16
    assert tables["exposure_flow"].set_index("step")["rows"][["read", "kept"]].isna().all()

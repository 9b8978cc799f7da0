"""Small invented tables about checks: invariance, other analyses, quality of data, learning at work, stability."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.analyses import WITHOUT_CARELESS, permutation_of

NAN = float("nan")
HEAD = {"members": "", "released": "learning_02~1", "n_teams": 24, "estimator": "MLR", "missing": "fiml",
        "cutoffs": "Chen 2007", "model": "", "why": "", "stopped": "", "notes": "", "suppressed": False}  # fmt: skip


def verdict(scale, over, wave, said, comparable, sample="main", n=200) -> dict:
    row = {"sample": sample, "scale": scale, "over": over, "wave": wave, "verdict": said, "n_persons": n}
    row |= {"n_obs": n if over == "arms" else 2 * n}
    row |= {"means_comparable": comparable, "why": "few items" if said == "not tested" else ""}
    return HEAD | row


def invariance() -> pd.DataFrame:
    """Learning fine everywhere; engagement not over the arms at wave 2; burnout never tested; safety over waves not."""
    rows = []
    for scale, waves, arm1, arm2 in (
        ("learning", "strict", "strict", "partial scalar"),
        ("engagement", "scalar", "scalar", "metric"),
        ("burnout", "not tested", "not tested", "not tested"),
        ("safety", "metric", "scalar", "scalar"),
    ):
        for over, wave, said in (("waves", NAN, waves), ("arms", 1, arm1), ("arms", 2, arm2)):
            comparable = NAN if said == "not tested" else said not in ("metric", "configural", "none")
            rows.append(verdict(scale, over, wave, said, comparable))
    return pd.DataFrame(rows)


def steps() -> pd.DataFrame:
    """Steps between the arms at wave 2: engagement rejected at scalar; learning partly scalar."""
    rows = []

    def add(scale, level, accepted, delta=NAN, released=""):
        rows.append({"sample": "main", "scale": scale, "over": "arms", "wave": 2, "step": len(rows), "level": level,
                     "released": released, "chi_square": 50.0, "df": 48, "p_value": 0.4, "cfi": 0.981, "tli": 0.98,
                     "rmsea": 0.03, "srmr": 0.04, "delta_chi_square": 3.0, "delta_df": 6, "delta_p": 0.5,
                     "delta_cfi": delta, "delta_rmsea": delta, "delta_srmr": delta, "accepted": accepted,
                     "reason": ""})  # fmt: skip

    add("engagement", "configural", True)
    add("engagement", "metric", True, 0.001)
    add("engagement", "scalar", False, -0.0213)
    add("learning", "configural", True)
    add("learning", "metric", True, -0.002)
    add("learning", "scalar", False, -0.012)
    add("learning", "partial scalar", True, -0.003, "learning_02~1")
    return pd.DataFrame(rows)


def structure() -> pd.DataFrame:
    row = {"sample": "main", "scale": "learning", "wave": 0, "n_persons": 217, "chi_square": 60.03, "df": 48,
           "p_value": 0.114, "cfi": 0.988, "tli": 0.984, "rmsea": 0.034, "rmsea_low": 0.0, "rmsea_high": 0.06,
           "srmr": 0.032, "estimator": "MLR", "notes": "", "suppressed": False}  # fmt: skip
    return pd.DataFrame([row | {"model": m} for m in ("one factor", "second order")])


def sensitivity() -> pd.DataFrame:
    rows = []

    def add(entry, analysis, value, low, high, note="", n=280, hidden=False, **more):
        rows.append({"entry": entry, "outcome": entry, "analysis": analysis, "estimate": value, "std_error": 0.1,
                     "df": 20.0, "df_method": "kenward-roger", "p_value": 0.02, "conf_low": low, "conf_high": high,
                     "conf_level": 0.95, "unit": "scale points", "n_obs": 600, "n_persons": n,
                     "n_smallest": n // 2, "rows_left_out": 3, "n_apart": 0,
                     "note": note, "suppressed": hidden, "converged": True, "boundary": "",
                     "remark": "failed" if note else "", "n_allocations": NAN, "exact": NAN, "smallest_p": NAN,
                     **more})  # fmt: skip

    add("learning", WITHOUT_CARELESS, 0.29, 0.05, 0.53)
    add("learning", "baseline members only", 0.24, -0.02, 0.50)
    add(
        "learning",
        permutation_of("team"),
        0.35,
        NAN,
        NAN,
        n_allocations=46656,
        exact=True,
        smallest_p=4.3e-05,
    )
    add("engagement", WITHOUT_CARELESS, 0.02, -0.24, 0.28)
    add("burnout", "baseline members only", NAN, NAN, NAN, "the model cannot be estimated: singular")
    add("safety", WITHOUT_CARELESS, NAN, NAN, NAN, n=5, hidden=True)
    return pd.DataFrame(rows)


def missing_by_scale(minimum_hidden=False) -> pd.DataFrame:
    rows = [
        {"sample": "main", "wave": w, "scale": s, "reason": r, "absent": a, "asked": 1000, "n": 250, "share": a / 1000,
         "suppressed": False}
        for w in (0, 1) for s, r, a in (("learning", "skipped", 21), ("learning", "not applicable", 40 * w + 1),
                                        ("engagement", "skipped", 13))
    ]  # fmt: skip
    if minimum_hidden:
        rows[0] |= {"share": NAN, "suppressed": True}
    return pd.DataFrame(rows)


def missing_by_item() -> pd.DataFrame:
    return pd.DataFrame([
        {"sample": "main", "wave": w, "item": i, "scale": "learning", "n": 250, "absent": 5, "share": 0.02,
         "suppressed": False}
        for w, i in ((0, "learning_01"), (0, "learning_02"), (1, "learning_01"))
    ])  # fmt: skip


def missing_by_team() -> pd.DataFrame:
    return pd.DataFrame([{"sample": "main", "wave": 0, "n_teams": 24, "n_small_teams": 5, "share_q25": 0.0278,
                          "share_median": 0.0357, "share_q75": 0.0679}])  # fmt: skip


def careless() -> pd.DataFrame:
    return pd.DataFrame([{"sample": "main", "wave": 0, "flag_longstring": "<8", "flag_speed": 0, "careless": 13,
                          "n": 250}])  # fmt: skip


def drift() -> pd.DataFrame:
    return pd.DataFrame([
        {"sample": "main", "wave": 1, "scale": "learning", "item": f"learning_0{k}", "n": 240, "n_before": 260,
         "n_after": 240, "change_sd": v, "scale_change_sd": 0.05, "question": v > 0.3, "suppressed": False}
        for k, v in ((1, 0.61), (2, 0.04), (3, 0.06))
    ])  # fmt: skip


def linkage() -> dict[str, pd.DataFrame]:
    rows = [
        {"sample": "main", "wave": 1, "team": team, "outcome": o, "count": c, "share": s, "suppressed": hidden}
        for team, o, c, s, hidden in (
            (NAN, "exact", 178, 0.66, False), (NAN, "one error", 28, 0.10, False), (NAN, "unlinked", 38, 0.14, False),
            ("t01", "exact", NAN, NAN, True), ("t01", "unlinked", NAN, NAN, True), ("t02", "exact", 12, 0.9, False),
        )
    ]  # fmt: skip
    placebo = {"sample": "main", "wave": 1, "links": 206, "placebo_links": 10, "comparisons": 64800,
               "expected_false": 0.52, "false_match_rate": 0.0025, "rule": "fuzzy", "suppressed": False}  # fmt: skip
    compare = {"sample": "main", "wave": 0, "kind": "score", "variable": "learning", "category": NAN, "label": "x",
               "n_linked": 206, "mean_linked": 3.25, "sd_linked": 0.6, "n_unlinked": 38, "mean_unlinked": 3.28,
               "sd_unlinked": 0.6, "difference": -0.05, "count_linked": NAN, "count_unlinked": NAN,
               "suppressed": False}  # fmt: skip
    background = compare | {"kind": "background", "variable": "age", "category": 2.0, "mean_linked": 0.41}
    return {
        "linkage": pd.DataFrame(rows),
        "linkage_placebo": pd.DataFrame([placebo]),
        "linkage_compare": pd.DataFrame([compare, background]),
    }


def stability() -> pd.DataFrame:
    row = {"sample": "main", "scale": "learning", "wave_1": 0, "wave_2": 1, "n_persons": 127, "r": 0.449,
           "r_low": 0.299, "r_high": 0.578, "icc": 0.45, "sem": 0.53, "smallest_detectable_change": 1.473, "note": "",
           "suppressed": False}  # fmt: skip
    hidden = dict.fromkeys(("r", "r_low", "r_high", "icc", "sem", "smallest_detectable_change"), NAN)
    return pd.DataFrame([row, row | {"wave_2": 2, "n_persons": 5, "suppressed": True} | hidden])


def exposure(arms=("control", "intervention")) -> dict[str, pd.DataFrame]:
    diary, learning, app, hr = [], [], [], []
    for i, arm in enumerate(arms):
        group = {"sample": "main", "wave": 1, "arm": arm}
        diary.append(group | {"n_persons": 40, "beeps_scheduled": 600, "beeps_sent": 566, "beeps_answered": 410,
                              "beeps_expired": 156, "compliance_mean": 0.7, "compliance_sd": 0.2,
                              "compliance_q25": 0.6, "compliance_median": 0.72 - 0.05 * i, "compliance_q75": 0.85,
                              "share_below_half": 0.1, "latency_minutes_median": 7.8, "diary_days_mean": 4.7,
                              "suppressed": False})  # fmt: skip
        for kind, code, per in (("all", NAN, 4.7), ("direction", "direct", 4.0), ("source", "colleagues", 2.3),
                                ("source", "own_code", 0.3), ("process", "feedback", 1.1)):  # fmt: skip
            learning.append(group | {"learning": kind, "code": code, "n_persons": 40, "n_with": 30, "moments": 100,
                                     "share": 0.84, "per_ten_beeps": per + i, "suppressed": False})  # fmt: skip
        off = i == 0 and len(arms) > 1
        numbers = dict.fromkeys(("n_users", "share_users", "active_weeks_mean", "sessions_mean", "events_mean",
                                 "feedback_events_mean", "reflection_events_mean"), NAN)  # fmt: skip
        if not off:
            numbers |= {"n_users": 72, "share_users": 0.61, "active_weeks_mean": 2.8, "events_mean": 6.5}
        app.append(group | {"n_persons": 118} | numbers | {"suppressed": off})
        for code, n in (("left", 40), ("other_care", NAN)):
            hr.append(group | {"wave": NAN, "what": "outcome", "code": code, "n_persons": 171, "person_months": 1615,
                               "count": n, "share": n / 171, "per_100_person_months": 100 * n / 1615,
                               "suppressed": n != n})  # fmt: skip
    flow = {"source": "app", "sample": "main", "kind": "events", "step": "dropped", "reason": "delivered twice",
            "rows": 20, "suppressed": False}  # fmt: skip
    return {
        "diary_compliance": pd.DataFrame(diary), "diary_learning": pd.DataFrame(learning), "app_use": pd.DataFrame(app),
        "hr_flow": pd.DataFrame(hr), "exposure_flow": pd.DataFrame([flow]),
    }  # fmt: skip


def tables() -> dict[str, pd.DataFrame]:
    """All of them, for the invented trial."""
    return {
        "invariance": invariance(), "invariance_steps": steps(), "factor_structure": structure(),
        "sensitivity": sensitivity(), "missing_by_scale": missing_by_scale(), "missing_by_item": missing_by_item(),
        "missing_by_team": missing_by_team(), "careless": careless(), "drift": drift(), "stability": stability(),
        **linkage(), **exposure(),
    }  # fmt: skip

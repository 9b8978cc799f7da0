"""An invented configuration that uses every key of the five files, as plain values."""

STUDY = {
    "study": "whole",
    "title": {"nl": "Proef", "en": "Trial"},
    "data": "invented",
    "delivered": "2025-06-01",
    "design": "parallel_cluster",
    "waves": [
        {"number": 0, "label": {"nl": "voor", "en": "before"}, "date": "2024-01-15"},
        {"number": 1, "label": "after", "date": "2024-06-15"},
    ],
    "arms": [{"id": "control", "label": "control"}, {"id": "learning", "label": "learning"}],
    "allocation": {"unit": "team", "source": "list", "randomised": True, "strata": "organisation"},
    "samples": {"main": {"nl": "iedereen", "en": "everybody"}, "other": "others"},
    "levels": {"organisation": "organisation", "team": "team", "person": "professional"},
    "background": [
        {"name": "age_band", "label": "age", "kind": "category", "categories": {"1": "young", "2": "old"}},
        {"name": "hours", "label": "hours", "kind": "number", "unit": "hours", "valid_range": [0, 60]},
    ],
    "disclosure": {"min_cell_size": 8},
    "linking": {
        "plausible": {"seen_again": 0.1, "changed_team": 0.4, "changed_fact": 0.1, "other_spelling": 0.2},
        "facts": ["age_band"],
        "rule": "fuzzy",
        "elements": [2, 1, 2],
        "margin": 2,
        "came_from": {"T7": ["T3", "T4"]},
    },
    "seed": 1,
    "contact": "somebody",
    "citation": "A citation",
}
ANSWERS = {
    "sha256": "0" * 64,
    "kind": "answers",
    "format": "csv",
    "sample": "main",
    "persons": "code",
    "duplicates": "stop",
    "out_of_range": "stop",
    "options": {
        "encoding": "utf-8", "delimiter": ";", "decimal": ",", "dates": False, "absent": ["NA"],
        "duplicate_names": "number", "structure": "s.lss", "catalog": "c.sas7bcat", "member": "m.csv",
        "sheet": "Blad1", "header_line": 2, "header_rows": 2,
    },
    "drop_rows": [{"column": "status", "values": ["test"], "reason": "test row", "may_be_absent": True}],
    "complete": {"column": "done", "value": "1", "may_be_absent": True},
    "missing_codes": {"99": "skipped", "98": {"reason": "not applicable", "may_be_absent": True}},
    "team_aliases": {"Team Noord": "T1", "Zuid": {"team": "T2", "may_be_absent": True}},
    "recode": {
        "i_{01-03}": {"1": "5", "5": "1"},
        "age_band": {"codes": {"oud": "2"}, "may_be_absent": True},
        "mood_{1-2}": "agree",
        "hours": {"set": "hours_set", "may_be_absent": True},
    },
    "conflicts": {"i_{01-02}": "same", "mood_1": {"rule": "keep_apart", "may_be_absent": True}},
    "identifiers": ["Naam", {"column": "Tel", "may_be_absent": True}],
}
COLUMNS = {
    "person": "code", "team": "team", "age_band": "age", "hours": "hours",
    "i_{01-03}": "Q{1-3}", "mood_{1-2}": "M{1-2}", "exam": "E",
}
SOURCES = {
    "recode_sets": {"agree": {"eens": 2, "oneens": 1}, "hours_set": {"vol": "36"}},
    "sources": [
        {"id": "w0", "file": "w0.csv", "wave": 0, "columns": COLUMNS, **ANSWERS},
        {"id": "w1", "file": "w1.csv", "wave": 1, "columns": COLUMNS, "persons": "code"},
        {"id": "list", "file": "l.csv", "kind": "allocation", "columns": {"team": "t", "arm": "a"}},
        {
            "id": "diary", "file": "d.csv", "kind": "diary", "sample": "other",
            "columns": {"person": "p", "sent": "s", "energy": "e"},
            "diary": {
                "expires_after_minutes": 60, "expected_beeps": 5, "day_starts_hour": 4, "separator": ";",
                "impossible_times": "stop", "epoch": "utc", "ranges": {"energy": [0, 10]},
                "sources": {"books": {"label": "books", "direct": False}},
                "processes": {"reading": {"nl": "lezen", "en": "reading"}},
            },
        },
        {
            "id": "app", "file": "a.jsonl", "kind": "events", "sample": "other", "columns": {},
            "events": {
                "session_gap_minutes": 30, "kinds": {"verb": "goal_set"}, "home_pages": ["https://x"],
                "broken_lines": "stop", "wrong_clock": "stop",
            },
        },
        {
            "id": "hr", "file": "h.csv", "kind": "hr", "sample": "other",
            "columns": {"person": "p", "start": "s", "end": "e"},
            "hr": {
                "impossible_dates": "stop", "overlapping": "stop", "blank_destination": "stop",
                "gap_days": 31, "observed_from": "2024-01-01", "observed_to": "2025-01-01",
            },
        },
        {
            "id": "seen", "file": "o.csv", "kind": "observations", "sample": "other",
            "columns": {"person": "p", "date": "d", "item": "i"},
            "observations": {"words": {"ja": 1, "nee": 0}, "no_occasion": ["nvt"], "min_observed": 0.5},
        },
    ],
}
SCALES = {
    "measurement": {"cutoffs": "chen2007", "estimator": "MLR", "missing": "fiml"},
    "own_keys": [
        {
            
                "id": "own",
                "version": "1",
                "name": {"en": "own"},
                "reference": "none",
                "items": ["a", "b", "c"]
            ,
            "range": [1, 5], "reversed": ["c"], "total": True, "method": "mean", "min_answered": 0.6,
            "subscales": {
                "one": {"name": "one", "items": ["a", "b"]},
                "two": {"name": "two", "items": ["b", "c"]},
            },
            "transform": {"multiply": "20/9", "differences": {"gap": {"of": ["one", "two"], "name": "gap"}}},
            "score_range": [0, 20], "direction": "higher is better", "text_licence": "none",
            "text_included": False, "verified": True, "checked": "by hand", "notes": "no notes",
            "bands": [{"name": "low", "from": 0, "to": 10}, {"name": "high", "from": 10, "to": 20}],
        }
    ],
    "scales": [
        {
            "id": "learning", "label": "learning", "key": "own", "items": ["i_{01-03}"],
            "samples": ["main"], "team_property": True, "unit": "points",
        },
        {
            "id": "exam", "label": "exam", "delivered": "exam", "range": [0, 100],
            "direction": "higher is better",
        },
    ],
}
PLAN = {
    "conf_level": 0.95,
    "organisations_fixed_below": 10,
    "primary": "primary",
    "families": {"primary": {"adjust": "holm", "label": "primary"}},
    "entries": [
        {
            "id": "effect", "outcome": "learning", "sample": "main", "family": "primary", "wave": 1,
            "question": "Does it?", "why": "theory", "status": "planned", "team_by_wave": True,
            "sesoi": 0.2, "unit": "points", "standardise": True, "deviation": "",
        },
        {
            "id": "change", "outcome": "exam", "family": "primary", "question": "Does it change?",
            "formula": "exam ~ wave_number + (1 | person)", "term": "wave_number",
        },
    ],
}
REPORTS = {"languages": ["nl", "en"], "subtitle": "a subtitle", "licence": "CC BY 4.0"}
WHOLE = {"study": STUDY, "sources": SOURCES, "scales": SCALES, "plan": PLAN, "reports": REPORTS}

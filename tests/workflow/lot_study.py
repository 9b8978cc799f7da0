"""An invented study of 16 teams in 4 organisations by lot: arms side by side, or starts at waves of their own.

One delivered scale and one question with yes or no, so that a study of any shape is a table of a few lines.
"""

import numpy as np
import pandas as pd
from study_files import both, write_study

STUDY = "lot"
TEAMS = [f"t{i:02d}" for i in range(1, 17)]
ORGANISATION = {team: f"o{i // 4 + 1}" for i, team in enumerate(TEAMS)}
ARMS = {team: ("control", "support")[i % 2] for i, team in enumerate(TEAMS)}
STARTS = {team: (1, 2, 3, "")[i % 4] for i, team in enumerate(TEAMS)}
QUESTION = both("Helpt het?", "Does it help?")


def people(waves=3, size=7, seed=1):
    """One row a person and wave: code, organisation, team, wave, mark (1 to 5), yes (0 or 1)."""
    rng, rows = np.random.default_rng(seed), []
    for team in TEAMS:
        level = rng.normal(3, 0.25)
        for n in range(size if np.isscalar(size) else size[team]):
            own = level + rng.normal(0, 0.5)
            for wave in range(waves):
                score = np.clip(own + 0.1 * wave + rng.normal(0, 0.4), 1, 5).round(2)
                rows.append((f"{team}p{n}", ORGANISATION[team], team, wave, score, int(rng.random() < 0.4)))
    return pd.DataFrame(rows, columns=["code", "organisation", "team", "wave", "mark", "yes"])


def make_trial(root, given=ARMS, table=None, edit=None, *, unit="team", waves=3):
    """Write the study below `root`. given: unit -> arm, or the wave of its start; edit: changes {name: values}."""
    table = people(waves) if table is None else table
    starts = not set(map(str, given.values())) & {"control", "support"}
    column = "start" if starts else "arm"
    listed = pd.DataFrame({unit: list(given), column: list(given.values())})
    if unit == "team":
        listed.insert(0, "organisation", listed["team"].map(ORGANISATION))
    delivered = {f"wave{w}.csv": table[table["wave"] == w].drop(columns="wave") for w in range(waves)}
    return write_study(root, STUDY, files(column, [*listed], waves), {**delivered, "list.csv": listed}, edit)


def files(column, listed, waves):
    answers = {name: name for name in ("organisation", "team", "mark", "yes")} | {"person": "code"}
    sources = [
        {"id": f"wave{w}", "file": f"wave{w}.csv", "kind": "answers", "wave": w, "columns": dict(answers)}
        for w in range(waves)
    ]
    sources += [{"id": "list", "file": "list.csv", "kind": "allocation", "columns": {c: c for c in listed}}]
    return {
        "study": {
            "study": STUDY,
            "title": both("Loting", "Lot"),
            "data": "invented",
            "delivered": "2026-01-01",
            "design": "stepped_wedge" if column == "start" else "parallel_cluster",
            "waves": [{"number": w, "label": both(f"meting {w}", f"wave {w}")} for w in range(waves)],
            "arms": [
                {"id": "control", "label": both("gewoon", "as usual")},
                {"id": "support", "label": both("steun", "support")},
            ],
            "allocation": {
                "unit": next(name for name in listed if name != "organisation" or len(listed) == 2),
                "source": "list",
                "randomised": True,
            },
        },
        "sources": {"sources": sources},
        "scales": {
            "scales": [
                scale("learning", "Leren", "mark", "continuous", [1, 5]),
                scale("helped", "Helpt", "yes", "yes_no", [0, 1]),
            ]
        },
        "plan": {
            "families": {"primary": {"adjust": "holm", "label": both("hoofd", "main")}},
            "entries": [entry("change", "learning"), entry("help", "helped")],
        },
        "reports": {"languages": ["nl", "en"]},
    }


def scale(id, label, column, measure, limits):
    return {
        "id": id,
        "label": both(label, label),
        "delivered": column,
        "range": limits,
        "direction": "higher is better",
        "measure": measure,
    }


def entry(id, outcome, **more):
    return {"id": id, "outcome": outcome, "family": "primary", "question": QUESTION, **more}

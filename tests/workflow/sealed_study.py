"""An invented trial of three waves whose plan was sealed before its answers came, and what was changed afterwards.

Two arms, 20 teams in four organisations, 160 persons. Who scored low and who is in the control arm answers again less
often. The seal has a scoring key in which no item is reversed; the third item turned out to be worded the other way.
"""

from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

STUDY = "sealed_trial"
TEAMS, PER_TEAM, WAVES, ORGANISATIONS = 20, 8, 3, 4
REASON = "The third item was worded the other way; found before the answers were looked at."


def write_answers(root: Path, seed: int = 3) -> None:
    """The delivered files: one a wave, and the list of teams."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"code": np.arange(TEAMS * PER_TEAM), "t": np.repeat(np.arange(TEAMS), PER_TEAM)})
    people["treated"] = people["t"] // ORGANISATIONS % 2
    own, of_team = rng.normal(0, 0.5, len(people)), rng.normal(0, 0.2, TEAMS)
    functions = np.array(["coach", "manager"])[rng.integers(0, 2, len(people))]
    raw = root / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    before = np.zeros(len(people))
    for wave in range(WAVES):
        level = 3 + own + of_team[people["t"]] + 0.25 * wave * people["treated"].to_numpy()
        learning = (level + rng.normal(0, 0.3, len(people))).clip(1, 5).round(2)
        items = [(level + rng.normal(0, 0.6, len(people))).clip(1, 5).round() for _ in range(3)]
        items[2] = 6 - items[2]
        columns = dict(zip(("Q1", "Q2", "Q3"), items, strict=True))
        table = pd.DataFrame({
            "Code": [f"P{c:03d}" for c in people["code"]], "Team": [f"T{t:02d}" for t in people["t"]],
            "Functie": functions, "Leren": learning, **columns,
        })  # fmt: skip
        logit = 0.9 + 0.6 * people["treated"].to_numpy() + 0.8 * (before - before.mean())
        there = (
            (rng.random(len(people)) < 1 / (1 + np.exp(-logit))) if wave else rng.random(len(people)) < 0.9
        )
        table[there].to_csv(raw / f"w{wave}.csv", index=False, sep=";")
        before = learning
    teams = pd.DataFrame({"Team": [f"T{t:02d}" for t in range(TEAMS)]})
    teams["Organisatie"] = [f"org_{t % ORGANISATIONS}" for t in range(TEAMS)]
    teams["Conditie"] = [("control", "learning")[t // ORGANISATIONS % 2] for t in range(TEAMS)]
    teams.to_csv(raw / "teams.csv", index=False, sep=";")


def write_config(root: Path, files: dict) -> None:
    """The configuration as YAML, beside a seal that may be there."""
    folder = root / "config" / STUDY
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def changed(files: dict) -> dict:
    """The configuration after sealing: an item reversed, other people counted, an entry gone."""
    files = deepcopy(files)
    files["scales"]["own_keys"][0]["reversed"] = ["q3"]
    files["plan"]["entries"][0]["estimand"] = {"population": "baseline_members"}
    files["plan"]["entries"] = files["plan"]["entries"][:2]
    del files["plan"]["families"]["secondary"]
    files["plan"]["deviations"] = [{"entry": "agency", "why": REASON, "when": "2026-02-01"}]
    return files


def entry(identity: str, outcome: str, family: str = "primary", **more) -> dict:
    text = {"question": "Does it grow?", "why": "It is why we do it."}
    return {"id": identity, "outcome": outcome, "family": family, **text, **more}


def config() -> dict[str, dict]:
    """The five files as they were sealed."""
    columns = {"person": "Code", "team": "Team", "function": "Functie", "learning": "Leren"}
    columns |= {f"agency_{i}": f"Q{i}" for i in (1, 2, 3)}
    functions = {"coach": "coach", "manager": "manager"}
    key = {
        "id": "agency_3",
        "version": "1",
        "name": "Agency",
        "reference": "Invented for this test.",
        "items": ["q1", "q2", "q3"],
        "range": [1, 5],
    }
    sources = [
        {"id": f"w{w}", "file": f"w{w}.csv", "wave": w, "columns": dict(columns)} for w in range(WAVES)
    ]
    listed = {"organisation": "Organisatie", "team": "Team", "arm": "Conditie"}
    return {
        "study": {
            "study": STUDY,
            "title": "Sealed trial",
            "data": "invented",
            "delivered": "2026-06-30",
            "design": "parallel_cluster",
            "waves": [{"number": w, "label": f"round {w + 1}"} for w in range(WAVES)],
            "arms": [{"id": "control", "label": "control"}, {"id": "learning", "label": "learning"}],
            "allocation": {"unit": "team", "source": "teams", "randomised": True, "strata": "organisation"},
            "background": [
                {"name": "function", "label": "function", "kind": "category", "categories": functions}
            ],
        },
        "sources": {
            "sources": [
                *sources,
                {"id": "teams", "file": "teams.csv", "kind": "allocation", "columns": listed},
            ]
        },
        "scales": {
            "own_keys": [key],
            "scales": [
                {"id": "learning", "label": "learning", "delivered": "learning", "range": [1, 5]},
                {
                    "id": "agency",
                    "label": "agency",
                    "key": "agency_3",
                    "items": ["agency_1", "agency_2", "agency_3"],
                },
            ],
        },
        "plan": {
            "primary": "primary",
            "families": {
                "primary": {"adjust": "holm", "label": "primary"},
                "secondary": {"adjust": "BH", "label": "secondary"},
            },
            "entries": [
                entry("learning", "learning", sesoi=0.2),
                entry("agency", "agency"),
                entry("early", "learning", "secondary", wave=1),
            ],
            "missing": {
                "participation": ["arm", "score_before", "function"],
                "imputation": {"m": 5, "burn_in": 60, "between": 10, "auxiliaries": ["agency"], "seed": 2},
                "delta": {"arms": ["control", "learning"], "unit": "sd", "from": -1, "to": 1, "step": 0.5},
            },
        },
        "reports": {"languages": ["nl", "en"]},
    }

"""An invented study of two waves whose persons made their own codes: who everybody really is, is known.

Two arms, four organisations, 24 teams. Of the persons who come back some mistype one character or forget several, a
few chose a code that a colleague has too, a few moved to another team; others left and newcomers joined.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

STUDY = "own_codes"
TEAMS, PER_TEAM, ORGANISATIONS = 24, 12, 4
LETTERS = np.array(list("ABCDEFGHJKLMNPRSTVW"))
BANDS = ["1960s", "1970s", "1980s", "1990s"]


def make_study(root: Path, seed: int = 5) -> dict[str, pd.DataFrame]:
    """Write config/ and data/raw/ below `root`; the truth per source: one row per delivered row with `who`, `fate`."""
    rng = np.random.default_rng(seed)
    first = _first_wave(rng)
    second = _second_wave(first, rng)
    raw = root / "data" / "raw" / STUDY
    raw.mkdir(parents=True)
    for name, table in {"start": first, "later": second}.items():
        _delivered(table, name).to_csv(raw / f"{name}.csv", index=False, sep=";")
    teams = pd.DataFrame({"Team": [f"T{t:02d}" for t in range(TEAMS)]})
    teams["Organisatie"] = [f"org_{t % ORGANISATIONS}" for t in range(TEAMS)]
    teams["Conditie"] = [("control", "learning")[(t // ORGANISATIONS) % 2] for t in range(TEAMS)]
    teams.to_csv(raw / "teams.csv", index=False, sep=";")
    folder = root / "config" / STUDY
    folder.mkdir(parents=True)
    for name, values in config().items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return {"start": first, "later": second}


def _codes(n: int, rng: np.random.Generator) -> list[str]:
    """Initials of mother and place, day of birth, own initial, letter of the street, number of brothers and sisters."""
    day, siblings = rng.integers(1, 29, n), rng.integers(0, 6, n)
    letters = rng.choice(LETTERS, (n, 4))
    return [f"{a}{b}{d:02d}{c}{e}{s}" for (a, b, c, e), d, s in zip(letters, day, siblings, strict=True)]


def _people(team: np.ndarray, start: int, rng: np.random.Generator) -> pd.DataFrame:
    n = len(team)
    table = pd.DataFrame({"who": np.arange(start, start + n), "team": team, "code": _codes(n, rng)})
    table["band"] = rng.choice(BANDS, n)
    table["self"] = rng.normal(0, 0.6, n)
    return table


def _scored(table: pd.DataFrame, wave: int, rng: np.random.Generator) -> pd.DataFrame:
    learning = ((table["team"] // ORGANISATIONS) % 2 == 1).to_numpy()
    mean = 3.2 + 0.1 * wave + 0.4 * wave * learning + 0.15 * np.sin(table["team"])
    score = (mean + table["self"] + rng.normal(0, 0.25, len(table))).clip(1, 5).round(2)
    return table.assign(score=score)


def _first_wave(rng: np.random.Generator) -> pd.DataFrame:
    table = _people(np.repeat(np.arange(TEAMS), PER_TEAM), 0, rng).assign(fate="first")
    for team in (3, 17):  # two colleagues with one code, in the first wave already
        rows = table.index[table["team"] == team][:2]
        table.loc[rows[1], "code"] = table.loc[rows[0], "code"]
        table.loc[rows, "fate"] = "duplicate at first"
    return _scored(table, 0, rng)


def _second_wave(first: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    stay = first[rng.random(len(first)) < 0.8].copy()
    stay["fate"] = np.where(stay["fate"] == "duplicate at first", "duplicate at first", "same")
    plain = stay.index[stay["fate"] == "same"].to_numpy()
    drawn = rng.permutation(plain)
    one, many, moved, copied = np.split(drawn, [28, 36, 46, 52])[:4]
    stay.loc[one, "code"] = [_typo(c, 1, rng) for c in stay.loc[one, "code"]]
    stay.loc[many, "code"] = [_typo(c, 3, rng) for c in stay.loc[many, "code"]]
    stay.loc[moved, "team"] = (stay.loc[moved, "team"] + ORGANISATIONS) % TEAMS
    for row in copied:  # takes the code of a colleague
        others = stay.index[(stay["team"] == stay.loc[row, "team"]) & (stay["fate"] == "same")].difference(
            [row]
        )
        other = others.difference(np.concatenate([one, many, moved, copied]))[0]
        stay.loc[row, "code"] = stay.loc[other, "code"]
        stay.loc[[row, other], "fate"] = "duplicate"
    for rows, fate in ((one, "one error"), (many, "three errors"), (moved, "moved")):
        stay.loc[rows, "fate"] = fate
    new = _people(rng.integers(0, TEAMS, 30), 10_000, rng).assign(fate="new")
    both = pd.concat([stay, new], ignore_index=True).sample(frac=1, random_state=1, ignore_index=True)
    return _scored(both, 1, rng)


def _typo(code: str, times: int, rng: np.random.Generator) -> str:
    """`code` with `times` other letters in it (never at the places of digits)."""
    places = rng.choice([0, 1, 4, 5], times, replace=False)
    letters = list(code)
    for place in places:
        letters[place] = str(rng.choice(LETTERS[letters[place] != LETTERS]))
    return "".join(letters)


def _delivered(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The file as a survey tool gives it: lower case in one wave, other codes for the band of birth in the other."""
    bands = {band: str(i + (1 if name == "start" else 11)) for i, band in enumerate(BANDS)}
    code = table["code"].str.lower() if name == "later" else table["code"]
    return pd.DataFrame(
        {
            "Eigen code": code,
            "Team": [f"T{t:02d}" if name == "start" else f"t{t:02d} " for t in table["team"]],
            "Geboren": table["band"].map(bands),
            "Bevlogenheid": table["score"],
        }
    )


def config() -> dict[str, dict]:
    """The five files of the study's configuration."""
    columns = {"person": "Eigen code", "team": "Team", "band": "Geboren", "engagement": "Bevlogenheid"}
    categories = {str(i + 1): band for i, band in enumerate(BANDS)}
    return {
        "study": {
            "study": STUDY,
            "title": "Own codes",
            "data": "invented",
            "delivered": "2026-06-30",
            "design": "parallel_cluster",
            "waves": [{"number": 0, "label": "start"}, {"number": 1, "label": "later"}],
            "arms": [{"id": "control", "label": "control"}, {"id": "learning", "label": "learning"}],
            "allocation": {"unit": "team", "source": "teams", "randomised": True, "strata": "organisation"},
            "background": [
                {"name": "band", "label": "decade of birth", "kind": "category", "categories": categories}
            ],
            "linking": {"facts": ["band"], "elements": [1, 1, 2, 1, 1, 1]},
        },
        "sources": {
            "sources": [
                {"id": "start", "file": "start.csv", "wave": 0, "persons": "code", "columns": columns},
                {
                    "id": "later",
                    "file": "later.csv",
                    "wave": 1,
                    "persons": "code",
                    "columns": dict(columns),
                    "recode": {"band": {str(i + 11): str(i + 1) for i in range(len(BANDS))}},
                },
                {
                    "id": "teams",
                    "file": "teams.csv",
                    "kind": "allocation",
                    "columns": {"organisation": "Organisatie", "team": "Team", "arm": "Conditie"},
                },
            ]
        },
        "scales": {
            "scales": [
                {"id": "engagement", "label": "engagement", "delivered": "engagement", "range": [1, 5]},
            ]
        },
        "plan": {
            "primary": "primary",
            "families": {"primary": {"adjust": "holm", "label": "primary"}},
            "entries": [
                {
                    "id": "engagement_effect",
                    "outcome": "engagement",
                    "family": "primary",
                    "question": "Does it grow?",
                    "why": "It is why we do it.",
                    "sesoi": 0.2,
                }
            ],
        },
        "reports": {"languages": ["nl", "en"]},
    }

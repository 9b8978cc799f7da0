"""The answers of the teaching pack, read from what the run of its study wrote; nothing is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis import storage
from dww_analysis.domain.study import Text
from dww_analysis.errors import ConfigError
from dww_analysis.language import Words
from dww_analysis.reports.documents.teaching import Found
from dww_analysis.sheets.run_chart import run_chart
from dww_analysis.stages import places
from dww_analysis.stages.project import Project

FIRST, OTHER = "learning_potential", "psychological_safety"
LOW_BELOW = (
    3.0,
    2.75,
    2.5,
    2.25,
    2.0,
)  # few opportunities: scores below the first that leaves a group too small
ALIKE = 3  # dots by which two themes differ, or as near to it as there is
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Answered:
    """`parts`: the answers in words; `plain`: the numbers in them; the team of the sheet; the table that leaks."""

    parts: tuple[Found, ...]
    plain: Mapping[str, Any]
    team: str
    leak: str


def answered(project: Project, truth: Mapping[str, Any], words: Words) -> Answered:
    """All six answers of a finished run, each as values and as blanks of its phrase. truth: what the study was
    invented from. ConfigError for a seed in which an assignment has no answer."""
    sheet = _sheet_row(project)
    leak, leaking = _leak(project, words)
    found = {
        "sheet": _plain_sheet(sheet),
        "count": _count(project, truth),
        "action": _run_of(project, truth),
        "priorities": _priorities(project, truth),
        "dots": _dots(project),
        "leak": leaking,
    }
    said = _Said(project, words)
    parts = tuple(Found(task, getattr(said, task)(values)) for task, values in found.items())
    return Answered(parts, found, str(sheet["unit"]), leak)


def _sheet_row(project: Project) -> Row:
    """The first team with a sheet of the last wave that says how it stands."""
    table = storage.load_table(places.UNIT_SHEETS.at(project.paths), places.UNIT_SHEETS.declared())
    own = table[(table["level"] == "team") & (table["scale"] == FIRST) & table["shown"]]
    last = own[own["wave"] == own["wave"].max()].sort_values(["verdict", "unit"])
    compared = last[last["verdict"] != "no_comparison"]
    return dict((compared if len(compared) else last).iloc[0])


def _plain_sheet(row: Row) -> dict[str, Any]:
    numbers = ("mean", "conf_low", "conf_high", "band_low", "band_high")
    return {
        "team": row["unit"],
        "n": int(row["n"]),
        "verdict": row["verdict"],
        **{n: float(row[n]) for n in numbers},
    }


def _table(project: Project, name: str) -> pd.DataFrame:
    place = places.safe_table(name)
    return storage.load_table(place.at(project.paths), place.declared())


def _count(project: Project, truth: Mapping[str, Any]) -> dict[str, Any]:
    rows = _table(project, "estimates").set_index("id")
    found: dict[str, Any] = {}
    for scale in (FIRST, OTHER):
        numbers = {n: float(rows.loc[scale, n]) for n in ("estimate", "conf_low", "conf_high")}
        true = float(truth["effects"][scale])
        found[scale] = {
            **numbers,
            "truth": true,
            "inside": numbers["conf_low"] <= true <= numbers["conf_high"],
        }
    return found


def _run_of(project: Project, truth: Mapping[str, Any]) -> dict[str, Any]:
    """Median and the longest run on one side of it, as a sheet counts them: weeks on the median belong to no side."""
    table = pd.read_csv(project.paths.raw / "looked_back.csv")
    chart = run_chart(table["talks"].tolist())
    weeks = table["week"][(table["talks"] != chart.median) & (table.index >= chart.run_start)]
    return {
        "median": chart.median, "run": chart.longest_run, "first": int(weeks.iloc[0]),
        "last": int(weeks.iloc[chart.longest_run - 1]), "truth": int(truth["changed_from_week"]),
    }  # fmt: skip


def _priorities(project: Project, truth: Mapping[str, Any]) -> dict[str, Any]:
    rows = _table(project, "quantities")
    tiers = rows[rows["quantity"] == "share_equal_weight"]
    return {
        "sure": sorted(tiers.loc[tiers["tier"] == "sure_top3", "subject"]),
        "maybe": sorted(tiers.loc[tiers["tier"] == "maybe_top3", "subject"]),
        "truth": truth["first_theme"],
    }


def _dots(project: Project) -> dict[str, Any]:
    """Two themes of one role that differ by three ballots, or as near to it as there is; the first by name."""
    rows = _table(project, "quantities")
    shares = rows[(rows["quantity"] == "share") & ~rows["suppressed"]].to_dict("records")
    pairs = [
        (a, b, round((a["value"] - b["value"]) * a["n"]))
        for a in shares
        for b in shares
        if a["role"] == b["role"] and a["value"] > b["value"]
    ]
    a, b, dots = min(pairs, key=lambda p: (abs(p[2] - ALIKE), p[0]["role"], p[0]["subject"], p[1]["subject"]))
    numbers = ("value", "conf_low", "conf_high")
    return {
        "role": a["role"], "dots": dots, "theme": a["subject"], "other": b["subject"],
        "first": {n: float(a[n]) for n in numbers}, "second": {n: float(b[n]) for n in numbers},
        "overlap": bool(b["conf_high"] >= a["conf_low"]),
    }  # fmt: skip


def _leak(project: Project, words: Words) -> tuple[str, dict[str, Any]]:
    """A table of how many see few opportunities, one number hidden and the total beside it."""
    place = places.SCORES
    scores = storage.load_table(place.at(project.paths, FIRST), place.declared())
    own = scores[(scores["sample"] == "main") & (scores["wave"] == 1) & (scores["scale"] == FIRST)]
    minimum = project.files.study.min_cell_size
    few = few_of(own, minimum)
    hidden = str(few[few > 0].idxmin())
    total = int(few.sum())
    lines = [f"{words('teach.leak.organisation')},{words('teach.leak.few')}"]
    lines += [f"{name},{'x' if name == hidden else n}" for name, n in few.items()]
    text = "\n".join([*lines, f"{words('teach.leak.total')},{total}", ""])
    found = {
        "organisation": hidden, "hidden": total - int(few.drop(hidden).sum()), "total": total,
        "minimum": minimum,
    }  # fmt: skip
    return text, found


def few_of(own: pd.DataFrame, minimum: int) -> pd.Series:
    """How many of each organisation see few opportunities, of one of them fewer than the minimum.

    own: columns organisation and score, a row for everybody. ConfigError where no limit of `LOW_BELOW` gives such an
    organisation.
    """
    named = sorted(own["organisation"].dropna().unique())
    for limit in LOW_BELOW:
        counts = own[own["score"] < limit].groupby("organisation", observed=True).size()
        few = counts.reindex(named, fill_value=0)
        if few.between(1, minimum - 1).any():
            return few
    raise ConfigError.of(
        found="no organisation has few people who see few opportunities", where="the twin study of this seed",
        expected=f"an organisation of which 1 to {minimum - 1} do", action="give another --seed",
    )  # fmt: skip


@dataclass(frozen=True)
class _Said:
    """Numbers of each answer as blanks of its sentence."""

    project: Project
    words: Words

    def sheet(self, found: Row) -> dict[str, str]:
        words, study = self.words, self.project.files.study
        verdict = words(
            f"sheet.verdict.{found['verdict']}", units=words.named(study.level_labels).level_names("team")
        )
        return {
            "team": found["team"], "mean": words.number(found["mean"]),
            "interval": words.span(found["conf_low"], found["conf_high"]),
            "band": words.span(found["band_low"], found["band_high"]), "verdict": verdict,
            "n": words.count(found["n"]),
        }  # fmt: skip

    def count(self, found: Row) -> dict[str, str]:
        words, first, other = self.words, found[FIRST], found[OTHER]
        return {
            "estimate": words.number(first["estimate"]),
            "interval": words.span(first["conf_low"], first["conf_high"]),
            "truth": words.number(first["truth"]),
            "inside": self._inside(first),
            "other": words.number(other["estimate"]),
            "other_interval": words.span(other["conf_low"], other["conf_high"]),
            "other_truth": words.number(other["truth"]),
            "other_inside": self._inside(other),
        }

    def _inside(self, found: Row) -> str:
        return self.words(f"teach.inside.{'yes' if found['inside'] else 'no'}")

    def action(self, found: Row) -> dict[str, str]:
        return {
            "median": self.words.number(found["median"], 1),
            **{n: str(found[n]) for n in ("run", "first", "last", "truth")},
        }

    def priorities(self, found: Row) -> dict[str, str]:
        words = self.words
        listed = {
            tier: words.listing(map(words.quoted, map(self._theme, found[tier]))) or words("teach.none")
            for tier in ("sure", "maybe")
        }
        return {**listed, "truth": words.quoted(self._theme(found["truth"]))}

    def dots(self, found: Row) -> dict[str, str]:
        words = self.words
        blanks = {"role": self._named("roles", found["role"]), "dots": str(found["dots"])}
        for name, theme, share in (("theme", "theme", "first"), ("other", "other", "second")):
            prefix = "" if name == "theme" else "other_"
            blanks[name] = words.quoted(self._theme(found[theme]))
            blanks[f"{prefix}share"] = words.percent(found[share]["value"])
            low, high = (words.percent(found[share][end]) for end in ("conf_low", "conf_high"))
            blanks[f"{prefix}interval"] = words("number.span", low=low, high=high)
        return {**blanks, "overlap": words(f"teach.overlap.{'yes' if found['overlap'] else 'no'}")}

    def leak(self, found: Row) -> dict[str, str]:
        return {name: str(value) for name, value in found.items()}

    def _theme(self, id: str) -> str:
        return self._named("themes", id)

    def _named(self, what: str, id: str) -> str:
        practice = self.project.files.practice
        labels: dict[str, Text] = {e.id: e.label for e in getattr(practice, what)}
        return self.words.say(labels[id]) if id in labels else id

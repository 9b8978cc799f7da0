"""The codebook as a page: what every used column is, from the delivered labels, with the rules applied to it."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.reports.render.html import fill


def codebook_html(codebook: pd.DataFrame, study: Study, language: str) -> str:
    """The codebook as one self-contained HTML page in `language` ("nl" or "en"); delivered texts are escaped."""
    words = Words(language)
    groups = [
        {
            "title": _heading(source, rows, study, words),
            "id": f"source-{i}",
            "rows": _rows(rows, words),
        }
        for i, (source, rows) in enumerate(codebook.groupby("source", sort=False), start=1)
    ]
    return fill("codebook.html.j2", {"study": words.say(study.title), "words": words, "groups": groups})


def _heading(source: Any, rows: pd.DataFrame, study: Study, words: Words) -> str:
    first = rows.iloc[0]
    sample = words.say(study.samples.get(first["sample"], str(first["sample"])))
    number = int(first["wave"])
    wave = study.wave_label(number, words.language)
    return words("codebook.heading", source=source, sample=sample, number=number, wave=wave)


def _rows(rows: pd.DataFrame, words: Words) -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "delivered_name": row["delivered_name"],
            "label": _text(row["label"]),
            "values": _pairs(row["value_labels"]),
            "missing": _pairs(row["missing_codes"]),
            "range": _range(row["min_valid"], row["max_valid"], words),
            "n_valid": int(row["n_valid"]),
            "n_missing": int(row["n_missing"]),
            "rules": _text(row["rules"]),
        }
        for row in rows.to_dict("records")
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _pairs(value: Any) -> list[tuple[str, str]]:
    return list(json.loads(value).items()) if _text(value) else []


def _range(low: float, high: float, words: Words) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    return f"{_plain(low, words)} – {_plain(high, words)}"


def _plain(value: float, words: Words) -> str:
    """A number with as many decimals as it has."""
    text = f"{value:g}"
    return words.number(value, len(text.partition(".")[2])) if "e" not in text else text

"""The codebook: what every used column is, from the delivered labels, with the rules that were applied to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.study import Study, say
from dww_analysis.ingest.conflicts import wave_conflicts

TEXTS = {
    "nl": {
        "title": "Codeboek",
        "intro": "Elke gebruikte kolom van elk bestand, met de labels zoals geleverd en de toegepaste regels.",
        "sample": "Steekproef",
        "wave": "Meting",
        "source": "Bron",
        "name": "Naam",
        "delivered_name": "Naam in het bestand",
        "label": "Omschrijving",
        "values": "Antwoorden",
        "missing": "Geen antwoord",
        "range": "Bereik",
        "n_valid": "Geldig",
        "n_missing": "Ontbreekt",
        "rules": "Regels",
        "none": "geen",
        "decimal": ",",
    },
    "en": {
        "title": "Codebook",
        "intro": "Every used column of every file, with the labels as delivered and the rules that were applied.",
        "sample": "Sample",
        "wave": "Wave",
        "source": "Source",
        "name": "Name",
        "delivered_name": "Name in the file",
        "label": "Description",
        "values": "Answers",
        "missing": "No answer",
        "range": "Range",
        "n_valid": "Valid",
        "n_missing": "Missing",
        "rules": "Rules",
        "none": "none",
        "decimal": ".",
    },
}


def codebook_table(parts: Sequence[Ingested]) -> pd.DataFrame:
    """The codebooks of all sources under each other; disagreements between waves are added to `rules`."""
    book = pd.concat([part.codebook for part in parts], ignore_index=True)
    for row in wave_conflicts(parts).to_dict("records"):
        at = (book["source"] == row["other_source"]) & (book["name"] == row["name"])
        settled = f" ({row['rule']})" if row["rule"] else ""
        note = f"{row['kind']} differs from wave {row['wave']}{settled}"
        book.loc[at, "rules"] = book.loc[at, "rules"].map(
            lambda rules, n=note: "; ".join(filter(None, (rules, n)))
        )
    return book


def codebook_html(codebook: pd.DataFrame, study: Study, language: str) -> str:
    """The codebook as one self-contained HTML page in `language` ("nl" or "en"); delivered texts are escaped."""
    from jinja2 import Environment, PackageLoader

    words = TEXTS.get(language, TEXTS["en"])
    environment = Environment(
        loader=PackageLoader("dww_analysis.ingest", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    groups = [
        {
            "title": _heading(source, rows, study, words, language),
            "id": f"source-{i}",
            "rows": _rows(rows, words),
        }
        for i, (source, rows) in enumerate(codebook.groupby("source", sort=False), start=1)
    ]
    return environment.get_template("codebook.html").render(
        language=language, study=say(study.title, language), words=words, groups=groups
    )


def _heading(source: Any, rows: pd.DataFrame, study: Study, words: dict[str, str], language: str) -> str:
    first = rows.iloc[0]
    label = say(study.samples.get(first["sample"], str(first["sample"])), language)
    wave = study.wave_label(int(first["wave"]), language)
    return f"{words['source']} {source}: {label}, {words['wave'].lower()} {int(first['wave'])} ({wave})"


def _rows(rows: pd.DataFrame, words: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "delivered_name": row["delivered_name"],
            "label": _text(row["label"]),
            "values": _pairs(row["value_labels"]),
            "missing": _pairs(row["missing_codes"]),
            "range": _range(row["min_valid"], row["max_valid"], words["decimal"]),
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


def _range(low: float, high: float, decimal: str) -> str:
    if pd.isna(low) or pd.isna(high):
        return ""
    return f"{low:g} – {high:g}".replace(".", decimal)

"""The library of scoring keys in words: a table of all, and one explained in Dutch or English.

Says what was checked and what was not, so that nobody takes an unverified key for the manual.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from dww_analysis.domain.scales import ScoringKey
from dww_analysis.domain.study import say
from dww_analysis.language import Words
from dww_analysis.scales.keys import load_all_keys, load_key
from dww_analysis.scales.scoring import TOTAL, score_names


def describe_keys(language: str = "en") -> pd.DataFrame:
    """One row a key: id, name, version, verified, n_items, range, n_reversed, method, subscales."""
    rows = [
        {
            "id": key.id,
            "name": say(key.name, language),
            "version": key.version,
            "verified": key.verified,
            "n_items": len(key.items),
            "range": f"{key.minimum:g}-{key.maximum:g}",
            "n_reversed": len(key.reversed),
            "method": key.method,
            "subscales": ", ".join(key.subscales),
        }
        for key in load_all_keys().values()
    ]
    return pd.DataFrame(rows)


def explain_key(key: str | ScoringKey, language: str = "en") -> str:
    """One key in words ("nl" or "en"): items, reversal, missing rule, scores, bands, reference, what was checked.

    ReportError for another language, ScaleError for a key that is not in the library.
    """
    key, words = load_key(key) if isinstance(key, str) else key, Words(language)
    span = words("key.range", low=_plain(key.minimum), high=_plain(key.maximum))
    included = words("key.included" if key.text_included else "key.not_included")
    lines = [
        f"{words.say(key.name)} - {key.id}, {words('key.version')} {key.version}",
        f"{words('key.items')} ({len(key.items)}, {span}): {', '.join(key.items)}",
        f"{words('key.reversed')}: {', '.join(key.reversed) or words('key.none')}",
        f"{words('key.method')}: {_method(key, words)}",
        f"{words('key.scores')}:",
        *(f"  - {line}" for line in _scores(key, words)),
        *_bands(key, words),
        f"{words('key.direction')}: {words(f'key.{key.direction}')}",
        f"{words('key.reference')}: {key.reference}",
        f"{words('key.licence')}: {key.text_licence or '?'} ({included})",
        f"{words('key.verified')}: {words('key.yes' if key.verified else 'key.no')}",
    ]
    for name in ("checked", "notes"):
        if getattr(key, name):
            lines.append(f"{words(f'key.{name}')}: {getattr(key, name)}")
    return "\n".join(lines)


def _plain(number: float) -> str:
    return f"{number:g}"


def _bounds(key: ScoringKey, name: str) -> dict[str, str]:
    low, high = key.range_of_score(name)
    return {"low": _plain(low), "high": _plain(high)}


def _method(key: ScoringKey, words: Words) -> str:
    text = words(f"key.{key.method}")
    if "multiply" in key.transform:
        text += words("key.multiply", factor=f"{key.transform['multiply']:.6g}")
    if key.transform.get("round"):
        text += words("key.round")
    return text


def _scores(key: ScoringKey, words: Words) -> list[str]:
    lines = [_score(key, name, words) for name in score_names(key)]
    if any(len(key.items_of(n)) == 3 for n in score_names(key)) and key.min_answered is None:
        lines.append(words("key.three"))
    return lines


def _score(key: ScoringKey, name: str, words: Words) -> str:
    """One score of a key: a difference of subscales, a total that adds them up, or one over items."""
    differences: dict[str, Any] = key.transform.get("differences", {})
    span = _bounds(key, name)
    if name in differences:
        plus, minus = differences[name]["of"]
        title = words.say(differences[name].get("name", name))
        return words("key.difference", name=title, id=name, plus=plus, minus=minus, **span)
    if name == TOTAL and "total_of" in key.transform:
        parts = ", ".join(key.transform["total_of"])
        return words("key.adds", name=words("key.total"), id=key.id, parts=parts, **span)
    title = words("key.total") if name == TOTAL else words.say(key.subscale_names.get(name, name))
    n = len(key.items_of(name))
    need = key.items_needed(name)
    return words("key.needs", name=title, id=name or key.id, n=n, need=need, **span)


def _bands(key: ScoringKey, words: Words) -> list[str]:
    if not key.bands:
        return []
    said = [words("key.band", name=name, low=_plain(low), high=_plain(high)) for name, low, high in key.bands]
    return [f"{words('key.bands')}:", *(f"  - {line}" for line in said)]

"""The library of scoring keys in words: a table of all, and one explained in Dutch or English.

Says what was checked and what was not, so that nobody takes an unverified key for the manual.
"""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.scales import ScoringKey
from dww_analysis.domain.study import say
from dww_analysis.errors import ScaleError
from dww_analysis.scales.keys import load_all_keys, load_key
from dww_analysis.scales.scoring import TOTAL, bounds_of, items_needed, items_of, score_names

WORDS = {
    "en": {
        "version": "version",
        "items": "Items",
        "range": "range {low:g} to {high:g}",
        "none": "none",
        "reversed": "Reversed items",
        "scores": "Scores",
        "total": "total",
        "needs": "{name} ({id}): {n} items, {need} answered needed, {low:g} to {high:g}",
        "difference": "{name} ({id}): {plus} minus {minus}, {low:g} to {high:g}",
        "adds": "{name} ({id}): {parts} together, each of them needed, {low:g} to {high:g}",
        "method": "How",
        "mean": "mean of the answered items",
        "sum": "sum of the items; answered ones stand for missing ones",
        "top_score": "1 when every answer is the highest, else 0",
        "table": "sum of the items, converted by a table",
        "multiply": ", times {factor:.6g}",
        "round": ", prorated sums rounded",
        "three": "A score on two of three items is flagged.",
        "bands": "Bands",
        "band": "{name}: from {low:g} to below {high:g}",
        "direction": "Direction",
        "higher is better": "higher is better",
        "lower is better": "lower is better",
        "neutral": "neither end is better",
        "reference": "Reference",
        "licence": "Item texts",
        "not_included": "not included here",
        "included": "included here",
        "verified": "Verified",
        "yes": "yes",
        "no": "NO: check it against the manual before use",
        "checked": "Checked",
        "notes": "Notes",
    },
    "nl": {
        "version": "versie",
        "items": "Items",
        "range": "bereik {low:g} tot {high:g}",
        "none": "geen",
        "reversed": "Omgekeerde items",
        "scores": "Scores",
        "total": "totaal",
        "needs": "{name} ({id}): {n} items, {need} beantwoord nodig, {low:g} tot {high:g}",
        "difference": "{name} ({id}): {plus} min {minus}, {low:g} tot {high:g}",
        "adds": "{name} ({id}): {parts} samen, elk nodig, {low:g} tot {high:g}",
        "method": "Hoe",
        "mean": "gemiddelde van de beantwoorde items",
        "sum": "som van de items; beantwoorde staan voor ontbrekende",
        "top_score": "1 als elk antwoord het hoogste is, anders 0",
        "table": "som van de items, omgezet met een tabel",
        "multiply": ", maal {factor:.6g}",
        "round": ", opgehoogde sommen afgerond",
        "three": "Een score op twee van drie items krijgt een markering.",
        "bands": "Klassen",
        "band": "{name}: vanaf {low:g} tot onder {high:g}",
        "direction": "Richting",
        "higher is better": "hoger is beter",
        "lower is better": "lager is beter",
        "neutral": "geen van beide kanten is beter",
        "reference": "Bron",
        "licence": "Itemteksten",
        "not_included": "hier niet opgenomen",
        "included": "hier opgenomen",
        "verified": "Geverifieerd",
        "yes": "ja",
        "no": "NEE: controleer aan de handleiding voor gebruik",
        "checked": "Gecontroleerd",
        "notes": "Opmerkingen",
    },
}


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
    """One key in words ("nl" or "en"): items, reversal, missing rule, scores, bands, reference, what was checked."""
    if language not in WORDS:
        raise ScaleError.of(f"language {language!r}", "explain a key", " or ".join(WORDS), "choose one")
    key, w = load_key(key) if isinstance(key, str) else key, WORDS[language]
    span = w["range"].format(low=key.minimum, high=key.maximum)
    lines = [
        f"{say(key.name, language)} - {key.id}, {w['version']} {key.version}",
        f"{w['items']} ({len(key.items)}, {span}): {', '.join(key.items)}",
        f"{w['reversed']}: {', '.join(key.reversed) or w['none']}",
        f"{w['method']}: {_method(key, w)}",
        f"{w['scores']}:",
        *(f"  - {line}" for line in _scores(key, language)),
        *_bands(key, w),
        f"{w['direction']}: {w[key.direction]}",
        f"{w['reference']}: {key.reference}",
        f"{w['licence']}: {key.text_licence or '?'} ({w['included' if key.text_included else 'not_included']})",
        f"{w['verified']}: {w['yes' if key.verified else 'no']}",
    ]
    for name in ("checked", "notes"):
        if getattr(key, name):
            lines.append(f"{w[name]}: {getattr(key, name)}")
    return "\n".join(lines)


def _method(key: ScoringKey, w: dict[str, str]) -> str:
    text = w[key.method]
    if "multiply" in key.transform:
        text += w["multiply"].format(factor=key.transform["multiply"])
    if key.transform.get("round"):
        text += w["round"]
    return text


def _scores(key: ScoringKey, language: str) -> list[str]:
    w, lines = WORDS[language], []
    differences = key.transform.get("differences", {})
    for name in score_names(key):
        low, high = bounds_of(key, name)
        if name in differences:
            plus, minus = differences[name]["of"]
            title = say(differences[name].get("name", name), language)
            lines.append(
                w["difference"].format(name=title, id=name, plus=plus, minus=minus, low=low, high=high)
            )
            continue
        if name == TOTAL and "total_of" in key.transform:
            parts = ", ".join(key.transform["total_of"])
            lines.append(w["adds"].format(name=w["total"], id=key.id, parts=parts, low=low, high=high))
            continue
        title = w["total"] if name == TOTAL else say(key.subscale_names.get(name, name), language)
        n = len(items_of(key, name))
        need = items_needed(n, key.min_answered)
        lines.append(w["needs"].format(name=title, id=name or key.id, n=n, need=need, low=low, high=high))
    if any(len(items_of(key, n)) == 3 for n in score_names(key)) and key.min_answered is None:
        lines.append(w["three"])
    return lines


def _bands(key: ScoringKey, w: dict[str, str]) -> list[str]:
    if not key.bands:
        return []
    return [f"{w['bands']}:"] + [
        "  - " + w["band"].format(name=name, low=low, high=high) for name, low, high in key.bands
    ]

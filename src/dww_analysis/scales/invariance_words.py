"""One sentence for each invariance ladder, in Dutch and English, made from the row that the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis.domain.study import Study

LEVEL_WORDS = {
    "en": {
        "none": "not even the same factors",
        "configural": "the same factors (configural)",
        "metric": "the same factors and loadings (metric)",
        "scalar": "the same factors, loadings and intercepts (scalar)",
        "strict": "the same factors, loadings, intercepts and residual variances (strict)",
    },
    "nl": {
        "none": "zelfs niet dezelfde factoren",
        "configural": "dezelfde factoren (configureel)",
        "metric": "dezelfde factoren en ladingen (metrisch)",
        "scalar": "dezelfde factoren, ladingen en intercepten (scalair)",
        "strict": "dezelfde factoren, ladingen, intercepten en restvarianties (strikt)",
    },
}
PARTIAL = {"en": "{level}, except for {released}", "nl": "{level}, behalve voor {released}"}
OVER = {
    "en": {
        "waves": "over the waves",
        "arms": "in the arms at {wave}",
        "language": "in the language versions at {wave}",
    },
    "nl": {
        "waves": "over de metingen",
        "arms": "in de condities bij {wave}",
        "language": "in de taalversies bij {wave}",
    },
}
MEANS = {
    "en": {
        True: "Means may be compared.",
        False: "Differences between means may partly be differences in how the questions were read.",
        None: "Whether means may be compared is therefore not known.",
    },
    "nl": {
        True: "Gemiddelden mogen worden vergeleken.",
        False: "Verschillen tussen gemiddelden kunnen deels verschillen zijn in hoe de vragen zijn opgevat.",
        None: "Of gemiddelden mogen worden vergeleken is daarom niet bekend.",
    },
}
HOLDS = {
    "en": "{over} the answers support {level} ({cutoffs}; {n} persons).",
    "nl": "{over} ondersteunen de antwoorden {level} ({cutoffs}; {n} personen).",
}
UNTESTED = {
    "en": "{over} sameness of measurement could not be tested ({reason}).",
    "nl": "{over} kon niet worden getoetst of hetzelfde wordt gemeten ({reason}).",
}


def sentence(row: Mapping[str, Any], wave: str, study: Study, language: str, reason: str = "") -> str:
    """What one ladder means for comparing means.

    row: as in the verdicts table. wave: its number, or "". reason: why a ladder was not climbed, in `language`.
    """
    label = study.wave_label(int(wave), language) if wave else ""
    over = OVER[language][row["over"]].format(wave=label)
    over = over[0].upper() + over[1:]
    if row["verdict"] == "not tested":
        return f"{UNTESTED[language].format(over=over, reason=reason)} {MEANS[language][None]}"
    level = LEVEL_WORDS[language][row["verdict"].removeprefix("partial ")]
    if row["verdict"].startswith("partial"):
        level = PARTIAL[language].format(level=level, released=row["released"])
    said = HOLDS[language].format(over=over, level=level, cutoffs=row["cutoffs"], n=row["n_persons"])
    return f"{said} {MEANS[language][bool(row['means_comparable'])]}"

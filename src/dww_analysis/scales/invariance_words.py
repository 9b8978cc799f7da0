"""One sentence for each invariance ladder, in Dutch and English, made from the row that the tables hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.study import Study, say

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


WAVE = "{wave}"  # stands in a sentence for the wave's label: a label that is respelled reruns no factor model


def sentence(row: Mapping[str, Any], language: str, reason: str = "") -> str:
    """What one ladder means for comparing means, with {wave} for the label of its wave.

    row: as in the verdicts table. reason: why a ladder was not climbed, in `language`.
    """
    over = OVER[language][row["over"]]
    over = over[0].upper() + over[1:]
    if row["verdict"] == "not tested":
        return f"{UNTESTED[language].format(over=over, reason=reason)} {MEANS[language][None]}"
    level = LEVEL_WORDS[language][row["verdict"].removeprefix("partial ")]
    if row["verdict"].startswith("partial"):
        level = PARTIAL[language].format(level=level, released=row["released"])
    said = HOLDS[language].format(over=over, level=level, cutoffs=row["cutoffs"], n=row["n_persons"])
    return f"{said} {MEANS[language][bool(row['means_comparable'])]}"


def with_wave_labels(verdicts: pd.DataFrame, study: Study) -> pd.DataFrame:
    """The verdicts table (of any scales) with the labels of waves in its two columns of sentences."""
    result = verdicts.copy()
    for language, column in (("en", "sentence"), ("nl", "sentence_nl")):
        labels = {str(w.number): say(w.label, language) for w in study.waves}
        result[column] = [
            str(text).replace(WAVE, labels.get(_number(wave), ""))
            for text, wave in zip(verdicts[column], verdicts["wave"], strict=True)
        ]
    return result


def _number(wave: Any) -> str:
    """The number of a wave as text, also when a table gave it back as 1.0; "" for none."""
    return "" if wave == "" or pd.isna(wave) else str(int(float(wave)))

"""Names in the reader's language for what the tables hold as ids: outcomes, contrasts, units, waves, arms, groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import Study, Text, say
from dww_analysis.language import MINUS, Words

_ARMS = re.compile(r"^(?P<arm>[\w.]+) - (?P<reference>[\w.]+), wave (?P<wave>\d+)$")
_WAVES = re.compile(r"^wave (?P<later>\d+) - wave (?P<first>\d+)$")
_PER_UNIT = re.compile(r"^per unit of (?P<column>.+)$")


class Labels:
    """Looks up labels of one study in one language."""

    def __init__(self, study: Study, scales: Iterable[Scale], words: Words):
        self.study = study
        self.scales = {s.id: s for s in scales}
        self.words = words

    def scale_of(self, outcome: str) -> Scale | None:
        """The scale of an outcome `scale` or `scale.subscale`."""
        return self.scales.get(outcome.split(".")[0])

    def outcome(self, outcome: str) -> str:
        """The label of a scale, with that of its subscale behind it."""
        scale = self.scale_of(outcome)
        if scale is None:
            return outcome
        _, _, subscale = outcome.partition(".")
        label = self.words.say(scale.label)
        if not subscale:
            return label
        names = _subscale_names(scale)
        return f"{label}: {self.words.say(names[subscale]) if subscale in names else subscale}"

    def unverified(self, outcome: str) -> bool:
        """Whether the outcome's scoring key was never checked against its source."""
        scale = self.scale_of(outcome)
        return scale is not None and scale.key is not None and not scale.key.verified

    def direction(self, outcome: str) -> str:
        """`higher is better`, `lower is better` or `neutral`."""
        scale = self.scale_of(outcome)
        if scale is None:
            return "neutral"
        return scale.key.direction if scale.key is not None else scale.direction

    def unit(self, outcome: str, entry: PlanEntry | None, unit: str) -> str:
        """The unit of an estimate in this language; `unit` is what the estimates table says."""
        if unit == "SD":
            return "SD"
        if unit == "log odds":
            return self.words("unit.log_odds")
        scale = self.scale_of(outcome)
        if entry is not None and entry.unit:
            return self.words.say(entry.unit)
        return self.words.say(scale.unit) if scale is not None else unit

    def wave(self, number: int | str) -> str:
        """The label of a wave, or its number when the study has no such wave."""
        known = {w.number for w in self.study.waves}
        return (
            self.study.wave_label(int(number), self.words.language) if int(number) in known else str(number)
        )

    def arm(self, arm: str) -> str:
        """The label of an arm; "" (all arms together) is the word for everybody."""
        if arm in ("", "all", "total"):
            return self.words("table.everyone")
        return next((self.words.say(a.label) for a in self.study.arms if a.id == arm), arm)

    def sample(self, sample: str) -> str:
        """The label of a sample of persons."""
        text = self.study.samples.get(sample)
        return self.words.say(text) if text else sample

    def contrast(self, contrast: str) -> str:
        """A contrast of the estimates table in words of the design."""
        if found := _ARMS.match(contrast):
            arms = f"{self.arm(found['arm'])} {MINUS} {self.arm(found['reference'])}"
            return f"{arms}, {self.wave(found['wave'])}"
        if found := _WAVES.match(contrast):
            return f"{self.wave(found['later'])} {MINUS} {self.wave(found['first'])}"
        if contrast == "per wave":
            return self.words("contrast.per_wave")
        if found := _PER_UNIT.match(contrast):
            arm = next((a.id for a in self.study.arms if found["column"] == f"arm{a.id}"), None)
            if arm is not None:
                return f"{self.arm(arm)} {MINUS} {self.arm(self.study.arms[0].id)}"
            return self.words("contrast.per_unit", column=self.column(found["column"]))
        return contrast

    def contrast_wave(self, contrast: str) -> str:
        """The wave of a contrast between arms."""
        found = _ARMS.match(contrast)
        return self.wave(found["wave"]) if found else self.contrast(contrast)

    def arms_of(self, contrasts: Iterable[str]) -> tuple[str, str] | None:
        """(arm, reference) when all contrasts are between the same two arms, else None."""
        found = {(m["arm"], m["reference"]) if (m := _ARMS.match(str(c))) else None for c in contrasts}
        if len(found) != 1 or None in found:
            return None
        ((arm, reference),) = (pair for pair in found if pair)
        return self.arm(arm), self.arm(reference)

    def column(self, column: str) -> str:
        """The label of a predictor: a background variable or a scale; otherwise its name."""
        label = next(
            (say(b.label, self.words.language) for b in self.study.background if b.name == column), None
        )
        return label or (self.outcome(column) if column.split(".")[0] in self.scales else column)

    def group(self, group: str) -> str:
        """A grouping factor of a model: organisation, team, person, or an interaction such as team:wave."""
        if group.lower() == "residual":
            return self.words("group.residual")
        parts = []
        units = re.split(r"[:/]", group)
        if len(units) > 1 and "wave" not in units and set(units) <= set(self.study.level_labels):
            units = units[:1]  # teams are nested in organisations: a team is a team
        for part in units:
            if part == "wave":
                parts.append(self.words("group.wave"))
            elif part in self.study.level_labels:
                parts.append(self.words.say(self.study.level_labels[part]))
            else:
                parts.append(self.words(f"group.{part}") if self.words.has(f"group.{part}") else part)
        return " × ".join(parts)


def _subscale_names(scale: Scale) -> dict[str, Text]:
    """Names of the subscales and of the differences between them."""
    if scale.key is None:
        return {}
    differences = scale.key.transform.get("differences") or {}
    named = {i: d["name"] for i, d in differences.items() if isinstance(d, Mapping) and d.get("name")}
    return {**scale.key.subscale_names, **named}

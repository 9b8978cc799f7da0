"""Names in the reader's language for what the tables hold as ids: outcomes, contrasts, units, waves, arms, groups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dww_analysis.domain.analyses import permutation_of, rate_by, robust_by
from dww_analysis.domain.answer import Direction
from dww_analysis.domain.contrasts import PER_WAVE, PER_YEAR, TREND, Contrast
from dww_analysis.domain.design import NEVER
from dww_analysis.domain.estimate import truth
from dww_analysis.domain.outcomes import KINDS, SUMMARY_UNITS
from dww_analysis.domain.plan import PlanEntry
from dww_analysis.domain.records import OFFERED
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import LEVELS, Study, Text, level_of, say
from dww_analysis.language import MINUS, Words


class Labels:
    """Looks up labels of one study in one language.

    learning: see `domain.exposure.own_words`. in_teams: whether anybody answered from a team that is known; where
    nobody did, and nothing was allocated, a unit is a person.
    """

    def __init__(
        self,
        study: Study,
        scales: Iterable[Scale],
        words: Words,
        learning: Mapping[str, Mapping[str, Text]] | None = None,
        in_teams: bool = True,
    ):
        self.study = study
        self.in_teams = in_teams
        self.learning = dict(learning or {})
        self.scales = {s.id: s for s in scales}
        known = in_teams or study.allocation is not None
        self.words = words.named(study.level_labels, study.unit if known else "person")

    def by_design(self, key: str, **blanks: Any) -> str:
        """A phrase that is true of the design: `key`_starts, where that is there and units start at their own waves."""
        own = f"{key}_starts"
        return self.words(own if self.study.starts and self.words.has(own) else key, **blanks)

    def by_teams(self, key: str, **blanks: Any) -> str:
        """A phrase that is true of who answered: `key`_persons, where that is there and nobody's team is known."""
        own = f"{key}_persons"
        return self.words(own if not self.in_teams and self.words.has(own) else key, **blanks)

    def by_lot(self, key: str, **blanks: Any) -> str:
        """A phrase about effects; where nothing was given by lot `key`_plain, which speaks of differences, if there."""
        own = f"{key}_plain"
        return self.words(key if self.study.by_lot or not self.words.has(own) else own, **blanks)

    def scale_of(self, outcome: str) -> Scale | None:
        """The scale of an outcome `scale` or `scale.subscale`."""
        return self.scales.get(outcome.split(".")[0])

    def outcome(self, outcome: str) -> str:
        """The label of a scale, with that of its subscale behind it (`<scale>.<subscale>`); an id that the study has
        not stays."""
        scale = self.scale_of(outcome)
        if scale is None:
            return outcome
        _, _, subscale = outcome.partition(".")
        label = self.words.say(scale.label) if scale.label else self.words(f"outcome.{scale.id}")
        return f"{label}: {self._subscale(scale, subscale)}" if subscale else label

    def _subscale(self, scale: Scale, subscale: str) -> str:
        names = _subscale_names(scale)
        return self.words.say(names[subscale]) if subscale in names else subscale

    def of_records(self, outcome: str) -> bool:
        """Whether an outcome is read from personnel records, and is no scale: it has no label of the study."""
        scale = self.scale_of(outcome)
        return scale is not None and scale.id in OFFERED and not scale.label

    def short(self, outcome: str) -> str:
        """The short form of an outcome's label, for narrow places; the label where none is declared."""
        scale = self.scale_of(outcome)
        if scale is None or not scale.short:
            return self.outcome(outcome)
        _, _, subscale = outcome.partition(".")
        label = self.words.say(scale.short)
        return f"{label}: {self._subscale(scale, subscale)}" if subscale else label

    def analysis(self, analysis: str) -> str:
        """The name of an analysis beside the planned one; checks at the unit of allocation name what that is called."""
        unit = self.study.unit
        at_units = {robust_by(unit): "robust", permutation_of(unit): "permutation", rate_by(unit): "rate"}
        name = at_units.get(analysis, analysis.replace(" ", "_").replace("-", "_"))
        key = f"sensitivity.analysis.{name}"
        return self.words(key) if self.words.has(key) else analysis

    def unverified(self, outcome: str) -> bool:
        """Whether the outcome's scoring key was never checked against its source."""
        scale = self.scale_of(outcome)
        return scale is not None and scale.key is not None and not scale.key.verified

    def direction(self, outcome: str) -> Direction:
        """`higher is better`, `lower is better` or `neutral`."""
        scale = self.scale_of(outcome)
        if scale is None:
            return "neutral"
        return scale.favourable()

    def has_shares(self, outcome: str) -> bool:
        """Whether an outcome is declared as yes or no, so that its mean is a share."""
        scale = self.scale_of(outcome)
        return scale is not None and KINDS[scale.measure].has_shares

    def better_answer(self, outcome: str) -> str:
        """Which answer to a yes or no is better, or whether staying with the employer is: `ja of nee; ja is gunstiger`;
        "" of other outcomes."""
        if self.of_records(outcome):
            return self.words(f"direction.of_leaving.{self.direction(outcome)}")
        if not self.has_shares(outcome):
            return ""
        direction = self.words(f"direction.of_shares.{self.direction(outcome)}")
        return self.words("direction.of_shares", direction=direction)

    def unit(self, outcome: str, entry: PlanEntry | None, row: Mapping[str, Any]) -> str:
        """The unit of one row of the estimates table in this language."""
        if truth(row.get("standardised")):
            return "SD"
        if row.get("summary") in SUMMARY_UNITS:
            return self.words(f"unit.{SUMMARY_UNITS[str(row['summary'])].replace(' ', '_')}")
        kind = KINDS.get(str(row.get("kind")))
        if kind is not None and kind.unit:
            return self.words(f"unit.{kind.unit}")
        scale = self.scale_of(outcome)
        if entry is not None and entry.unit:
            return self.words.say(entry.unit)
        return self.words.say(scale.unit) if scale is not None else str(row.get("unit", ""))

    def wave(self, number: int | str) -> str:
        """The label of a wave, or its number when the study has no such wave."""
        known = {w.number for w in self.study.waves}
        return (
            self.study.wave_label(int(number), self.words.language) if int(number) in known else str(number)
        )

    def sequence(self, sequence: str) -> str:
        """The name of a sequence of design.csv: the number of the wave at which its units start, or "never". Of arms
        that units stay in these are named."""
        study, words = self.study, self.words
        if not study.starts:
            treated = [a.id for a in study.arms if a.id != study.reference_arm]
            arms = [study.reference_arm] if sequence == NEVER else treated
            return words.capital(words.listing(self.arm(a) for a in arms))
        if sequence == NEVER:
            return words("design.never")
        return words("design.start", wave=self.wave(sequence))

    def arm(self, arm: str) -> str:
        """The label of an arm; "" (all arms together, also "all" and "total" of tables) is the word for everybody;
        another id stays. Column arm of tables."""
        if arm in ("", "all", "total"):
            return self.words("table.everyone")
        return next((self.words.say(a.label) for a in self.study.arms if a.id == arm), arm)

    def sample(self, sample: str) -> str:
        """The label of a sample of persons."""
        text = self.study.samples.get(sample)
        return self.words.say(text) if text else sample

    def contrast(self, contrast: Contrast) -> str:
        """A contrast of the estimates table (its columns as one value) in words of the design: what is compared,
        then where."""
        return ", ".join(filter(None, (self._compared(contrast), self._place(contrast))))

    def contrast_wave(self, contrast: Contrast) -> str:
        """Where a contrast between arms was made; of others, what is compared."""
        return (self._place(contrast) if contrast.arm else "") or self.contrast(contrast)

    def _compared(self, contrast: Contrast) -> str:
        if contrast.arm:
            return f"{self.arm(contrast.arm)} {MINUS} {self.arm(contrast.reference)}"
        if contrast.reference == TREND:
            return self._off_trend(contrast)
        if contrast.wave is not None and contrast.from_wave is not None:
            return f"{self.wave(contrast.wave)} {MINUS} {self.wave(contrast.from_wave)}"
        return ""

    def _off_trend(self, contrast: Contrast) -> str:
        if contrast.wave is None:
            return self.words("contrast.trend_slope")
        return self.words("contrast.trend", wave=self.wave(contrast.wave))

    def _place(self, contrast: Contrast) -> str:
        places = [self._wave_of_arms(contrast), self._slope(contrast)]
        if contrast.exposure:
            key = f"contrast.exposure_{contrast.exposure}"
            counted = not self.words.has(key)
            places.append(
                self.words.many("contrast.exposure", float(contrast.exposure)) if counted else self.words(key)
            )
        return ", ".join(filter(None, places))

    def _wave_of_arms(self, contrast: Contrast) -> str:
        if not contrast.arm or contrast.wave is None:
            return ""
        later = self.wave(contrast.wave)
        return later if contrast.from_wave is None else f"{later} {MINUS} {self.wave(contrast.from_wave)}"

    def _slope(self, contrast: Contrast) -> str:
        if contrast.per == PER_WAVE:
            return self.words("contrast.per_wave")
        if contrast.per == PER_YEAR and contrast.reference == TREND:
            return self.words("contrast.per_year")
        return self.words("contrast.per_unit", column=self.column(contrast.per)) if contrast.per else ""

    def arms_of(self, contrasts: Iterable[Contrast]) -> tuple[str, str] | None:
        """(arm, reference) when all contrasts are between the same two arms, else None."""
        found = {(c.arm, c.reference) for c in contrasts}
        if len(found) != 1 or any(not arm for arm, _ in found):
            return None
        ((arm, reference),) = found
        return self.arm(arm), self.arm(reference)

    def column(self, column: str) -> str:
        """The label of a predictor: a background variable or a scale; otherwise the name of the column."""
        label = next(
            (say(b.label, self.words.language) for b in self.study.background if b.name == column), None
        )
        return label or (self.outcome(column) if column.split(".")[0] in self.scales else column)

    def learning_name(self, learning: str, code: str) -> str:
        """A source or process of learning: what the study calls it, else its usual name."""
        if learning in ("source", "process"):
            own = self.learning.get(learning, {}).get(code)
            return self.words.say(own) if own else self.words.known(f"exposure.{learning}", code)
        return self.words.known("exposure.code", code or "all")

    def group(self, group: str) -> str:
        """A grouping factor of a model: organisation, team, person, or an interaction such as team:wave."""
        if group.lower() == "residual":
            return self.words("group.residual")
        return " × ".join(self._unit(u) for u in re.split(r"[:/]", level_of(group)))

    def _unit(self, unit: str) -> str:
        return self.words.level_name(unit) if unit in LEVELS else self.words.known("group", unit)


def name_of(value: Any) -> str:
    """The name of an organisation or team as it was written: a table of numbers may have made 704 to 704.0."""
    number = isinstance(value, float) and value.is_integer()
    text = str(int(value)) if number else str(value)
    return text.removesuffix(".0") if re.fullmatch(r"\d+\.0", text) else text


def _subscale_names(scale: Scale) -> dict[str, Text]:
    """Names of the subscales and of the differences between them."""
    if scale.key is None:
        return {}
    differences = scale.key.transform.get("differences") or {}
    named = {i: d["name"] for i, d in differences.items() if isinstance(d, Mapping) and d.get("name")}
    return {**scale.key.subscale_names, **named}

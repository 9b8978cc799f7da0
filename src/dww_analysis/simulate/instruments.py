"""The questionnaire of the invented study: which items there are, their ranges, and neutral words for each.

No item wording of any published instrument stands here; a label says only which construct, facet and number it is.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """The items of one construct, in the order asked. `facets` holds the facet's name of each item ("" for none)."""

    construct: str
    label: str
    facets: tuple[str, ...]
    low: int
    high: int
    low_label: str
    high_label: str
    reversed: tuple[int, ...] = ()  # numbers of the items that are worded the other way round

    @property
    def items(self) -> tuple[str, ...]:
        """Our names of the items: lpw_01, lpw_02, ...; a single item carries the name of its construct."""
        if len(self.facets) == 1:
            return (self.construct,)
        return tuple(f"{self.construct}_{number:02d}" for number in range(1, len(self.facets) + 1))

    @property
    def item_labels(self) -> tuple[str, ...]:
        """Neutral labels, e.g. "Leerpotentieel, reflectie, item 1"."""
        if len(self.facets) == 1:
            return (self.label,)
        number_in_facet: dict[str, int] = {}
        labels = []
        for facet in self.facets:
            number_in_facet[facet] = number_in_facet.get(facet, 0) + 1
            parts = [self.label, *([facet] if facet else []), f"item {number_in_facet[facet]}"]
            labels.append(", ".join(parts))
        return tuple(labels)

    def value_labels(self) -> dict[int, str]:
        """Labels of the two ends of the answer scale; what lies between is a number."""
        middle = {value: str(value) for value in range(self.low + 1, self.high)}
        return {self.low: self.low_label, **middle, self.high: self.high_label}


def _each(times: int, *facets: str) -> tuple[str, ...]:
    return tuple(facet for facet in facets for _ in range(times))


DISAGREE_AGREE = ("helemaal oneens", "helemaal eens")
NEVER_ALWAYS = ("nooit", "altijd")

# Vigour 1, 2, 5; dedication 3, 4, 7; absorption 6, 8, 9.
_UWES = ("vitaliteit", "vitaliteit", "toewijding", "toewijding", "vitaliteit",
         "absorptie", "toewijding", "absorptie", "absorptie")  # fmt: skip

BLOCKS = (
    Block("lpw", "Leerpotentieel", _each(3, "reflectie", "experimenteren", "collega's", "leidinggevende"),
          1, 5, *DISAGREE_AGREE),
    Block("ail", "Regie op leren", _each(3, "invloed", "benutten", "behoefte", "mogelijkheid"),
          1, 5, *DISAGREE_AGREE),
    Block("uwes", "Bevlogenheid", _UWES, 0, 6, *NEVER_ALWAYS),
    Block("bat", "Burn-outklachten", _each(3, "uitputting", "mentale distantie", "cognitieve ontregeling",
                                           "emotionele ontregeling"), 1, 5, *NEVER_ALWAYS),
    Block("psysafe", "Psychologische veiligheid in het team", _each(7, ""), 1, 7, *DISAGREE_AGREE,
          reversed=(1, 3, 5)),
    Block("jobsat", "Tevredenheid met het werk", ("",), 1, 10, "zeer ontevreden", "zeer tevreden"),
    Block("turnover", "Vertrekintentie", _each(3, ""), 1, 5, *DISAGREE_AGREE),
)  # fmt: skip

ITEMS = tuple(item for block in BLOCKS for item in block.items)
SUPERVISOR_ITEMS = ("lpw_10", "lpw_11", "lpw_12")  # do not apply to who has no supervisor at the moment

AGE_BANDS = {1: "jonger dan 25", 2: "25 tot 35", 3: "35 tot 45", 4: "45 tot 55", 5: "55 of ouder"}
FUNCTIONS = {
    1: "jeugd- en gezinsprofessional",
    2: "gedragswetenschapper",
    3: "pedagogisch medewerker",
    4: "leidinggevende of coördinator",
}
BACKGROUND_LABELS = {
    "age_band": "Leeftijdsgroep",
    "function": "Functie",
    "years_youth_care": "Jaren werkzaam in de jeugdhulp",
    "hours": "Contracturen per week",
}
BACKGROUND = tuple(BACKGROUND_LABELS)

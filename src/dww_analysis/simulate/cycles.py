"""What a few teams of the example wrote back: answers to four questions, agreements, and weekly counts.

Only supported teams write: they meet to learn. The words are fixed; numbers and days are drawn. Each file ends with a
remark that no reader may ever see.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from dww_analysis.simulate.canaries import CONTACTS, remark
from dww_analysis.simulate.writers import replace_file, write_xlsx

INTERPRETATIONS = (
    "Niveau",
    "Wie",
    "Meting",
    "Datum",
    "Aanwezig",
    "Vraag",
    "Over",
    "Antwoord",
    "Delen",
    "Opmerking",
)
ACTIONS = (
    *("Niveau", "Wie", "Meting", "Nummer", "Afspraak", "Besluit", "Waarom", "Rol", "Begint", "Terugkijken"),
    *("Telling", "Stand", "Uitkomst", "Geleerd", "Delen", "Opmerking"),
)
COUNTS = ("Niveau", "Wie", "Telling", "Datum", "Aantal", "Van de", "Opmerking")
LOOKS_BACK, ASKED = "Momenten van terugkijken", "Gesprekken waarin we ouders om feedback vroegen"
SHARES = ("alleen wijzelf", "ook: organisatie", "iedereen", "niemand")
FIRST_MONDAY = date(2025, 9, 1)
Rows = Sequence[Sequence[object]]


def write_interpretations(path: Path, rng: np.random.Generator) -> None:
    """Answers of three teams, an organisation and the study to the questions of the last round."""
    days, there = rng.integers(0, 10, 6), rng.integers(6, 12, 6)

    def at(meeting: int) -> tuple[int, str, int]:
        """Round, day and how many were there."""
        return 2, str(date(2026, 6, 15) + timedelta(days=int(days[meeting]))), int(there[meeting])

    agency = "regie op leren"
    team, study, own, up, all_, nobody = (*("team", "onderzoek"), *SHARES)
    rows = [
        (team, "T18", *at(0), "herkennen", "", "We herkennen dat we vaker van elkaar leren.", all_),
        (team, "T18", *at(0), "verklaren", agency, "Er is nu een vast moment voor.", all_),
        (team, "T13", *at(1), "vinden", "", "We zijn blij met de intervisie. De werkdruk blijft hoog.", up),
        (team, "T04", *at(2), "doen", "", "We houden het vaste moment en doen het korter.", own),
        (team, "T04", *at(2), "vinden", "", "Over het rooster zijn we het niet eens.", nobody),
        ("organisatie", "org_4", *at(3), "doen", "", "We maken elke twee weken een uur vrij.", own),
        (study, "", *at(4), "herkennen", "", "De begeleidingsgroep herkent dit beeld.", all_),
        (
            study,
            "",
            *at(4),
            "verklaren",
            "",
            "Leren lukt waar er tijd voor is. En waar iemand het trekt.",
            all_,
        ),
    ]
    _write_csv(path, INTERPRETATIONS, rows)


def write_actions(path: Path, rng: np.random.Generator) -> None:
    """What these teams agreed on at the round before."""
    start = [str(date(2025, 12, 1) + timedelta(days=int(d))) for d in rng.integers(0, 5, 2)]
    look = "2026-03-02"
    own, up, all_, _ = SHARES
    agreed = [
        ("T04", "1", "Elke maandag een kwartier terugkijken", "beginnen", "Het schoot er bij in", "werkbegeleider",
         start[0], look, LOOKS_BACK, "loopt", "Bijna elke week gelukt", "Kort is beter", own),
        ("T04", "2", "Het wekelijkse verslag voor de map", "stoppen", "Niemand las het", "",
         start[0], "", "", "gestopt", "", "", own),
        ("T13", "1", "Ouders vragen wat hen hielp", "beginnen", "", "gedragswetenschapper",
         start[1], look, ASKED, "loopt", "", "", up),
        ("T18", "1", "Een vast moment om van elkaar te leren", "doorgaan", "", "teamleider",
         "", "", LOOKS_BACK, "gedaan", "Staat nu in het rooster", "", all_),
    ]  # fmt: skip
    made = [("team", unit, 1, *more, "") for unit, *more in agreed]
    rows = [dict(zip(ACTIONS, row, strict=True)) for row in made]
    rows[-1]["Opmerking"] = remark(CONTACTS[path.name][0])
    write_xlsx(rows, path, columns=ACTIONS, sheet="Afspraken", created=datetime(2026, 6, 24, 9))


def write_counts(path: Path, rng: np.random.Generator) -> None:
    """Counts a week: more after the action in one team, as before in another, a few in the third."""
    weeks = [str(FIRST_MONDAY + timedelta(weeks=w)) for w in range(26)]
    before, after = rng.integers(1, 4, 13), rng.integers(3, 6, 13)
    rows: list[Sequence[object]] = [
        ("team", "T04", LOOKS_BACK, day, n, "") for day, n in zip(weeks, [*before, *after], strict=True)
    ]
    talks = rng.integers(6, 13, 20)
    rows += [
        ("team", "T13", ASKED, day, rng.binomial(n, 0.4), n) for day, n in zip(weeks[:20], talks, strict=True)
    ]
    rows += [
        ("team", "T18", LOOKS_BACK, day, n, "")
        for day, n in zip(weeks[:6], rng.integers(1, 4, 6), strict=True)
    ]
    _write_csv(path, COUNTS, rows)


def _write_csv(path: Path, columns: Sequence[str], rows: Rows) -> None:
    """A file with `;` between its columns and a remark in its last row."""
    buffer = io.StringIO()
    out = csv.writer(buffer, lineterminator="\n", delimiter=";")
    out.writerow(columns)
    for number, row in enumerate(rows, start=1):
        out.writerow((*row, remark(CONTACTS[path.name][0]) if number == len(rows) else ""))
    replace_file(path, buffer.getvalue().encode("utf-8"))

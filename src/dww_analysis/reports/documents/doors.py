"""Four doors to one page: which sections a reader finds behind the own one, and what each door is called.

Nothing is written twice for a door: a section stands on the page once and says behind which doors it is. Without
scripts, and for who searches, the page is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from dww_analysis.language.labels import Labels

LEAD, RESEARCHER, ANALYST, TEAMS = DOORS = ("lead", "researcher", "analyst", "teams")

# Section -> doors. The researcher finds whatever is not named here.
BEHIND: Mapping[str, tuple[str, ...]] = {
    "summary": (LEAD, RESEARCHER),
    "teams": (TEAMS,),
    "documents": DOORS,
    "priorities": (LEAD, RESEARCHER, TEAMS),
    "limits": (LEAD, RESEARCHER),
    "sensemaking": (LEAD, RESEARCHER, TEAMS),
    "glossary": (LEAD, RESEARCHER, ANALYST),
    "citation": DOORS,
    **dict.fromkeys(
        ("results", "flow", "quality", "measurement", "exposure", "variance", "curve", "mechanisms"),
        (RESEARCHER, ANALYST),
    ),
    **dict.fromkeys(("calibration", "methods", "provenance"), (RESEARCHER, ANALYST)),
}
# With the report as an article the researcher reads that, and its limits; the summary is then for who decides.
WITH_ARTICLE: Mapping[str, tuple[str, ...]] = {"summary": (LEAD,), "limits": (LEAD,)}


def behind(sections: Iterable[str], chapters: Mapping[str, bool]) -> dict[str, tuple[str, ...]]:
    """Section -> doors, in the order of doors; the researcher's where `BEHIND` does not say.

    chapters: those of the article, and whether each is of the appendix; what it carries the analyst finds too.
    """
    known: dict[str, tuple[str, ...]] = {**BEHIND, **(WITH_ARTICLE if chapters else {})}
    found = {}
    for name in sections:
        carries = chapters.get(name, False) or name == "methods"
        of_article = (RESEARCHER, ANALYST) if carries else (RESEARCHER,)
        found[name] = of_article if name in chapters else known.get(name, (RESEARCHER,))
    return found


def doors_of(places: Mapping[str, Sequence[str]], labels: Labels) -> list[tuple[str, str, str]]:
    """(id, name, what stands behind it) of the doors behind which something stands; that of teams only where the page
    has something for them alone, which that of a study of sessions has not. places: section -> its doors, as
    `behind` gives them."""
    open_doors = {door for doors in places.values() for door in doors}
    capital = labels.words.capital
    shown = [d for d in DOORS if d in open_doors and (d != TEAMS or "teams" in places)]
    return [(d, capital(labels.by_teams(f"door.{d}")), labels.by_teams(f"door.{d}.says")) for d in shown]

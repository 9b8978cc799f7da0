"""archive.yaml: what a data station asks that no other file of the configuration says. A study may do without."""

from __future__ import annotations

from pydantic import Field

from dww_analysis.config.strict import IsoDate, Strict, Words

FILE = "archive.yaml"


class CreatorConfig(Strict):
    """Somebody who is named as a maker of the data: of the research team, never a participant."""

    name: str = Field(min_length=1, description="as it is cited, e.g. Vries, A. de")
    orcid: str = Field(
        "", pattern=r"^(\d{4}-\d{4}-\d{4}-\d{3}[\dX])?$", description="0000-0000-0000-0000, without address"
    )
    affiliation: str = ""


class PersonsConfig(Strict):
    """What was agreed before rows of single persons leave the research team."""

    consent: str = Field(min_length=1, description="what participants were told, and agreed to, about reuse")
    officer: str = Field(min_length=1, description="what the privacy officer decided (DPIA, pseudonyms, key)")
    access: str = Field(
        min_length=1, description="who may open the data at the station, and who decides that"
    )
    agreed: IsoDate = Field(description="since when this holds, YYYY-MM-DD")


class ArchiveConfig(Strict):
    """Read by `dww archive` alone: a change of it makes no result stale."""

    description: Words = Field(
        default_factory=dict, description="what the study is about, in a few sentences"
    )
    creators: list[CreatorConfig] = Field(default_factory=list)
    keywords: list[str] = Field(default_factory=list)
    persons: PersonsConfig | None = Field(
        default=None, description="without it no rows of persons of a private study"
    )

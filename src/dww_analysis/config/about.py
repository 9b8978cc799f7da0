"""about.yaml: what the report says of a study that no other file knows. A study may do without any of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, create_model

from dww_analysis.config.strict import Strict, Words, each_once
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.about import MANUSCRIPT, PROMPTS, About
from dww_analysis.errors import Problem

NAME = "about"
ASKED = {
    "background": "what was known, what was not, and why that matters",
    "objectives": "what the study set out to find, and what was expected",
    "setting": "where it took place: kind of organisations, region, what was going on there",
    "eligibility_units": "which teams or organisations could take part, and which could not",
    "eligibility_persons": "which persons could take part, and which could not",
    "recruitment": "how units and persons were asked",
    "recruitment_dates": "from when to when units and persons were asked, and followed",
    "stopping": "whether and why the study ended early or was looked at in between",
    "intervention_why": "the reasoning behind the intervention (TIDieR 2)",
    "intervention_materials": "what was used and where it can be found (TIDieR 3)",
    "intervention_procedures": "what was done (TIDieR 4)",
    "intervention_who": "who gave it, and with what training (TIDieR 5)",
    "intervention_how": "face to face or at a distance, alone or in a group (TIDieR 6)",
    "intervention_where": "where it was given (TIDieR 7)",
    "intervention_dose": "how often, how long and over which period (TIDieR 8)",
    "intervention_tailoring": "what was fitted to whom, and how (TIDieR 9)",
    "intervention_changes": "what was changed on the way (TIDieR 10)",
    "intervention_fidelity": "how well it was given as planned, and how that was followed (TIDieR 11, 12)",
    "comparison": "what the others did",
    "outcome_changes": "which outcomes were changed after the start, and why",
    "sample_size": "how the number of units and persons was chosen, with the assumptions",
    "allocation_sequence": "how the order of allocation was made",
    "concealment": "how it was kept unknown until units were enrolled",
    "implementation": "who made the order, who enrolled, who told units their arm",
    "blinding": "who knew which unit was in which arm, and how that was handled",
    "harms": "which unwanted events were looked for, how, and what was found",
    "generalisability": "to whom the results may hold, and to whom not",
    "funding": "who paid, and what say they had",
    "interests": "interests of the authors",
    "ethics": "which committee judged it, with number and date",
    "consent": "what participants were told and agreed to",
    "registration": "registry and number, when plan.yaml does not say it",
    "protocol": "where the protocol can be read",
    "data_availability": "what of the data can be had, where, and on which terms",
    "contributions": "who did what",
    "authors": "names as they are cited, in order",
    "licence": "of the text of the report",
}
Authors = Annotated[list[Annotated[str, Field(min_length=1)]], AfterValidator(each_once)]
_FIELDS: dict[str, Any] = {
    name: (Words, Field(default_factory=dict, description=ASKED[name]))
    for name in PROMPTS
    if name not in ("authors", "licence")
}


class _Named(Strict):
    """What is no text in two languages."""

    authors: Authors = Field(default_factory=list, description=ASKED["authors"])
    licence: str = Field("", description=ASKED["licence"])

    def to_domain(self) -> About:
        """The frozen value the report sees; a prompt that holds empty texts only was not answered."""
        said = {name: _answer(getattr(self, name)) for name in _FIELDS}
        return About(**said, authors=tuple(self.authors), licence=self.licence)


AboutConfig: type[_Named] = create_model(
    "AboutConfig", __base__=_Named, __doc__="Prompts that the report prints; all may be left out.", **_FIELDS
)


def _answer(text: Mapping[str, str]) -> dict[str, str]:
    return {language: words for language, words in text.items() if words}


def check_about(
    there: bool, written: list[str], documents: list[str], languages: list[str], files: Mapping[str, YamlFile]
) -> Iterator[Problem]:
    """about.yaml and discussions that no document prints: a Problem each, with file and line. `written`: names of
    the files of discussions."""
    where = files["reports"].shown_name
    asked = "report" in documents
    unread = [] if asked else [*(["about.yaml"] if there else []), *written]
    for name in unread:
        yield Problem(
            found=f"nobody reads {name}: reports.yaml asks for no report as an article",
            where=where,
            expected="`documents: [report]`, which prints it",
            action=f"add `report` to `documents`, or remove {name}",
        )
    for name in written if asked else ():
        language = name.removeprefix(MANUSCRIPT).strip(".").removesuffix("md").strip(".")
        if language and language not in languages:
            yield Problem(
                found=f"nobody reads {name}: the report does not speak that language",
                where=where,
                expected="one of " + ", ".join(f"{MANUSCRIPT}.{known}.md" for known in languages),
                action="rename it, or add the language to `languages`",
            )

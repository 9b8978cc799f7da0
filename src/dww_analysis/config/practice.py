"""practice.yaml, optional: roles, themes, sessions, votes and blocks of meetings, and the sources that name them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dww_analysis.config.networks import (
    ChecklistConfig,
    NetworkConfig,
    RelationConfig,
    check_networks,
    each_list_once,
)
from dww_analysis.config.rules import unknown
from dww_analysis.config.sources import SourceConfig, SourcesConfig
from dww_analysis.config.strict import LONGEST_NAME, IsoDate, Name, Strict, Words, each_once, refuse_twice
from dww_analysis.config.wide_rules import spread, values_given
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain import practice as domain
from dww_analysis.domain.networks import FREE_UNITS
from dww_analysis.domain.written import is_open
from dww_analysis.errors import Problem


def _no_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError('an id; put quotes around "yes" and "no"')
    return str(value) if isinstance(value, int) else value


OptionName = Annotated[
    str,
    BeforeValidator(_no_truth, json_schema_input_type=str | int),
    Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=LONGEST_NAME),
]


def _not_taken(name: str) -> str:
    if name in domain.TAKEN_ROLES:
        raise ValueError(f"another id than `{name}`, which stands for several roles together")
    return name


class Listed(Strict):
    """One entry of a list, each with an id of its own."""

    id: Name


Entry = TypeVar("Entry", bound=Listed)


def _ids_once(entries: list[Entry]) -> list[Entry]:
    refuse_twice(entry.id for entry in entries)
    return entries


EachOnce = AfterValidator(_ids_once)


class RoleConfig(Listed):
    id: Annotated[Name, AfterValidator(_not_taken)]
    label: Words


class ThemeConfig(Listed):
    label: Words
    short: Words | None = Field(
        None, description="the label for narrow places, shorter in each of its languages"
    )
    national: Name | None = Field(None, description="id of the item of `agenda: national` it belongs to")

    def to_domain(self) -> domain.Theme:
        """The frozen value the other rooms see."""
        return domain.Theme(self.id, self.label, self.national or "", self.short or {})


class SessionConfig(Listed):
    label: Words
    date: IsoDate = Field(description="YYYY-MM-DD")
    question: Words = Field(default_factory=lambda: {"nl": "", "en": ""})
    choose: int | None = Field(
        None, ge=1, le=1000, description="themes that a ballot may choose, or dots that a voter may give"
    )
    capacity: int | None = Field(
        None, ge=1, le=100_000, description="how many people can have been there: seats, or invitations"
    )


class RegionConfig(Listed):
    label: Words


class VoteConfig(Listed):
    text: Words
    options: dict[OptionName, Words] = Field(min_length=2, description="id: words, in the order to show")


class CodingConfig(Strict):
    kinds: Annotated[list[domain.RemarkKind], AfterValidator(each_once)] = Field(
        default_factory=lambda: list(domain.REMARK_KINDS), min_length=1
    )


class BlockConfig(Listed):
    label: Words
    angle: domain.Angle
    scale: Name | None = Field(None, description="id of the scale that asks teams about the same")


class NationalConfig(Listed):
    label: Words


class AgendaConfig(Strict):
    national: Annotated[list[NationalConfig], EachOnce] = Field(default_factory=list)


class ElementConfig(Listed):
    label: Words


class SituationConfig(Listed):
    label: Words


class FunctionConfig(Listed):
    label: Words
    events: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="verbs of the app log by which it is used: the last part of the verb's address",
    )
    answered_by: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list, description="verbs by which what was asked is answered"
    )

    @model_validator(mode="after")
    def _other_verbs(self) -> FunctionConfig:
        both = sorted({*map(domain.verb_of, self.events)} & {*map(domain.verb_of, self.answered_by)})
        if self.answered_by and not self.events:
            raise ValueError("`events` beside `answered_by`: what was asked, before what answers it")
        if both:
            raise ValueError(f"other verbs in `answered_by` than in `events`, not {', '.join(both)} in both")
        return self


class PracticeConfig(Strict):
    """What sessions are about. Sources of `sources.yaml` name these ids."""

    roles: Annotated[list[RoleConfig], EachOnce] = Field(default_factory=list)
    regions: Annotated[list[RegionConfig], EachOnce] = Field(default_factory=list)
    themes: Annotated[list[ThemeConfig], EachOnce] = Field(default_factory=list)
    sessions: Annotated[list[SessionConfig], EachOnce] = Field(
        default_factory=list, description="in the order to show"
    )
    votes: Annotated[list[VoteConfig], EachOnce] = Field(default_factory=list)
    coding: CodingConfig = Field(default_factory=lambda: CodingConfig.model_validate({}))
    blocks: Annotated[list[BlockConfig], EachOnce] = Field(default_factory=list)
    agenda: AgendaConfig = Field(default_factory=lambda: AgendaConfig.model_validate({}))
    networks: Annotated[list[NetworkConfig], EachOnce] = Field(
        default_factory=list, description="learning networks, in the order to show"
    )
    relations: Annotated[list[RelationConfig], EachOnce] = Field(
        default_factory=list, description="what contacts are for"
    )
    checklists: Annotated[list[ChecklistConfig], AfterValidator(each_list_once)] = Field(default_factory=list)
    elements: Annotated[list[ElementConfig], EachOnce] = Field(
        default_factory=list, description="core elements of the work, that fragments are examples of"
    )
    situations: Annotated[list[SituationConfig], EachOnce] = Field(default_factory=list)
    functions: Annotated[list[FunctionConfig], EachOnce] = Field(
        default_factory=list, description="what the digital practice profile offers, by verbs of the app log"
    )

    def to_domain(self) -> domain.Practice:
        """The frozen value the other rooms see."""
        return domain.Practice(
            roles=tuple(domain.Role(r.id, r.label) for r in self.roles),
            themes=tuple(t.to_domain() for t in self.themes),
            sessions=tuple(domain.Session(**s.model_dump()) for s in self.sessions),
            votes=tuple(domain.RoomVote(v.id, v.text, v.options) for v in self.votes),
            kinds=tuple(self.coding.kinds),
            blocks=tuple(domain.Block(b.id, b.label, b.angle, b.scale or "") for b in self.blocks),
            national=tuple(domain.NationalItem(i.id, i.label) for i in self.agenda.national),
            regions=tuple(domain.Region(r.id, r.label) for r in self.regions),
            networks=tuple(n.to_domain() for n in self.networks),
            relations=tuple(r.to_domain() for r in self.relations),
            checklists=tuple(c.to_domain() for c in self.checklists),
            elements=tuple(domain.Element(e.id, e.label) for e in self.elements),
            situations=tuple(domain.Situation(s.id, s.label) for s in self.situations),
            functions=tuple(
                domain.Function(
                    f.id, f.label, *(tuple(map(domain.verb_of, verbs)) for verbs in (f.events, f.answered_by))
                )
                for f in self.functions
            ),
        )


def check_practice(config: PracticeConfig, scales: Iterable[str], file: YamlFile) -> Iterator[Problem]:
    """Names of practice.yaml that lead nowhere: items of the national agenda, and scales. A Problem each, with file
    and line. scales: ids of the study."""
    items, known = [item.id for item in config.agenda.national], list(scales)
    for index, theme in enumerate(config.themes):
        if theme.national is not None and theme.national not in items:
            where = file.where(("themes", index, "national"))
            yield unknown("item of the national agenda", theme.national, items, where)
    for index, block in enumerate(config.blocks):
        if block.scale is not None and block.scale not in known:
            yield unknown("scale", block.scale, known, file.where(("blocks", index, "scale")))
    yield from _functions_in_others(config.functions, file)
    yield from check_networks(config.networks, [role.id for role in config.roles], file)
    if any(c.unit == "session" for c in config.checklists):
        yield from _one_name(config, file)


def _one_name(config: PracticeConfig, file: YamlFile) -> Iterator[Problem]:
    """Networks that are called as a session is: a filled-in check-list would be of either."""
    sessions = [session.id for session in config.sessions]
    for index, network in enumerate(config.networks):
        if network.id in sessions:
            yield Problem(
                found=f"`{network.id}` is a network and a session",
                where=file.where(("networks", index, "id")),
                expected="names of their own, as check-lists are filled in about sessions and about networks",
                action="give one of the two another id",
            )


def _functions_in_others(functions: list[FunctionConfig], file: YamlFile) -> Iterator[Problem]:
    """Functions of which all verbs are verbs of another one too: what one has more would tell of few people."""
    verbs = [{*map(domain.verb_of, function.events)} for function in functions]
    for index, function in enumerate(functions):
        around = [
            f.id
            for f, own in zip(functions, verbs, strict=True)
            if f is not function and verbs[index] and verbs[index] <= own
        ]
        if around:
            yield Problem(
                found=f"all events of `{function.id}` are events of {', '.join(f'`{id}`' for id in around)} too",
                where=file.where(("functions", index, "events")),
                expected="functions of which neither holds the other: their difference would tell what few people did",
                action="leave these verbs out of one of them, or leave one of the functions out",
            )


# What the columns of a kind of source name: the list of practice.yaml, which must hold something.
LISTS = {
    "session": "sessions",
    "role": "roles",
    "theme": "themes",
    "statement": "votes",
    "block": "blocks",
    "region": "regions",
    "owner_role": "roles",
    "network": "networks",
    "unit": "networks",
    "relation": "relations",
    "item": "checklists",
    "element": "elements",
    "situation": "situations",
    "function": "functions",
}


def check_practice_sources(
    practice: PracticeConfig | None, config: SourcesConfig, file: YamlFile
) -> Iterator[Problem]:
    """Sources about sessions without the lists that their columns name, and without consent where all was open: a
    Problem each, with file and line."""
    yield from _without_source(practice, config, file)
    for index, source in enumerate(config.sources):
        if source.kind not in domain.PRACTICE_KINDS:
            continue
        where = f"{file.where(('sources', index))}, source {source.id}"
        yield from _of_basis(source, where)
        if practice is None:
            yield Problem(
                found=f"a source of kind {source.kind}, and no practice.yaml",
                where=where,
                expected="practice.yaml beside this file, with the sessions, roles and themes that the source names",
                action="write practice.yaml (docs/config.md), or remove the source",
            )
            continue
        yield from _of_raters(source, practice, where)
        lists = _lists(source, practice)
        for column in (*source.columns, *spread(source)):
            listed = lists.get(column)
            if listed is not None and not getattr(practice, listed):
                yield Problem(
                    found=f"the column `{column}`, and no `{listed}` in practice.yaml",
                    where=where,
                    expected=f"the ids that the column may hold, in `{listed}`",
                    action=f"add `{listed}:` to practice.yaml",
                )
        yield from _values(practice, source, lists, where)


def _of_raters(source: SourceConfig, practice: PracticeConfig, where: str) -> Iterator[Problem]:
    """Check-lists about teams without a column of raters: one person may have filled in several."""
    about_teams = any(c.unit in FREE_UNITS for c in practice.checklists)
    if source.kind == "checklist" and about_teams and "rater" not in (*source.columns, *source.fixed):
        yield Problem(
            found="check-lists about teams or organisations, and no column `rater`",
            where=where,
            expected="who filled in each list, by a code: one person may look at several teams",
            action="name the column in `columns`, or give `fixed: {rater: ...}` where it was one person",
        )


def _lists(source: SourceConfig, practice: PracticeConfig) -> dict[str, str]:
    """`LISTS` of a source: a network's sessions are those of its rows, items of agendas are declared elsewhere, and a
    check-list may be about sessions, teams or organisations."""
    in_network = "network" in (*source.columns, *source.fixed)
    left = {"session"} if in_network else set()
    if source.kind != "checklist":
        left |= {"item"}
    elif practice.sessions or any(c.unit in FREE_UNITS for c in practice.checklists):
        left |= {"unit"}
    return {column: listed for column, listed in LISTS.items() if column not in left}


def _values(
    practice: PracticeConfig, source: SourceConfig, lists: Mapping[str, str], where: str
) -> Iterator[Problem]:
    """What `fixed` and `wide` say of a column that has a list, and that is not in it."""
    for column, value in values_given(source):
        known = _known_values(practice, lists, column)
        if known and value not in known and not is_open(value):
            yield unknown(column, value, known, where)


def _without_source(
    practice: PracticeConfig | None, config: SourcesConfig, file: YamlFile
) -> Iterator[Problem]:
    """Functions of which no source says anything, and verbs without a log."""
    functions = practice.functions if practice is not None else []
    log = any(s.kind == "events" for s in config.sources)
    told = any(
        s.kind in domain.PRACTICE_KINDS and "function" in (*s.columns, *s.fixed) for s in config.sources
    )
    if functions and not log and (not told or any(f.events for f in functions)):
        yield Problem(
            found="`functions` in practice.yaml, and no source of kind events",
            where=file.where(("sources",)),
            expected="the log of the app, in which the verbs of the functions stand",
            action="add the source, or remove `functions`; where they are rated and no log was kept, remove `events`",
        )


def _of_basis(source: SourceConfig, where: str) -> Iterator[Problem]:
    """What was made in the room is open only when somebody says how and when those there agreed."""
    absent = [name for name in ("consent", "date") if not getattr(source, name)]
    if source.basis == "open" and absent:
        yield Problem(
            found=f"`basis: open` without {' and '.join(f'`{name}`' for name in absent)}",
            where=where,
            expected="how and when those in the room agreed that what they made is shown",
            action=f"add {' and '.join(f'`{name}:`' for name in absent)}, or leave `basis` out: then it is private",
        )


def _known_values(practice: PracticeConfig, lists: Mapping[str, str], column: str) -> list[str] | None:
    """The values that a column of ours may have by practice.yaml; None where it does not list them itself."""
    if column == "moment":
        return list(domain.MOMENTS)
    listed = lists.get(column)
    return None if listed in (None, "checklists") else [entry.id for entry in getattr(practice, listed)]

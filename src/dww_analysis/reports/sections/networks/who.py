"""Who is in a network and who is not: the type and what it asks, missing perspectives first, then who is there."""

from __future__ import annotations

from collections.abc import Iterator

from dww_analysis.domain.networks import DECISION_LEVELS, LEANINGS
from dww_analysis.domain.practice import OTHERS
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.pictures import NetworkBlock, Part, StripRow, Strips
from dww_analysis.reports.sections.networks.rows import NetworkRows

STAYED_AWAY = 2  # sessions in a row that nobody of a role came to


def who_block(told: NetworkRows) -> NetworkBlock:
    """Ambition, type, who is missing, who is there; strips by role and by kind of organisation where rows of them may
    be shown."""
    words, network = told.labels.words, told.network
    ambition = words.say(network.ambition)
    sentences = [
        words("networks.ambition", ambition=ambition) if ambition else "",
        f"{words(f'networks.type.{network.type}')} {words(f'networks.asks.{network.type}')}",
        " ".join(_missing(told)),
        _present(told),
    ]
    rows = [row for row in (_roles(told), *_kinds(told)) if row is not None]
    strips = (Strips(words("networks.composition"), tuple(rows)),) if rows else ()
    return NetworkBlock(words("networks.who"), tuple(s for s in sentences if s), strips=strips)


def _present(told: NetworkRows) -> str:
    """How many members there are, and which roles they have."""
    words, inside = told.labels.words, {m.role for m in told.network.members}
    if not there(told.value("members")):
        return ""
    roles = words.listing(told.role(r) for r in told.practice.ids("roles") if r in inside)
    return f"{words.many('networks.members', told.value('members'))} {words('networks.present', roles=roles)}"


def _missing(told: NetworkRows) -> Iterator[str]:
    """Perspectives without a member, roles that stopped coming, levels and leanings that nobody has."""
    words, network = told.labels.words, told.network
    if not network.members:
        yield words("networks.members_unknown")
        return
    inside = {m.role for m in network.members}
    absent = [told.role(r) for r in told.practice.ids("roles") if r not in inside]
    yield words("networks.missing", roles=words.listing(absent)) if absent else words("networks.complete")
    for key, known, own in (
        ("level", DECISION_LEVELS, [m.level for m in network.members]),
        ("leans", LEANINGS, [m.leans for m in network.members]),
    ):
        without = [words(f"networks.{key}.{name}") for name in known if name not in own]
        if without and all(own):
            yield words(f"networks.missing_{key}", names=words.listing(without))
    held = told.value("sessions_held")
    gone = [r for r in told.roles("last_came", "") if held - told.value("last_came", "", r) >= STAYED_AWAY]
    for role in gone:
        last = told.value("last_came", "", role)
        key = "stopped" if last else "never_came"
        yield words(f"networks.{key}", role=words.capital(told.role(role)), session=words.count(last))


def _roles(told: NetworkRows) -> StripRow | None:
    words = told.labels.words
    parts = [
        Part(words("networks.part", name=told.role(r), n=words.count(n)), n)
        for r in told.roles("members", "")
        if there(n := told.value("members", "", r))
    ]
    return StripRow(words("networks.by_role"), tuple(parts)) if parts else None


def _kinds(told: NetworkRows) -> Iterator[StripRow]:
    """Decision level, thinking and doing, where they are known of every member."""
    words = told.labels.words
    for key, known in (("level", DECISION_LEVELS), ("leans", LEANINGS)):
        sizes = {name: told.value("members", f"{key}:{name}") for name in (*known, OTHERS)}
        parts = [
            Part(words("networks.part", name=words(f"networks.{key}.{name}"), n=words.count(n)), n)
            for name, n in sizes.items()
            if there(n)
        ]
        if parts:
            yield StripRow(words(f"networks.by_{key}"), tuple(parts))

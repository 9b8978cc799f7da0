"""What roles have for each other: what one offers that another asks; and what was agreed on the day."""

from __future__ import annotations

from collections.abc import Sequence

from dww_analysis.domain.practice import OTHERS
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import heading, text
from dww_analysis.reports.sections.quantity_rows import Row
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import session_table


def exchange_block(told: SessionRows) -> Block:
    """Themes that one role offers and another asks, a row each; nothing where no role does."""
    words = told.labels.words
    rows = []
    for theme in sorted(told.practice.ids("themes"), key=lambda t: told.name("themes", t).casefold()):
        give, need = (_roles(told, f"{theme}:{kind}") for kind in ("give", "need"))
        if any(giver != asker for giver, _ in give for asker, _ in need):
            named = heading(words.capital(told.name("themes", theme)))
            rows.append([named, text(_listed(told, give)), text(_listed(told, need))])
    heads = [words("priorities.theme"), words("exchange.give"), words("exchange.need")]
    caption = words("exchange.table", session=told.label)
    notes = [words("exchange.note"), words("priorities.note_remarks")]
    table = session_table(told, "exchange", caption, heads, rows, notes, ("remarks",))
    return block(words("exchange.title", session=words.capital(told.label)), tables=[table] if rows else [])


def _roles(told: SessionRows, subject: str) -> list[tuple[str, float]]:
    """(role, remarks) of those who said it, in the order of the study."""
    order = (*told.practice.ids("roles"), OTHERS)
    return [(r, v) for r in order if (v := told.value("remarks", subject, r)) > 0]


def _listed(told: SessionRows, said: Sequence[tuple[str, float]]) -> str:
    words = told.labels.words
    return words.listing(words("priorities.role_n", role=told.role(r), n=words.count(n)) for r, n in said)


def agreed_block(told: SessionRows, items: Sequence[Row], labels: Labels) -> Block:
    """Items of learning agendas that have their status since the day of the session; nothing where there are none."""
    words = labels.words
    regions = {r.id: r.label for r in told.practice.regions}
    national = {i.id: i.label for i in told.practice.national}
    said = []
    for item in items:
        if item["since"] == told.session.date:
            theme = item["theme"] or ""
            said.append(
                words(
                    "exchange.agreed",
                    what=words.quoted(
                        told.name("themes", theme) if theme else words.say(national[item["item"]])
                    ),
                    where=words.say(regions[item["region"]])
                    if item["level"] == "region"
                    else words("agenda.country"),
                    status=words(f"agenda.status.{str(item['status']).replace(' ', '_')}"),
                )
            )
    return block(words("exchange.agreed_title"), points=said)

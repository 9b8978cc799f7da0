"""What people in a session find important: who was there, the order of themes and how sure it is, shares by role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from dww_analysis.domain.practice import ALL_ROLES
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, heading, text
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.sessions.rows import SessionRows
from dww_analysis.reports.sections.sessions.tables import cell_of, of_scores, session_table, with_interval
from dww_analysis.reports.tables import Table, first_of_each, flagged

Column = tuple[str, Callable[[str], Cell]]  # its heading, and its cell of a theme


def themes_block(told: SessionRows) -> Block:
    """When and what it was about, who was there, and what they find important."""
    words = told.labels.words
    question = words.say(told.session.question)
    sentences = [
        words("priorities.question", question=question) if question else "",
        _present(told),
        *order_of(told),
    ]
    tables = [table_of_themes(told)] if told.themes else []
    folded = [fold(words("priorities.shares"), _shares(told))] if told.roles("share") else []
    return block(told.title, sentences=sentences, tables=tables, folded=folded)


def _present(told: SessionRows) -> str:
    """Who was there, by role."""
    words, all_of = told.labels.words, told.row("present", "")
    if all_of is None:
        return words("priorities.attendance_unknown")
    if flagged(all_of):
        return words("priorities.present_hidden", minimum=told.labels.study.min_cell_size)
    parts = [
        words("priorities.role_n", role=told.role(role), n=words.count(told.value("present", "", role)))
        for role in told.roles("present")
    ]
    said = words.many("priorities.present", told.value("present", ""))
    by_role = words("priorities.present_by_role", roles=words.listing(parts)) if len(parts) > 1 else ""
    return f"{said} {by_role}".strip()


def order_of(told: SessionRows) -> Iterator[str]:
    """What is sure of the order, what roles agree and differ on, or that nothing of it may be shown: sentences, "" for
    what there is nothing to say of."""
    words, themes = told.labels.words, told.themes
    if told.nothing_shown:
        yield words("priorities.choices_hidden", minimum=told.labels.study.min_cell_size)
        return
    for tier in ("sure_top3", "not_top3"):
        yield _listed(told, f"priorities.are_{tier}", [t for t in themes if told.tier(t) == tier])
    if told.judged and not any(told.tier(t) == "sure_top3" for t in themes):
        yield words("priorities.nothing_sure")
    elif not told.judged and told.roles("share"):
        yield words("priorities.not_judged")
    if there(w := told.value("kendall_w", "")):
        yield words("priorities.agreement", w=words.number(w))
    yield _listed(told, "priorities.are_contested", filter(told.contested, themes))
    yield _of_one_role(told)
    if told.orders_differ():
        yield words("priorities.orders_differ")


def _listed(told: SessionRows, key: str, themes: Iterable[str]) -> str:
    words = told.labels.words
    named = [words.quoted(told.name("themes", t)) for t in themes]
    return words(key, themes=words.listing(named)) if named else ""


def _of_one_role(told: SessionRows) -> str:
    """Themes that are in the top three of one role only."""
    words = told.labels.words
    alone = {r["subject"]: r["role"] for r in told.shown("top3_of_one_role")}
    named = [
        words("priorities.theme_of", theme=words.quoted(told.name("themes", t)), role=told.role(alone[t]))
        for t in told.themes
        if t in alone
    ]
    return words("priorities.of_one_role", themes=words.listing(named)) if named else ""


def table_of_themes(told: SessionRows) -> Table:
    """Themes in rows by roles in columns: shares of ballots, or dots where only these were counted. Needs a theme of
    which something is known."""
    words = told.labels.words
    counted = told.roles("share") or told.row("share", told.themes[0]) is not None
    shown = "share" if counted else "dots"
    columns = list(_columns(told, shown))
    return session_table(
        told,
        "priorities",
        words(f"priorities.matrix_{shown}", session=told.label),
        [head for head, _ in columns],
        [[cell(theme) for _, cell in columns] for theme in told.themes],
        [
            words(f"priorities.note_{shown}"),
            words(f"priorities.note_{'place' if told.judged else 'alphabet'}"),
        ],
        (shown, "share_equal_weight"),
    )


def _columns(told: SessionRows, shown: str) -> Iterator[Column]:
    words = told.labels.words
    yield words("priorities.theme"), partial(_named, told)
    if told.judged:
        yield words("priorities.place"), partial(_place, told)
    for role in told.roles(shown) or [ALL_ROLES]:
        yield _headed(told, shown, role), partial(cell_of, told, shown, role=role)
    for quantity, key in (("share_equal_weight", "equal_weight"), ("two_step", "two_step")):
        rows = [row for t in told.themes if (row := told.row(quantity, t)) is not None]
        if rows:
            named = "score" if any(map(of_scores, rows)) else key
            yield words(f"priorities.{named}"), partial(cell_of, told, quantity)


def _named(told: SessionRows, theme: str) -> Cell:
    return heading(told.labels.words.capital(told.name("themes", theme)))


def _headed(told: SessionRows, quantity: str, role: str) -> str:
    """The name of a role with how many ballots there were of it."""
    words, row = told.labels.words, told.row(quantity, told.themes[0], role)
    name = words.capital(told.role(role))
    if row is None or not there(row["n"]):
        return name
    return words("priorities.headed", role=name, n=words.count(row["n"]))


def _place(told: SessionRows, theme: str) -> Cell:
    tier, words = told.tier(theme), told.labels.words
    said = words(f"priorities.tier.{tier}") if tier else "–"
    return text(f"{said} {words('priorities.contested_mark')}" if told.contested(theme) else said)


def _shares(told: SessionRows) -> Table:
    """Every share of the matrix with its interval."""
    words = told.labels.words
    found = [
        (theme, role, row)
        for theme in told.themes
        for role in told.roles("share")
        if (row := told.row("share", theme, role)) is not None
    ]
    rows = [[_named(told, theme), text(told.role(role)), *with_interval(row)] for theme, role, row in found]
    heads = [words(f"priorities.{key}") for key in ("theme", "role", "share", "interval", "ballots")]
    strong = first_of_each([theme for theme, _, _ in found])
    caption = words("priorities.shares_of", session=told.label)
    notes = [words("priorities.note_interval")]
    return session_table(told, "shares", caption, heads, rows, notes, ("share",), strong)

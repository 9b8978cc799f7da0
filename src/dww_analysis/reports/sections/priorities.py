"""What people in sessions find important: who was there, themes by role, votes of the room, blocks, coded remarks.

Every number is a row of the quantities; a theme's place is said in tiers, never as a rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from dww_analysis.domain.practice import ALL_ROLES, OTHERS, TIERS, Practice, RoomVote, Session
from dww_analysis.domain.study import Text
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block, fold
from dww_analysis.reports.cells import Cell, count, heading, hidden, nothing, number, p_value, percent, text
from dww_analysis.reports.sections.measurement import cell_notes, there
from dww_analysis.reports.tables import Table, build_table, first_of_each, flagged, refuse_small, rows_of

Row = dict[str, Any]
KEY, CSV = "quantities", "quantities.csv"
CONTESTED_BELOW = 0.05
ALPHA_ENOUGH = 0.667  # Krippendorff (2004): under it counts of codes are provisional
LITTLE_NEW = 0.05
TOGETHER_SHOWN = 5  # pairs of blocks


def priority_blocks(table: pd.DataFrame | None, practice: Practice | None, labels: Labels) -> list[Block]:
    """A block for each session and for what was told in all of them; nothing without sessions."""
    if practice is None or table is None or table.empty:
        return []
    closed = table[table["basis"] != "open"]
    refuse_small(closed, KEY, "n", ("value",), labels.study.min_cell_size)
    words = labels.words
    parts = [block(sentences=[words("priorities.nobody_drawn"), words("priorities.how_to_read")])]
    for session in practice.sessions:
        parts += told_of(session, table, practice, labels).blocks()
    parts.append(_coding(rows_of(table[table["unit_level"] == "study"]), labels))
    return [part for part in parts if part]


def told_of(session: Session, table: pd.DataFrame, practice: Practice, labels: Labels) -> Told:
    """What the quantities say of one session."""
    own = table[(table["unit_level"] == "session") & (table["unit"] == session.id)]
    return Told(session, practice, rows_of(own), labels)


@dataclass(frozen=True)
class Told:
    """The rows of one session, found by quantity, subject and role."""

    session: Session
    practice: Practice
    rows: Sequence[Row]
    labels: Labels

    @cached_property
    def by_name(self) -> Mapping[tuple[str, str, str], Row]:
        return {(r["quantity"], r["subject"] or "", r["role"]): r for r in self.rows}

    def row(self, quantity: str, subject: str, role: str = ALL_ROLES) -> Row | None:
        """One row, also a hidden one; None where there is none."""
        return self.by_name.get((quantity, subject, role))

    def value(self, quantity: str, subject: str, role: str = ALL_ROLES) -> float:
        """The value of a row; NaN where it is not there or not shown."""
        row = self.row(quantity, subject, role)
        return float("nan") if row is None or flagged(row) else float(row["value"])

    def roles(self, *quantities: str) -> list[str]:
        """The roles that stand alone, in the order of the study; then the others together."""
        seen = {r["role"] for r in self.rows if r["quantity"] in quantities}
        return [r for r in (*self.practice.ids("roles"), OTHERS) if r in seen]

    def blocks(self) -> list[Block]:
        """Everything about the session."""
        return [*self.main(), *filter(None, [self.pasted()])]

    def main(self) -> list[Block]:
        """What was chosen, voted and told; nothing where nothing was counted."""
        if not self.rows:
            return []
        votes = (self.vote(vote) for vote in self.practice.votes)
        return [part for part in (self.first(), *votes, self.remarks()) if part]

    def first(self) -> Block:
        """When and what it was about, who was there, and what they find important."""
        words, say = self.labels.words, self.labels.words.say
        question = say(self.session.question)
        sentences = [
            words("priorities.question", question=question) if question else "",
            self.present(),
            *self.order(),
        ]
        table = self.matrix()
        folded = [fold(words("priorities.shares"), self.shares())] if self.roles("share") else []
        return block(self.title(), sentences=sentences, tables=[table] if table else [], folded=folded)

    def title(self) -> str:
        """What it is called and when it was."""
        words = self.labels.words
        named = words.capital(words.say(self.session.label))
        return words("priorities.session", session=named, date=words.date(self.session.date))

    def present(self) -> str:
        """Who was there, by role."""
        words, all_of = self.labels.words, self.row("present", "")
        if all_of is None:
            return words("priorities.attendance_unknown")
        if flagged(all_of):
            return words("priorities.present_hidden", minimum=self.labels.study.min_cell_size)
        parts = [
            words("priorities.role_n", role=self.role(role), n=words.count(self.value("present", "", role)))
            for role in self.roles("present")
        ]
        said = words.many("priorities.present", self.value("present", ""))
        by_role = words("priorities.present_by_role", roles=words.listing(parts)) if len(parts) > 1 else ""
        return f"{said} {by_role}".strip()

    def order(self) -> Iterator[str]:
        """What is sure of the order, what roles agree and differ on."""
        words = self.labels.words
        tiers = {t: self.tier(t) for t in self.themes()}
        judged = [t for t, tier in tiers.items() if tier]
        for tier in ("sure_top3", "not_top3"):
            yield self.listed(f"priorities.are_{tier}", [t for t in judged if tiers[t] == tier])
        if judged and "sure_top3" not in tiers.values():
            yield words("priorities.nothing_sure")
        elif not judged and self.roles("share"):
            yield words("priorities.not_judged")
        if there(w := self.value("kendall_w", "")) and w == w:
            yield words("priorities.agreement", w=words.number(w))
        yield self.listed("priorities.are_contested", [t for t in self.themes() if self.contested(t)])
        yield from self.of_one_role()
        if self.orders_differ():
            yield words("priorities.orders_differ")

    def listed(self, key: str, themes: Iterable[str]) -> str:
        named = [self.labels.words.quoted(self.theme(t)) for t in themes]
        return self.labels.words(key, themes=self.labels.words.listing(named)) if named else ""

    def of_one_role(self) -> Iterator[str]:
        """Themes that are in the top three of one role only."""
        words = self.labels.words
        alone = {
            r["subject"]: r["role"]
            for r in self.rows
            if r["quantity"] == "top3_of_one_role" and not flagged(r)
        }
        named = [
            words("priorities.theme_of", theme=words.quoted(self.theme(t)), role=self.role(alone[t]))
            for t in self.themes()
            if t in alone
        ]
        if named:
            yield words("priorities.of_one_role", themes=words.listing(named))

    def orders_differ(self) -> bool:
        """Whether points of the two steps put themes in another order than means over roles."""
        orders = []
        for quantity in ("share_equal_weight", "two_step"):
            values = pd.Series({t: self.value(quantity, t) for t in self.themes()})
            if values.isna().any() or values.empty:
                return False
            orders.append(values.round(9).rank(method="min").tolist())
        return bool(orders[0] != orders[1])

    def theme(self, id: str) -> str:
        return _label(id, self.practice.themes, self.labels)

    def role(self, id: str) -> str:
        if id in (OTHERS, ALL_ROLES):
            return self.labels.words(f"priorities.role.{id}")
        return _label(id, self.practice.roles, self.labels)

    def tier(self, theme: str) -> str:
        row = self.row("share_equal_weight", theme)
        return "" if row is None or flagged(row) else str(row["tier"] or "")

    def contested(self, theme: str) -> bool:
        return self.value("contested_p_holm", theme) < CONTESTED_BELOW

    def themes(self) -> list[str]:
        """Themes of which something is known: by tier, then by name."""
        counted = ("share", "share_equal_weight", "two_step", "dots")
        known = {r["subject"] for r in self.rows if r["quantity"] in counted}
        places = {tier: place for place, tier in enumerate((*TIERS, ""))}
        own = [t for t in self.practice.ids("themes") if t in known]
        return sorted(own, key=lambda t: (places[self.tier(t)], self.theme(t).casefold()))

    def matrix(self) -> Table | None:
        """Themes by roles: shares of ballots, or dots where only these were counted."""
        themes, words = self.themes(), self.labels.words
        if not themes:
            return None
        shown = "share" if self.roles("share") or self.row("share", themes[0]) is not None else "dots"
        roles = self.roles(shown) or [ALL_ROLES]
        weighed = any(self.row("share_equal_weight", t) is not None for t in themes)
        stepped = any(self.row("two_step", t) is not None for t in themes)
        rows = []
        for theme in themes:
            cells = [heading(words.capital(self.theme(theme)))]
            cells += [self.place(theme)] if any(map(self.tier, themes)) else []
            cells += [self.cell(shown, theme, role) for role in roles]
            cells += [self.cell("share_equal_weight", theme)] if weighed else []
            cells += [self.cell("two_step", theme)] if stepped else []
            rows.append(cells)
        heads = [words("priorities.theme")]
        heads += [words("priorities.place")] if any(map(self.tier, themes)) else []
        heads += [self.headed(shown, themes[0], role) for role in roles]
        heads += [words("priorities.equal_weight")] if weighed else []
        heads += [words("priorities.two_step")] if stepped else []
        caption = words(f"priorities.matrix_{shown}", session=words.say(self.session.label))
        order = "place" if any(map(self.tier, themes)) else "alphabet"
        notes = [words(f"priorities.note_{shown}"), words(f"priorities.note_{order}")]
        return self.table("priorities", caption, heads, rows, notes, (shown, "share_equal_weight"))

    def headed(self, quantity: str, theme: str, role: str) -> str:
        """The name of a role with how many ballots there were of it."""
        row, name = self.row(quantity, theme, role), self.labels.words.capital(self.role(role))
        if row is None or not there(row["n"]):
            return name
        return self.labels.words("priorities.headed", role=name, n=self.labels.words.count(row["n"]))

    def place(self, theme: str) -> Cell:
        tier, words = self.tier(theme), self.labels.words
        said = words(f"priorities.tier.{tier}") if tier else "–"
        return text(f"{said} {words('priorities.contested_mark')}" if self.contested(theme) else said)

    def cell(self, quantity: str, subject: str, role: str = ALL_ROLES) -> Cell:
        row = self.row(quantity, subject, role)
        if row is None:
            return nothing()
        if flagged(row):
            return hidden()
        if quantity == "two_step":
            return number(row["value"], 1)
        return count(row["value"]) if quantity in COUNTS else percent(row["value"])

    def shares(self) -> Table:
        """Every share of the matrix with its interval."""
        words, found = self.labels.words, []
        for theme in self.themes():
            for role in self.roles("share"):
                row = self.row("share", theme, role)
                found += [] if row is None else [(theme, role, row)]
        rows = [
            [heading(words.capital(self.theme(theme))), text(self.role(role)), *_with_interval(row)]
            for theme, role, row in found
        ]
        heads = [words(f"priorities.{key}") for key in ("theme", "role", "share", "interval", "ballots")]
        strong = first_of_each([theme for theme, _, _ in found])
        caption = words("priorities.shares_of", session=words.say(self.session.label))
        return self.table(
            "shares", caption, heads, rows, [words("priorities.note_interval")], ("share",), strong
        )

    def vote(self, vote: RoomVote) -> Block:
        """One statement: what the room thought of it before and after."""
        words, subjects = self.labels.words, {}
        for moment in ("before", "after"):
            named = {option: f"{vote.id}:{option}:{moment}" for option in vote.options}
            if any(self.row("vote_share", s) is not None for s in named.values()):
                subjects[moment] = named
        if not subjects:
            return block()
        changed = any(self.row("vote_change", f"{vote.id}:{option}") is not None for option in vote.options)
        rows = []
        for option, label in vote.options.items():
            cells = [heading(words.capital(words.say(label)))]
            for named in subjects.values():
                row = self.row("vote_share", named[option])
                cells += [hidden(), hidden()] if row is None or flagged(row) else _with_interval(row)[:2]
            cells += self.moved(f"{vote.id}:{option}") if changed else []
            rows.append(cells)
        heads = [words("priorities.option")]
        for moment, named in subjects.items():
            n = self.voters(named.values())
            heads += [words(f"priorities.{moment}", n=n), words("priorities.interval")]
        heads += [words("priorities.change"), words("priorities.p")] if changed else []
        sentences = [words("priorities.statement", statement=words.say(vote.text))]
        if len(subjects) > 1 and not changed:
            sentences.append(words("priorities.without_codes"))
        caption = words("priorities.votes_of", statement=words.say(vote.text))
        notes = [words("priorities.note_change") if changed else ""]
        table = self.table(f"vote-{vote.id}", caption, heads, rows, notes, ("vote_share", "vote_change"))
        title = words("priorities.votes", session=words.capital(words.say(self.session.label)))
        return block(title, sentences=sentences, tables=[table])

    def voters(self, subjects: Iterable[str]) -> str:
        counts = [self.row("vote_share", s) for s in subjects]
        known = [r["n"] for r in counts if r is not None and there(r["n"])]
        return self.labels.words.count(known[0]) if known else "–"

    def moved(self, subject: str) -> list[Cell]:
        change = self.row("vote_change", subject)
        if change is None:
            return [nothing(), nothing()]
        if flagged(change):
            return [hidden(), hidden()]
        return [number(100 * float(change["value"]), 0), p_value(self.value("mcnemar_p", subject))]

    def pasted(self) -> Block:
        """Building blocks by how many groups chose them, and which were often together."""
        words = self.labels.words
        found = [(b, row) for b in self.practice.blocks if (row := self.row("block_share", b.id)) is not None]
        if not found:
            return block()
        found.sort(key=lambda p: (_at(p[0].angle), self.block_name(p[0].id).casefold()))
        rows = [
            [
                heading(words.capital(self.block_name(b.id))),
                text(words(f"priorities.angle.{b.angle}")),
                *_with_interval(row),
            ]
            for b, row in found
        ]
        heads = [words(f"priorities.{key}") for key in ("block", "angle", "share", "interval", "groups")]
        caption = words("priorities.blocks_of", session=words.say(self.session.label))
        notes = [words("priorities.note_interval")]
        table = self.table("blocks", caption, heads, rows, notes, ("block_share",))
        title = words("priorities.blocks", session=words.capital(words.say(self.session.label)))
        return block(title, points=self.together(), tables=[table])

    def together(self) -> list[str]:
        """The pairs of blocks that most groups placed both."""
        words = self.labels.words
        pairs = [r for r in self.rows if r["quantity"] == "blocks_together" and not flagged(r)]
        pairs.sort(key=lambda r: (-r["value"], r["subject"]))
        return [
            words(
                "priorities.together",
                pair=words.listing(words.quoted(self.block_name(b)) for b in r["subject"].split(":")),
                groups=words.count(r["value"]),
                n=words.count(r["n"]),
            )
            for r in pairs[:TOGETHER_SHOWN]
        ]

    def block_name(self, id: str) -> str:
        return _label(id, self.practice.blocks, self.labels)

    def remarks(self) -> Block:
        """Coded remarks by theme and kind; they are no counts of people."""
        words = self.labels.words
        all_of = self.row("remarks", "")
        if all_of is None:
            return block()
        subjects = {f"{t}:{k}": (t, k) for t in self.practice.ids("themes") for k in self.practice.kinds}
        seen = {subjects[r["subject"]] for r in self.rows if r["quantity"] == "remarks" and r["subject"]}
        kinds = [k for k in self.practice.kinds if any(kind == k for _, kind in seen)]
        themes = sorted({t for t, _ in seen}, key=lambda t: self.theme(t).casefold())
        rows = [
            [heading(words.capital(self.theme(t))), *(self.cell("remarks", f"{t}:{k}") for k in kinds)]
            for t in themes
        ]
        heads = [words("priorities.theme"), *(words(f"priorities.kind.{k}") for k in kinds)]
        sentences = [words("priorities.remarks_hidden")] if flagged(all_of) else [self.agreed(all_of)]
        caption = words("priorities.remarks_of", session=words.say(self.session.label))
        table = self.table("remarks", caption, heads, rows, [words("priorities.note_remarks")], ("remarks",))
        title = words("priorities.remarks", session=words.capital(words.say(self.session.label)))
        return block(title, sentences=sentences, tables=[table] if rows else [])

    def agreed(self, row: Row) -> str:
        words = self.labels.words
        return words("priorities.agreed", agreed=words.count(row["value"]), n=words.count(row["n"]))

    def table(
        self,
        name: str,
        caption: str,
        heads: Sequence[str],
        rows: list[list[Cell]],
        notes: Sequence[str],
        quantities: Sequence[str],
        strong: Iterable[int] = (),
    ) -> Table:
        """A table with the basis of its numbers below it, and what was taken together or hidden."""
        words = self.labels.words
        own = [r for r in self.rows if r["quantity"] in quantities]
        bases = {r["basis"] for r in own}
        more = [
            words(f"priorities.basis.{b}", minimum=self.labels.study.min_cell_size) for b in sorted(bases)
        ]
        more += [words("priorities.note_others")] if any(r["role"] == OTHERS for r in own) else []
        tables = any("ballots of tables" in str(r["method"]) for r in own)
        more += [words("priorities.note_tables")] if tables else []
        more += [words("priorities.note_everyone")] if any(_everyone(r) for r in own) else []
        marks = cell_notes(rows, self.labels)
        return build_table(
            f"{name}-{self.session.id}", caption, heads, rows, [*notes, *more, *marks], CSV, strong
        )


COUNTS = ("dots", "remarks", "present", "blocks_together")
ANGLES = ("team_learning", "feedback", "context")


def _at(angle: str) -> int:
    return ANGLES.index(angle)


def _everyone(row: Row) -> bool:
    return bool(there(row["n"]) and row["n"] == row["n_possible"])


def _label(id: str, entries: Sequence[Any], labels: Labels) -> str:
    text_of: Text | None = next((e.label for e in entries if e.id == id), None)
    return labels.words.say(text_of) if text_of is not None else id


def _with_interval(row: Row) -> list[Cell]:
    """Share, interval and what it rests on."""
    if flagged(row):
        return [hidden()] * 3
    ends = (float(row["conf_low"]), float(row["conf_high"]))
    return [percent(row["value"]), Cell("", "percent_span", also=ends), count(row["n"])]


def _coding(rows: Sequence[Row], labels: Labels) -> Block:
    """How far coders agree, and whether sessions still bring new themes."""
    words = labels.words
    alphas = [r for r in rows if r["quantity"] == "alpha"]
    said = []
    for row in alphas:
        about = words(f"priorities.coded.{row['subject']}")
        if flagged(row):
            said.append(words("priorities.alpha_hidden", about=about))
            continue
        if not there(row["value"]):
            said.append(words("priorities.alpha_none", about=about))
            continue
        key = "alpha" if row["value"] >= ALPHA_ENOUGH else "alpha_provisional"
        span = words.span(float(row["conf_low"]), float(row["conf_high"]))
        said.append(
            words(
                f"priorities.{key}", about=about, alpha=words.number(row["value"]), interval=span,
                level=words.level(float(row["conf_level"])), n=words.count(row["n"]),
            )
        )  # fmt: skip
    runs = [r for r in rows if r["quantity"] == "new_information"]
    for row in runs:
        first, _, last = str(row["subject"]).partition("-")
        key = "little_new" if row["value"] <= LITTLE_NEW else "still_new"
        said.append(
            words(f"priorities.{key}", first=first, last=last, share=words.percent(float(row["value"])))
        )
    return block(words("priorities.coding"), sentences=said)

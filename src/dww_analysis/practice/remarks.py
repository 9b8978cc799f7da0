"""Remarks that people coded: read, checked, and whether the coders agree. The words of a remark are not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.practice import ALL_ROLES, Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.practice.coding import Alpha, krippendorff_alpha, new_information
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.gathered import Gathered
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.reading import Counted, once
from dww_analysis.practice.shown import OPENLY, HowAsked, hidden_counts, shown_roles, strictest

CODED: tuple[str, str] = ("theme", "kind")  # what coders say of a remark
EXCHANGED = ("give", "need")  # what roles have for each other


def read_remarks(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """Rows of session, id, role, theme, kind and coder: one a remark and coder.

    Columns of `source.columns`: session, id, role, theme, kind, coder. Raises one PracticeError: ids that are not in
    practice.yaml, a remark without id or coder, a coder who gave one remark two codes.
    """
    table = Delivered.of(data, source, lines, ("session", "id", "role", "theme", "kind", "coder"))
    rows = pd.DataFrame(
        {
            "session": table.named("session", Listed.of(practice, "sessions")),
            "id": table.text("id").map(person_code, na_action="ignore"),
            "role": table.named("role", Listed.of(practice, "roles")),
            "theme": table.named("theme", Listed.of(practice, "themes")),
            "kind": table.named("kind", Listed("kind", practice.kinds, "coding: kinds")),
            "coder": table.text("coder").map(person_code, na_action="ignore"),
        }
    )
    for ours, what in (("id", "id of the remark"), ("coder", "coder")):
        table.refuse(rows[ours].isna(), ours, f"no {what}", "one in every row", "add it, or use drop_rows")
    kept = once(table, rows, ["session", "id", "coder"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


@dataclass(frozen=True, eq=False)
class Alike:
    """Remarks of which all coders said the same. remarks: how many there are; agreed: those that were coded alike;
    counts, hidden: of each two codes, as `theme:kind`; few: nothing of them may be shown."""

    remarks: int
    agreed: int
    counts: pd.Series
    hidden: pd.Series
    few: bool

    def each(self) -> Iterator[tuple[str, float, bool]]:
        """(subject, how many, whether it is hidden): first of all together, with the subject ""."""
        yield "", float(self.agreed), self.few
        for subject, count in self.counts.items():
            yield str(subject), float(count), self.few or bool(self.hidden[subject])


def counted_alike(rows: pd.DataFrame, codes: tuple[str, str], asked: HowAsked) -> Alike:
    """Counts of remarks that all their coders gave the same two codes. rows: one a remark (id) and coder.

    Of what was said in confidence few remarks are hidden, and others with them.
    """
    of = rows.groupby("id")[list(codes)].agg(["first", "nunique"])
    first, second = codes
    agreed = of[(of[first, "nunique"] == 1) & (of[second, "nunique"] == 1)]
    counts = pd.crosstab(agreed[first, "first"], agreed[second, "first"]).stack()
    counts.index = [f"{one}:{other}" for one, other in counts.index]
    hidden = hidden_counts(counts, len(of), asked.hidden_below)
    few = min(len(of), len(agreed)) < asked.fewest
    return Alike(len(of), len(agreed), counts, hidden, few)


def remark_quantities(counted: Counted, asked: HowAsked) -> list[Quantity]:
    """How many remarks of each session all their coders gave one theme and kind (`remarks`), as theme:kind.

    The row without a subject counts them all. They are no counts of people: there is no interval. Of what was said in
    confidence few remarks are hidden.
    """
    found: list[Quantity] = []
    for session, rows in counted.rows.groupby("session"):
        origin, alike = Origin(str(session), asked=asked), counted_alike(rows, CODED, asked)
        for subject, count, hidden in alike.each():
            if hidden:
                found.append(origin.hidden("remarks", subject))
            else:
                found.append(_remarks(origin, subject, count, alike.remarks))
    return in_order(found)


def _remarks(origin: Origin, subject: str, count: float, n: int, role: str = ALL_ROLES) -> Quantity:
    return origin.quantity("remarks", float(count), subject, role, n=float(n), method="remarks counted")


def exchange_quantities(gathered: Gathered, together: Collection[str] = ()) -> list[Quantity]:
    """What each role offers and asks (`remarks`, subject theme:give and theme:need, by role), of one session.

    Only of what was said openly. Roles of fewer than three remarks, and those of `together` (fewer than three people
    were there), are taken together. Counted is what all coders coded alike.
    """
    if gathered.basis != "open":
        return []
    rows = gathered.counted.rows.sort_values(["id", "coder"])
    told = rows.groupby("id").agg(
        role=("role", "first"), theme=("theme", "first"), kind=("kind", "first"),
        themes=("theme", "nunique"), kinds=("kind", "nunique"),
    )  # fmt: skip
    groups = shown_roles(told["role"], OPENLY, together)
    if groups is None:
        return []
    agreed = told[(told["themes"] == 1) & (told["kinds"] == 1) & told["kind"].isin(EXCHANGED)]
    counts = agreed.assign(role=groups).groupby(["theme", "kind", "role"]).size()
    origin = Origin(gathered.session)
    return [
        _remarks(origin, f"{theme}:{kind}", n, len(told), str(role))
        for (theme, kind, role), n in counts.items()
    ]


def heard_quantities(gathered: Sequence[Gathered], practice: Practice, study: str) -> list[Quantity]:
    """What each run of two sessions added to the themes of the first four (`new_information`, subject `5-6`).

    Sessions in order of their dates. Nothing where one of them was in confidence, or where there are fewer than six.
    """
    heard = {g.session: set(g.counted.rows["theme"]) for g in gathered}
    if not all(g.basis == "open" for g in gathered):
        return []
    dated = sorted((s.date, s.id) for s in practice.sessions if s.id in heard)
    origin, method = Origin(study, "study"), "new themes / themes of the first four"
    return [
        origin.quantity(
            "new_information", run.share, f"{run.first}-{run.last}", method=method, n=float(run.new)
        )
        for run in new_information([heard[id] for _, id in dated])
    ]


def agreement_quantities(gathered: Sequence[Gathered], study: str, minimum: int) -> list[Quantity]:
    """Krippendorff's alpha of the themes and of the kinds that coders gave; none where nothing was coded twice.

    It is hidden where it counts few remarks in confidence of a session that does not show how many it had.
    """
    found: list[Quantity] = []
    if not gathered:
        return found
    rows = pd.concat([g.counted.rows for g in gathered], ignore_index=True)
    origin = Origin(study, "study", HowAsked(strictest(g.basis for g in gathered), minimum))
    hidden = _few_beside_those_shown(gathered, minimum)
    for code in CODED:
        wide = rows.pivot(index=["session", "id"], columns="coder", values=code)
        alpha = krippendorff_alpha(wide.reset_index(drop=True))
        if alpha is not None:
            found.append(_alpha(origin, code, alpha, len(wide), hidden))
    return found


def _alpha(origin: Origin, code: str, alpha: Alpha, remarks: int, hidden: bool) -> Quantity:
    if hidden:
        return origin.hidden("alpha", code)
    return origin.quantity(
        "alpha", alpha.value, code, **bounds_of(alpha), method="Krippendorff, nominal",
        n=float(alpha.n_units), n_possible=float(remarks),
    )  # fmt: skip


def _few_beside_those_shown(gathered: Sequence[Gathered], minimum: int) -> bool:
    """Whether all remarks minus those of sessions that show theirs are few, and some of them in confidence."""
    hidden = [g for g in gathered if remark_quantities(g.counted, g.asked(minimum))[0].suppressed]
    remarks = sum(g.counted.rows["id"].nunique() for g in hidden)
    return any(g.basis == "private" for g in hidden) and remarks < minimum

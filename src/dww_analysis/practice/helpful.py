"""How helpful people find the functions of the practice profile, and what they say it needs or trips over.

Ratings are of who filled them in: an opinion, no effect. Remarks are no persons and get no interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.networks import HIGHEST_RATING, LOWEST_RATING
from dww_analysis.domain.practice import APP_CODES, Practice, Quantity
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice.coding import krippendorff_alpha
from dww_analysis.practice.delivered import Delivered, Listed
from dww_analysis.practice.gathered import Gathered, by_session
from dww_analysis.practice.origin import Origin, bounds_of
from dww_analysis.practice.quantities import in_order
from dww_analysis.practice.rated import over_rounds, rating_rows, rows_by_round
from dww_analysis.practice.reading import Counted, once
from dww_analysis.practice.remarks import counted_alike

APP = "app"  # remarks are about the app, as others are about a session
CODED = ("function", "kind")  # what coders say of a remark
READ = {
    "ratings": ("function", "round", "person", "role", "rating"),
    "statements": ("id", "function", "kind", "coder", "text"),
}


def profile_kind(source: Source) -> str:
    """`ratings` or `statements` of functions of the practice profile; "" where a source is about something else."""
    return source.kind if source.kind in READ and "function" in (*source.columns, *source.fixed) else ""


def read_of_profile(
    data: pd.DataFrame, source: Source, practice: Practice, *, lines: np.ndarray | None = None
) -> Counted:
    """What people rate or say of functions, as tidy rows; PracticeError with everything that is wrong.

    Ratings: function, round ("" where it was asked once), person, role ("" where it was not asked) and rating (NaN:
    none), one a person, function and round. Refused are ratings outside 0 to 10, a person with two ratings of a
    function in a round and a person in two roles. Statements: id, function ("" for the app as a whole), kind (of
    `APP_CODES`) and coder, one a remark and coder.
    """
    others = [c for c in source.columns if c not in READ[source.kind]]
    if others:
        raise PracticeError.of(
            found=f"{source.kind} of functions with the columns {', '.join(others)}",
            where=f"source {source.id}",
            expected=f"no other columns than {', '.join(READ[source.kind])}",
            action="leave these out of `columns`: nothing here reads them",
        )
    return (_ratings if source.kind == "ratings" else _remarks)(data, source, practice, lines)


def _ratings(data: pd.DataFrame, source: Source, practice: Practice, lines: np.ndarray | None) -> Counted:
    table = Delivered.of(data, source, lines, ("function", "person", "rating"))
    scale = f"a number from {LOWEST_RATING:g} to {HIGHEST_RATING:g}"
    roles = "role" in source.columns
    rounds = ("round",) if "round" in source.columns else ()
    rows = pd.DataFrame(
        {
            "function": table.named("function", Listed.of(practice, "functions")),
            "round": table.rounds(),
            "person": table.text("person").map(person_code, na_action="ignore"),
            "role": table.named("role", Listed.of(practice, "roles")) if roles else "",
            "rating": table.numbers(
                "rating", scale, lambda v: v.between(LOWEST_RATING, HIGHEST_RATING), absent=True
            ),
        }
    )
    action = "add it, or use drop_rows"
    table.refuse(rows["person"].isna(), "person", "no person", "a code in every row", action)
    several = rows.groupby("person")["role"].transform("nunique") > 1
    table.refuse(several, "role", "a person in two roles", "one role for each person", "correct the file")
    kept = once(table, rows, ["function", *rounds, "person"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def _remarks(data: pd.DataFrame, source: Source, practice: Practice, lines: np.ndarray | None) -> Counted:
    table = Delivered.of(data, source, lines, ("id", "function", "kind", "coder"))
    anywhere = pd.Series(True, index=table.data.index)
    rows = pd.DataFrame(
        {
            "about": APP,
            "id": table.text("id").map(person_code, na_action="ignore"),
            "function": table.named("function", Listed.of(practice, "functions"), anywhere),
            "kind": table.named("kind", Listed("kind", APP_CODES, "what is coded of the app")),
            "coder": table.text("coder").map(person_code, na_action="ignore"),
        }
    )
    for ours, what in (("id", "id of the remark"), ("coder", "coder")):
        table.refuse(rows[ours].isna(), ours, f"no {what}", "one in every row", "add it, or use drop_rows")
    rows = rows.fillna({"function": ""})
    kept = once(table, rows, ["about", "id", "coder"])
    table.done()
    return Counted(rows[kept].reset_index(drop=True), int((~kept).sum()))


def helpful_quantities(read: Sequence[tuple[Source, Counted]], study: str, minimum: int) -> list[Quantity]:
    """Ratings of each function (`rating_mean`, `rating_median` and quartiles; subject its id), by role too, and how
    many remarks all coders gave one function and kind (`app_remarks`, subject function:kind) with their agreement
    (`alpha`, subject app_function and app_kind). Of several rounds the subject is function:round, and
    `rating_change` (function:1-2) is of who rated in both.

    read: sources of which `profile_kind` is not "". Of what was asked in confidence ratings and remarks of few are
    hidden, as those of networks and of sessions are.
    """
    parts = {kind: [part for part in read if profile_kind(part[0]) == kind] for kind in READ}
    found: list[Quantity] = []
    for g in by_session("app_ratings", parts["ratings"], "function"):
        found += _rated(Origin(study, "study", g.asked(minimum)), g)
    for g in by_session("app_remarks", parts["statements"], "about"):
        found += _counts(Origin(study, "study", g.asked(minimum)), g.counted.rows)
    return in_order(found)


def _rated(origin: Origin, gathered: Gathered) -> list[Quantity]:
    """The ratings of one function, by round where there are several."""
    function = gathered.session
    rounds = {
        name: own.set_index("person")[["rating", "role"]].sort_index()
        for name, own in rows_by_round(gathered.counted.rows)
    }
    if len(rounds) > 1:
        return over_rounds(origin, rounds, f"{function}:")
    return [q for own in rounds.values() for q in rating_rows(origin, function, own)]


def _counts(origin: Origin, rows: pd.DataFrame) -> Iterator[Quantity]:
    alike = counted_alike(rows, CODED, origin.asked)
    for subject, count, hidden in alike.each():
        if hidden:
            yield origin.hidden("app_remarks", subject)
        else:
            own: dict[str, Any] = {"n": float(alike.remarks), "method": "remarks counted"}
            yield origin.quantity("app_remarks", count, subject, **own)
    for code in CODED:
        alpha = krippendorff_alpha(rows.pivot(index="id", columns="coder", values=code))
        if alpha is None:
            continue
        if alike.few or alpha.n_units < origin.asked.hidden_below:
            yield origin.hidden("alpha", f"app_{code}")
            continue
        yield origin.quantity(
            "alpha", alpha.value, f"app_{code}", **bounds_of(alpha), n=float(alpha.n_units),
            n_possible=float(alike.remarks), method=f"Krippendorff, nominal; {alpha.n_coders} coders",
        )  # fmt: skip

"""The estimates as tables: one per family, standardised rows below the row they restate, badges for trust."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import LARGE_FIT
from dww_analysis.domain.contrasts import contrast_of, of_changes
from dww_analysis.domain.estimate import parts_of
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.records import OFFERED
from dww_analysis.language import Words, decimals_for
from dww_analysis.language.labels import Labels
from dww_analysis.reports.cells import (
    Cell,
    count,
    degrees,
    heading,
    hidden,
    interval,
    nothing,
    number,
    p_value,
    text,
)
from dww_analysis.reports.headlines import counts_forms, entry_rows, marked_entry
from dww_analysis.reports.sections.measurement import marked
from dww_analysis.reports.tables import (
    Table,
    build_table,
    first_of_each,
    flagged,
    is_number,
    refuse_small,
    truth,
)

PERSONS_ONCE = "persons_once"  # method of a model without a term for persons: nobody is there twice
RESIDUAL = "residual"  # the group of what the others leave


def badges_of(row: Mapping[str, Any], labels: Labels) -> tuple[tuple[str, str], ...]:
    """(kind, text) of a result's badges: its place in the plan (column status), then whether its fit can be trusted
    (`flags_of`)."""
    words, status = labels.words, str(row["status"])
    badges = [
        (_kind(status), words(f"badge.status.{status}") if words.has(f"badge.status.{status}") else status)
    ]
    found = flags_of(row)
    if truth(row.get("converged")) is True:
        badges.append(("converged", words("badge.converged")))
    for kind, what in found.items():
        blanks = (
            {"what": words.listing(dict.fromkeys(labels.group(g) for g in what))}
            if kind == "boundary"
            else {}
        )
        badges.append((kind, words(f"badge.{kind}", **blanks)))
    return tuple(badges)


def _kind(status: str) -> str:
    return status.split(",")[0].split(" ")[0]


def flags_of(row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """What weakens the trust in a fit, as kind -> names, from the columns of the same names: boundary (groups),
    fallback (methods), not_converged."""
    found = {
        "boundary": parts_of(row.get("boundary")),
        "fallback": parts_of(row.get("fallback")),
        "not_converged": ("",) if truth(row.get("converged")) is False else (),
    }
    return {kind: names for kind, names in found.items() if names}


def estimate_tables(
    estimates: pd.DataFrame, plan: Plan, labels: Labels, fits: Mapping[str, Mapping[str, Any]]
) -> list[Table]:
    """One table per family in the plan's order, the primary one first, with all contrasts of its entries, a row each.
    Families without estimates have none. DisclosureError for an estimate of fewer persons than the study's
    minimum."""
    refuse_small(estimates, "estimates", "n_persons", ("estimate",), labels.study.min_cell_size)
    families = list(dict.fromkeys(e.family for e in plan.entries))
    families.sort(key=lambda f: f != plan.primary)
    tables = [_family_table(f, estimates, plan, labels) for f in families]
    return [t for t in tables if t]


def _family_table(family: str, estimates: pd.DataFrame, plan: Plan, labels: Labels) -> Table:
    words = labels.words
    found = [(e, entry_rows(estimates, e)) for e in plan.entries if e.family == family]
    found = [(e, part) for e, part in found if len(part)]
    if not found:
        return build_table(f"estimates-{family}", "", (), ())
    together = pd.concat([part for _, part in found])
    arms = labels.arms_of(contrast_of(r) for r in together.to_dict("records"))
    rows: list[list[Cell]] = []
    strong: list[int] = []
    ids = [str(i) for _, part in found for i in part["id"]]
    for entry, part in found:
        strong.append(len(rows))
        planned = set(part.loc[part["primary"].map(truth) == True, "summary"])  # noqa: E712
        rows += [
            _estimate_row(r, entry, arms, labels, other=r["summary"] not in planned)
            for r in part.to_dict("records")
        ]
    level = words.level(float(together["conf_level"].iloc[0]))
    sizes = {k: _range(together[f"n_{k}"], words) for k in ("teams", "persons")}
    answered = together[
        ~together["outcome"].map(labels.of_records).astype(bool)
    ]  # rows of records are months
    sizes["obs"] = _range(answered["n_obs"], words)
    name = words.say(plan.families[family].label) if family in plan.families else family
    people = "_answers" if counts_forms(together, labels.study) else ""
    people = people if len(answered) else "_records"
    phrase = f"results.caption{people}{'' if together['n_teams'].max() > 0 else '_persons'}"
    caption = words.capital(words(phrase, family=name, level=level, **sizes))
    where = "wave" if arms else "contrast"
    columns = [
        *(words(f"results.{k}") for k in ("outcome", where, "estimate")),
        level,
        *(words(f"results.{k}") for k in ("unit", "df", "p", "p_adjusted", "status")),
    ]
    notes = _family_notes(together, family, arms, plan, labels)
    return build_table(f"estimates-{family}", caption, columns, rows, notes, "estimates.csv", strong, ids)


def _standard(rows: pd.DataFrame) -> pd.Series:
    return rows["standardised"].map(truth).astype(bool)


def _range(values: pd.Series, words: Words) -> str:
    """The lowest and highest of the numbers that are shown; a dash where none is."""
    low, high = values.min(), values.max()
    return (
        words.count(low)
        if low == high
        else words("number.span", low=words.count(low), high=words.count(high))
    )


def _family_notes(
    rows: pd.DataFrame, family: str, arms: tuple[str, str] | None, plan: Plan, labels: Labels
) -> list[str]:
    words, minimum = labels.words, labels.study.min_cell_size
    notes = [words("results.note_contrast", arm=arms[0], reference=arms[1])] if arms else []
    methods = [words.df_method(m) for m in rows["df_method"].dropna().unique() if m]
    if methods:
        notes.append(words("results.note_df", method=words.listing(methods)))
    own = rows[~_standard(rows) & (rows["family"] == family)]
    adjust = plan.families[family].adjust if family in plan.families else "none"
    if adjust != "none" and len(own) > 1:
        notes.append(words("results.note_adjusted", method=words(f"results.adjust.{adjust}"), n=len(own)))
    if _standard(rows).any():
        what = words("results.sd_arms" if labels.study.arms else "results.sd_waves")
        notes.append(words("results.note_sd", what=what))
    if any(labels.unverified(o) for o in rows["outcome"]):
        notes.append(words("table.unverified_note"))
    gone = rows["estimate"].isna()
    if gone.any():
        notes.append(words("table.suppressed_note", minimum=minimum))
    if any(labels.has_shares(outcome) and outcome not in OFFERED for outcome in rows.loc[gone, "outcome"]):
        notes.append(words("table.suppressed_yes_no_note", minimum=minimum))
    return notes


def _estimate_row(
    row: Mapping[str, Any],
    entry: PlanEntry,
    arms: tuple[str, str] | None,
    labels: Labels,
    *,
    other: bool,
) -> list[Cell]:
    """One row. other: it compares the arms in another way than planned."""
    words = labels.words
    decimals = decimals_for(row["std_error"])
    standard = truth(row["standardised"]) is True
    name = words("results.standardised") if standard else marked(str(row["outcome"]), labels)
    contrast = contrast_of(row)
    if other:
        way = f"{row['summary']}_of_changes" if of_changes(contrast) else row["summary"]
        name = words(f"results.summary.{way}")
    adjusted = nothing() if row["adjust_method"] == "none" else p_value(row["p_adjusted"])
    cells = [
        heading(name, indent=standard or other),
        text(labels.contrast_wave(contrast) if arms else labels.contrast(contrast)),
    ]
    unit = text(labels.unit(entry.outcome, entry, row))
    if row["estimate"] != row["estimate"]:
        cells += [hidden(), hidden(), unit, hidden(), hidden(), hidden()]
    else:
        cells += [
            number(row["estimate"], decimals),
            interval(row["conf_low"], row["conf_high"], decimals),
            unit,
            degrees(row["df"]),
            p_value(row["p_value"]),
            adjusted,
        ]
    badges = () if standard else badges_of(row, labels)
    return [*cells, Cell("", badges=badges)]


def components_table(
    components: pd.DataFrame | None, plan: Plan, labels: Labels, fits: Mapping[str, Mapping[str, Any]]
) -> Table:
    """Variance components of every analysis with the number of groups and, for intercepts, the share of variance.

    components: entry, group, term_1, term_2, estimate, sd_or_correlation, boundary, and where known conf_low and
    conf_high. The column of terms is there only when a model has slopes.
    """
    words = labels.words
    names = {e.id: e for e in plan.entries}
    found = [] if components is None or components.empty else components.to_dict("records")
    slopes = any(
        _said(r.get("term_2")) or r.get("term_1") not in (None, "(Intercept)", "1")
        for r in found
        if _said(r.get("term_1"))
    )
    shown = {"term": slopes, "interval": any(is_number(r.get("conf_low")) for r in found)}
    strong = first_of_each(row["entry"] for row in found)
    groups = {
        entry: {
            str(r["group"]) for r in found if str(r["entry"]) == entry and str(r["group"]).lower() != RESIDUAL
        }
        for entry in dict.fromkeys(str(row["entry"]) for row in found)
    }
    called = {id: marked_entry(entry, plan, labels) for id, entry in names.items()}
    rows = [
        _component_row(row, called.get(entry, entry), groups[entry], labels, fits.get(entry, {}), shown)
        for row in found
        for entry in [str(row["entry"])]
    ]
    level = words.level(plan.conf_level)
    keys = {k: words(f"variance.{k}") for k in ("outcome", "group", "term", "clusters")}
    keys["variance"] = words("variance.covariance" if slopes else "variance.variance")
    keys["interval"] = words("variance.interval", level=level)
    keys["sd"] = words("variance.correlation" if slopes else "variance.sd")
    keys |= {k: words(f"variance.{k}") for k in ("share", "remark")}
    columns = [text for k, text in keys.items() if shown.get(k, True)]
    notes = _component_notes(found, names, fits, labels)
    if any(c.suppressed for r in rows for c in r):
        notes.append(words("table.suppressed_note", minimum=labels.study.min_cell_size))
    return build_table(
        "components", words("variance.caption"), columns, rows, notes, "variance_components.csv", strong
    )


def _component_notes(
    found: list[dict[str, Any]],
    names: Mapping[str, PlanEntry],
    fits: Mapping[str, Mapping[str, Any]],
    labels: Labels,
) -> list[str]:
    words = labels.words
    notes = [words("variance.note")] if found else []
    if shown_large((r["entry"] for r in found), fits):
        notes.append(words("variance.large", n=words.count(LARGE_FIT)))
    sizes = [f["team_size"] for f in fits.values() if f.get("team_size")]
    least, most = (_sizes(s[end] for s in sizes) for end in ("min", "max"))
    if most:
        low = least[0] if least else f"<{labels.study.min_cell_size}"
        several = len(labels.study.waves) > 1
        nobody_twice = all(PERSONS_ONCE in f.get("methods", ()) for f in fits.values() if f.get("team_size"))
        sizes_of = "variance.sizes_forms" if several and nobody_twice else "variance.sizes"
        notes.append(words(sizes_of, low=words.count(low), high=words.count(most[-1])))
    if any(labels.unverified(names[str(r["entry"])].outcome) for r in found if str(r["entry"]) in names):
        notes.append(words("table.unverified_note"))
    return notes


def shown_large(entries: Iterable[Any], fits: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether one of the entries rests on so many answers that its intervals of variances are made in another way."""
    return any((fits.get(str(e), {}).get("n_obs") or 0) > LARGE_FIT for e in entries)


def _sizes(known: Iterable[float]) -> list[float]:
    """Sizes of teams in order; [] where one of them is hidden."""
    sizes = list(known)
    return sorted(sizes) if all(n == n for n in sizes) else []


def _component_row(
    row: Mapping[str, Any],
    name: str,
    groups: Collection[str],
    labels: Labels,
    fit: Mapping[str, Any],
    shown: Mapping[str, bool],
) -> list[Cell]:
    words, group = labels.words, str(row["group"])
    cells = [
        heading(name),
        text(labels.group(group)),
    ]
    if shown["term"]:
        terms = [_term(t, labels) for t in (row.get("term_1"), row.get("term_2")) if _said(t)]
        cells.append(text(" × ".join(terms)))
    if flagged(row):
        return [*cells, *[hidden()] * (4 + shown["interval"]), text("")]
    cells += [_clusters(fit, group), number(row["estimate"], 3)]
    if shown["interval"]:
        cells.append(interval(row["conf_low"], row["conf_high"], 3))
    related = _said(row.get("term_2"))
    cells += [
        number(row["sd_or_correlation"], 3),
        nothing() if related else _share(fit, group, groups),
        text(_boundary(related, words) if truth(row.get("boundary")) is True else ""),
    ]
    return cells


def _clusters(fit: Mapping[str, Any], group: str) -> Cell:
    """How many groups a variance is of; the mark where that is not told."""
    untold = group.lower() != RESIDUAL and _untold(fit, {group})
    return hidden() if untold else count(dict(fit.get("n_groups") or {}).get(group))


def _untold(fit: Mapping[str, Any], groups: Collection[str]) -> bool:
    """Whether the record of a fit tells of groups, but not of all of these: disclosure control hid them."""
    known = fit.get("n_groups") or {}
    return bool(known) and not {*groups} <= {*known}


def _boundary(related: bool, words: Words) -> str:
    """What it means to be at the limit: of a correlation of two terms, and of a variance."""
    return words("variance.boundary_correlation" if related else "variance.boundary")


def _share(fit: Mapping[str, Any], group: str, groups: Collection[str]) -> Cell:
    """Share of the variance of one answer that a group holds; the residual has what all `groups` of the model leave.
    The mark where a share that it needs is not told."""
    shares, residual = dict(fit.get("icc") or {}), group.lower() == RESIDUAL
    if _untold(fit, groups if residual else {group}):
        return hidden()
    return number(1 - sum(map(float, shares.values())) if residual and shares else shares.get(group))


def _said(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _term(term: Any, labels: Labels) -> str:
    return labels.words("variance.intercept") if term in ("(Intercept)", "1") else str(term)


def listed(entries: Iterable[Mapping[str, Any]], words: Words) -> str:
    """The labels of some headline rows as one list, each once."""
    return words.listing(dict.fromkeys(str(e["label"]) for e in entries))

"""Contacts of a network as rows that may be printed: how dense, how sure, and between which roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.networks import LEAST_ANSWERED, Network
from dww_analysis.domain.practice import NAN, Quantity
from dww_analysis.practice.between import FEWEST_PAIRS, Between, between, cells_beside
from dww_analysis.practice.contacts import Contacts, Pair
from dww_analysis.practice.network_rows import members_of
from dww_analysis.practice.origin import Origin
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import OPENLY, HowAsked, shown_roles

OF_PAIRS = ("density_undirected", "density_both_say", "confirmed", "e_i")


def tie_quantities(counted: Counted, network: Network, asked: HowAsked) -> list[Quantity]:
    """Densities, confirmed ties, E-I index, contacts between roles, by relation (`relation:round` of several rounds).

    None of these where fewer than `LEAST_ANSWERED` of the members answered. Of what was asked in confidence none is
    shown where too few answered, nor what tells that few are in some kind of tie. Contacts between roles are shown of
    open sources only, and never of fewer than 3 pairs, also not by subtraction; nor is an E-I index where fewer than 3
    known pairs lie within organisations, or between them.
    """
    found: list[Quantity] = []
    origin = Origin(network.id, "network", asked, float(len(network.members)))
    rounds = sorted(counted.rows["round"].unique())
    for name in rounds:
        rows = counted.rows[counted.rows["round"] == name]
        after = f":{name}" if len(rounds) > 1 else ""
        answered = frozenset(rows["from"])
        found.append(_answered(origin, after.removeprefix(":"), len(answered)))
        if len(answered) < LEAST_ANSWERED * len(network.members):
            continue
        for relation, own in rows[rows["relation"] != ""].groupby("relation"):
            ties = own[(own["to"] != "") & ~(own["strength"] == 0)]
            said = frozenset(zip(ties["from"], ties["to"], strict=True))
            contacts = Contacts(tuple(sorted(members_of(network))), answered, said)
            found += _relation(origin, network, f"{relation}{after}", contacts)
    return found


def _answered(origin: Origin, subject: str, n: int) -> Quantity:
    """How many of the members answered; the others were silent."""
    if n < origin.asked.fewest:
        return origin.hidden("ties_answered", subject)
    own: dict[str, Any] = {"method": "members with a row", "n": float(n), "n_possible": origin.possible}
    return origin.quantity("ties_answered", n / origin.possible, subject, **own)


def _relation(origin: Origin, network: Network, subject: str, contacts: Contacts) -> Iterator[Quantity]:
    asked = origin.asked
    share, low, high = contacts.undirected()
    group = {person_code(m.person): m.organisation for m in network.members}
    known = all(group.values()) and len(set(group.values())) > 1
    numbers = {
        "density_directed": (contacts.directed(), NAN, NAN, "rows of respondents"),
        "density_undirected": (share, low, high, "either says so; bounds: unknown pairs none, all"),
        "density_both_say": (contacts.both_say(), NAN, NAN, "both say so, of pairs that answered"),
        "confirmed": (contacts.confirmed(), NAN, NAN, "ties that both ends say, of two who answered"),
        "e_i": (contacts.e_i(group) if known else NAN, NAN, NAN, "E-I index over organisations"),
    }
    few = len(contacts.answered) < asked.fewest
    own = _tells_few(contacts, group if known else {}, asked.hidden_below)
    if known and _few_apart(contacts, group):
        own |= {"e_i"}
    for quantity, (value, least, most, method) in numbers.items():
        if value != value:
            continue
        if few or quantity in own:
            yield origin.hidden(quantity, subject)
            continue
        yield origin.quantity(
            quantity, value, subject, conf_low=least, conf_high=most, method=method,
            n=float(len(contacts.answered)), n_possible=float(len(contacts.members)),
        )  # fmt: skip
    if not few and not asked.private:
        beside = known and "e_i" not in own
        groups = {"contacts": members_of(network), "contacts_organisations": group if beside else {}}
        yield from _between_groups(origin, subject, contacts, groups)


def _tells_few(contacts: Contacts, group: Mapping[str, str], minimum: int) -> frozenset[str]:
    """The numbers of one relation that would tell what few said in confidence.

    Densities tell it where few named somebody, or not everybody; those of pairs also where few are in ties that both
    say, or in ties that one of two who answered says (what one respondent says and what either says give the rest);
    the E-I index where few are in ties within an organisation, or between two.
    """

    def small(*counts: int) -> bool:
        return any(0 < n < minimum for n in counts)

    others = len(contacts.members) - 1
    named = pd.Series([tie[0] for tie in contacts.said]).value_counts()
    inside = {p for p in contacts.either if p <= contacts.answered}
    within = {p for p in contacts.either if len({group.get(m) for m in p}) == 1} if group else set()
    everybody = len(contacts.answered) - int((named == others).sum())
    persons = [len(contacts.persons_in(pairs)) for pairs in (contacts.both, inside - contacts.both)]
    apart = [len(contacts.persons_in(pairs)) for pairs in (within, contacts.either - within)]
    if small(len(named), everybody):
        return frozenset({"density_directed", *OF_PAIRS})
    if small(*persons):
        return frozenset(OF_PAIRS)
    return frozenset({"e_i"} if small(*apart) else ())


def _few_apart(contacts: Contacts, group: Mapping[str, str]) -> bool:
    """Whether the E-I index would tell of one known pair or two within organisations, or between them."""
    known = contacts.known
    within = sum(len({group[m] for m in pair}) == 1 for pair in known)
    return any(0 < pairs < FEWEST_PAIRS for pairs in (within, len(known) - within))


def _between_groups(
    origin: Origin, subject: str, contacts: Contacts, by: Mapping[str, Mapping[str, str]]
) -> Iterator[Quantity]:
    """The share of pairs of two roles with contact, over known pairs (`contacts`, subject relation:role:role), and the
    same of two organisations (`contacts_organisations`). by: of each quantity the group of every member.

    Roles and organisations of fewer than three members are taken together, as a contact of theirs would be one of a
    single person. Cells of roles are shown beside the densities, and cells of organisations beside both, where ties of
    one pair or two do not follow from all of these together.
    """
    organisation = by["contacts_organisations"]
    inside = [p for p in contacts.known if organisation and len({organisation[m] for m in p}) == 1]
    counted: list[Sequence[Pair]] = [
        contacts.known,
        contacts.both_answered,
        *([inside] if organisation else []),
    ]
    for quantity, group in by.items():
        groups = shown_roles(pd.Series(group, dtype="str"), OPENLY)
        if groups is None or (quantity == "contacts_organisations" and groups.nunique() < 2):
            continue
        cells = between(contacts, groups.to_dict())
        shown = cells_beside(cells, counted, contacts.known)
        counted += [cells[cell].known for cell in shown]
        for cell, one in cells.items():
            name = ":".join((subject, *(part.replace(":", ".") for part in cell)))
            yield (
                _cell(origin, quantity, name, one, contacts)
                if cell in shown
                else origin.hidden(quantity, name)
            )


def _cell(origin: Origin, quantity: str, subject: str, cell: Between, contacts: Contacts) -> Quantity:
    """The share of one cell; bounds as those of `density_undirected`."""
    low, high = cell.bounds(contacts)
    return origin.quantity(
        quantity, cell.ties(contacts) / len(cell.known), subject, conf_low=low, conf_high=high,
        method="either says so; bounds as of the density", n=float(len(contacts.answered)),
        n_possible=float(len(cell.known)),
    )  # fmt: skip

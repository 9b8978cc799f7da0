"""Contacts of a network as rows that may be printed: how dense, how sure, and between which roles."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.networks import Network
from dww_analysis.domain.practice import ALL_ROLES, NAN, Quantity
from dww_analysis.domain.study import Basis
from dww_analysis.practice.contacts import LEAST_ANSWERED, Contacts, Pair
from dww_analysis.practice.network_rows import members_of
from dww_analysis.practice.quantities import hidden_of, quantity_of
from dww_analysis.practice.reading import Counted
from dww_analysis.practice.shown import fewest, shown_roles

FEWEST_PAIRS = 3  # of a cell of contacts
LEVEL = "network"
OF_PAIRS = ("density_undirected", "density_both_say", "confirmed", "e_i")


def tie_quantities(counted: Counted, network: Network, basis: Basis, minimum: int) -> list[Quantity]:
    """Densities, confirmed ties, E-I index, contacts between roles, by relation (`relation:round` of several rounds).

    None of these where fewer than 60 % of the members answered. Of what was asked in confidence none is shown where too
    few answered, nor what tells that few are in some kind of tie. Contacts between
    roles are shown of open sources only, and never of fewer than 3 pairs, also not by subtraction; nor is an E-I index
    where members are fewer than 3 pairs within organisations, or between them.
    """
    found: list[Quantity] = []
    rounds = sorted(counted.rows["round"].unique())
    for name in rounds:
        rows = counted.rows[counted.rows["round"] == name]
        after = f":{name}" if len(rounds) > 1 else ""
        answered = frozenset(rows["from"])
        found.append(_answered(network, after.removeprefix(":"), answered, basis, minimum))
        if len(answered) < LEAST_ANSWERED * len(network.members):
            continue
        for relation, own in rows[rows["relation"] != ""].groupby("relation"):
            ties = own[(own["to"] != "") & ~(own["strength"] == 0)]
            said = frozenset(zip(ties["from"], ties["to"], strict=True))
            contacts = Contacts(tuple(sorted(members_of(network))), answered, said)
            found += _relation(network, f"{relation}{after}", contacts, basis, minimum)
    return found


def _answered(
    network: Network, subject: str, answered: Collection[str], basis: Basis, minimum: int
) -> Quantity:
    """How many of the members answered; the others were silent."""
    n, members = len(answered), len(network.members)
    if n < fewest(basis, minimum):
        return hidden_of(network.id, subject, ALL_ROLES, "ties_answered", basis, unit_level=LEVEL)
    return quantity_of(
        network.id, subject, ALL_ROLES, "ties_answered", n / members, basis,
        unit_level=LEVEL, method="members with a row", n=float(n), n_possible=float(members),
    )  # fmt: skip


def _relation(
    network: Network, subject: str, contacts: Contacts, basis: Basis, minimum: int
) -> Iterator[Quantity]:
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
    few = len(contacts.answered) < fewest(basis, minimum)
    own = _tells_few(contacts, group if known else {}, minimum) if basis == "private" else frozenset()
    if known and _few_apart(contacts, group):
        own |= {"e_i"}
    for quantity, (value, least, most, method) in numbers.items():
        if value != value:
            continue
        if few or quantity in own:
            yield hidden_of(network.id, subject, ALL_ROLES, quantity, basis, unit_level=LEVEL)
            continue
        yield quantity_of(
            network.id, subject, ALL_ROLES, quantity, value, basis, unit_level=LEVEL, conf_low=least,
            conf_high=most, method=method, n=float(len(contacts.answered)), n_possible=float(len(contacts.members)),
        )  # fmt: skip
    if not few and basis == "open":
        beside = known and "e_i" not in own
        yield from _between_roles(network, subject, contacts, group if beside else {})


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
    """Whether the E-I index would tell of one pair or two within organisations, or between them."""
    within = sum(len({group[m] for m in pair}) == 1 for pair in contacts.pairs)
    return any(0 < pairs < FEWEST_PAIRS for pairs in (within, len(contacts.pairs) - within))


def _between_roles(
    network: Network, subject: str, contacts: Contacts, organisation: Mapping[str, str]
) -> Iterator[Quantity]:
    """The share of pairs of two roles with contact, over known pairs (`contacts`, subject relation:role:role).

    Roles of fewer than three members are taken together, as a contact of theirs would be one of a single person.
    """
    groups = shown_roles(pd.Series(members_of(network)), "open", 0)
    if groups is None:
        return
    role = groups.to_dict()
    cells: dict[tuple[str, str], list[Pair]] = {}
    for pair in contacts.known:
        first, second = sorted(role[m] for m in pair)
        cells.setdefault((first, second), []).append(pair)
    shown = _cells_shown({cell: len(pairs) for cell, pairs in cells.items()})
    if organisation and _inner_follow(cells, shown, organisation):
        shown = set()
    for cell, pairs in sorted(cells.items()):
        about, n = ":".join((subject, *cell)), float(len(contacts.answered))
        if cell not in shown:
            yield hidden_of(network.id, about, ALL_ROLES, "contacts", "open", unit_level=LEVEL)
            continue
        value = sum(p in contacts.either for p in pairs) / len(pairs)
        yield quantity_of(
            network.id, about, ALL_ROLES, "contacts", value, "open", unit_level=LEVEL,
            method="either says so", n=n, n_possible=float(len(pairs)),
        )  # fmt: skip


def _cells_shown(sizes: Mapping[tuple[str, str], int]) -> set[tuple[str, str]]:
    """Cells of 3 pairs at least; the smallest of them are hidden too while those hidden together have fewer."""
    shown = {cell for cell, n in sizes.items() if n >= FEWEST_PAIRS}
    while shown and 0 < sum(n for cell, n in sizes.items() if cell not in shown) < FEWEST_PAIRS:
        least = min(sizes[cell] for cell in shown)
        shown -= {cell for cell in shown if sizes[cell] == least}
    return shown


def _inner_follow(
    cells: Mapping[tuple[str, str], list[Pair]], shown: Collection[tuple[str, str]], group: Mapping[str, str]
) -> bool:
    """Whether contacts of fewer than 3 pairs follow from the cells and how many ties stay within an organisation.

    The ties within minus those of some cells are those within the other cells minus those outside in these: over the
    fewest pairs where each shown cell gives the smaller of its two parts, and each hidden one its own.
    """
    parts = {
        cell: (sum(len({group[m] for m in p}) == 1 for p in pairs), len(pairs))
        for cell, pairs in cells.items()
    }
    for of_inner in (True, False):
        least = sum(
            min(inner, n - inner) if cell in shown else (inner if of_inner else n - inner)
            for cell, (inner, n) in parts.items()
        )
        if 0 < least < FEWEST_PAIRS:
            return True
    return False

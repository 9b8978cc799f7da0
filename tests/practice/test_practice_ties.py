"""Contacts of a network: golden values, silence, bounds that meet, and nothing of few pairs or few people."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from network_data import GOLDEN_TIES, LARGE, OPEN, PRACTICE, ROLES, SIX, quantities, refused, ties

from dww_analysis.domain.networks import Member
from dww_analysis.practice import Contacts

EXACT = 1e-9


def golden(quantity, **more):
    return quantities(("ties", ties(**more), OPEN))["six", quantity, "advice", "all"]


def test_contacts_of_six_of_whom_two_were_silent():
    """R: sna::gden of the rows of a to d gives the directed density; the rest is counted by hand in the issue's table.

    6 of 14 pairs with somebody who answered; all 15 pairs: 6 at least and 7 at most; a-b, a-c and b-d are said by both.
    """
    assert golden("density_directed").value == pytest.approx(0.45, abs=EXACT)
    undirected = golden("density_undirected")
    assert (undirected.value, undirected.conf_low, undirected.conf_high) == pytest.approx(
        (6 / 14, 0.4, 7 / 15), abs=EXACT
    )
    assert np.isnan(undirected.conf_level), "bounds of who did not answer are no interval"
    assert golden("density_both_say").value == 3 / 6
    assert golden("confirmed").value == 1
    everyone = quantities(("ties", ties(f"{GOLDEN_TIES} e-a f-c"), OPEN))
    assert everyone["six", "e_i", "advice", "all"].value == pytest.approx((5 - 1) / 6, abs=EXACT)
    answered = quantities(("ties", ties(), OPEN))["six", "ties_answered", "", "all"]
    assert (answered.value, answered.n, answered.n_possible) == (4 / 6, 4, 6)


def test_who_said_nobody_answered_and_who_has_no_row_was_silent():
    nobody = pd.concat([ties(), pd.DataFrame([("six", "e", None, None)], columns=ties().columns)])
    found = quantities(("ties", nobody, OPEN))
    assert found["six", "density_directed", "advice", "all"].value == pytest.approx(9 / 25)
    assert found["six", "ties_answered", "", "all"].n == 5
    assert found["six", "confirmed", "advice", "all"].value == 3 / 5, "a-e and d-e are not confirmed by e"


def test_where_everyone_answered_the_bounds_meet():
    everyone = quantities(("ties", ties(f"{GOLDEN_TIES} e-d f-a"), OPEN))[
        "six", "density_undirected", "advice", "all"
    ]
    assert everyone.conf_low == everyone.value == everyone.conf_high


def test_fewer_than_sixty_in_a_hundred_is_no_density():
    found = quantities(("ties", ties("a-b b-c c-a"), OPEN))
    assert {quantity for _, quantity, _, _ in found if quantity.startswith("dens")} == set()
    assert found["six", "ties_answered", "", "all"].value == 0.5


def test_a_contact_of_strength_zero_is_none_and_rounds_stand_apart():
    weak = ties("a-b b-a c-d d-c", strength=[1, 1, 0, 0])
    assert quantities(("ties", weak, OPEN))["six", "density_directed", "advice", "all"].value == 2 / 20
    rounds = pd.concat([ties(round=1), ties("a-b b-a c-d d-c", round=2)])
    found = quantities(("ties", rounds, OPEN))
    assert found["six", "density_directed", "advice:1", "all"].value == 0.45
    assert found["six", "density_directed", "advice:2", "all"].value == 0.2


def test_either_reads_no_lower_than_both():
    random = np.random.default_rng(3)
    members = tuple("abcdefgh")
    said = frozenset(t for t in product(members, repeat=2) if t[0] != t[1] and random.random() < 0.4)
    contacts = Contacts(members, frozenset(members), said)
    by_hand = [f(((a, b) in said, (b, a) in said)) for a, b in combinations(members, 2) for f in (any, all)]
    assert contacts.undirected()[0] == np.mean(by_hand[::2]) and contacts.both_say() == np.mean(by_hand[1::2])
    assert contacts.both_say() < contacts.undirected()[0]


def cells(found, unit="six"):
    return {s: q for (u, quantity, s, _), q in found.items() if quantity == "contacts" and u == unit}


def test_contacts_between_roles_are_shares_of_pairs():
    """Parents a b c, staff d e f: 3 pairs of parents, 9 of both, and d-e and d-f among staff (e-f is unknown)."""
    found = cells(quantities(("ties", ties(), OPEN)))
    assert set(found) == {f"advice:{c}" for c in ("parents:parents", "parents:staff", "staff:staff")}
    shown = {s: (q.value, q.n_possible) for s, q in found.items() if not q.suppressed}
    assert shown == {"advice:parents:staff": (3 / 9, 9)}, "with the pairs of parents 2 of staff would follow"


@pytest.mark.parametrize("organisations", ["112345", "112344", "112", "112233"])
def test_an_e_i_index_of_one_pair_or_two_is_hidden(organisations):
    """With 5 of 6 contacts outside, a and b, who alone share an organisation, would be the sixth. Of e and f, who were
    silent, nothing is known: a-b and c-d are two pairs."""
    members = tuple(replace(m, organisation=o) for m, o in zip(SIX, organisations, strict=False))
    practice = replace(PRACTICE, networks=(replace(PRACTICE.networks[0], members=members),))
    said = ties() if len(members) == 6 else ties("a-b b-a c-a")
    found = quantities(("ties", said, OPEN), practice=practice)
    assert found["six", "e_i", "advice", "all"].suppressed
    assert not found["six", "density_directed", "advice", "all"].suppressed


def large(tie_list, **more):
    table = pd.DataFrame(tie_list, columns=["from", "to"]).assign(network="large", relation="advice")
    return quantities(("ties", table.assign(**more), OPEN))


def test_a_role_of_one_or_two_has_no_contacts_of_its_own():
    everybody = [m.person for m in LARGE]
    found = large([(everybody[i], everybody[(i + 1) % 14]) for i in range(14)])
    shown = cells(found, "large")
    assert {r for s in shown for r in s.split(":")[1:]} == {"parents", "staff", "policy", "other_roles"}
    possible = {s: q.n_possible for s, q in shown.items() if not q.suppressed}
    assert possible["advice:policy:policy"] == 3 and possible["advice:other_roles:policy"] == 9


def test_private_contacts_of_few_are_not_shown():
    everybody = [m.person for m in LARGE]
    ring = [(everybody[i], everybody[(i + k) % 14]) for i in range(14) for k in (1, 2)]
    table = pd.DataFrame(ring, columns=["from", "to"]).assign(network="large", relation="advice")
    found = quantities(("ties", table, {}))
    assert found["large", "density_directed", "advice", "all"].value == pytest.approx(28 / (14 * 13))
    assert cells(found, "large") == {}, "contacts between roles are for what was open"
    two = [("pa0", "pa1"), ("pa1", "pa0"), *((p, None) for p in everybody[2:])]
    few = pd.DataFrame(two, columns=["from", "to"]).assign(network="large", relation="advice")
    assert quantities(("ties", few, {}))["large", "density_directed", "advice", "all"].suppressed
    assert all(q.suppressed for k, q in quantities(("ties", ties(), {})).items() if k[1].startswith("dens"))


def follows(statements):
    """Whether some sum of the statements is over one pair or two: their rank is less without these pairs."""
    rows = np.array(statements, dtype=float)
    rank, n = np.linalg.matrix_rank(rows), rows.shape[1]
    few = [*((i,) for i in range(n)), *combinations(range(n), 2)]
    return any(np.linalg.matrix_rank(np.delete(rows, pairs, axis=1)) < rank for pairs in few)


@pytest.mark.parametrize("seed", range(8))
def test_no_contacts_of_fewer_than_three_pairs_follow(seed):
    """From the densities, the E-I index, the cells of roles and those of organisations, all together."""
    random = np.random.default_rng(seed)
    roles = random.choice(["parents", "staff", "policy"], 9)
    organisations = random.choice(["x", "y", "z"], 9)
    members = tuple(
        Member(f"m{i}", str(r), str(o)) for i, (r, o) in enumerate(zip(roles, organisations, strict=True))
    )
    network = replace(PRACTICE.networks[0], members=members)
    practice = replace(PRACTICE, networks=(network,))
    said = [
        ("six", a.person, b.person, "advice")
        for a, b in product(members, repeat=2)
        if a != b and random.random() < 0.4 and (seed % 2 or a.person not in ("m0", "m1"))
    ]
    table = pd.DataFrame(said, columns=["network", "from", "to", "relation"])
    found = quantities(("ties", table, OPEN), practice=practice)
    answered = set(table["from"])
    pairs = [p for p in combinations(members, 2) if {m.person for m in p} & answered]
    statements = [np.ones(len(pairs)), [{m.person for m in p} <= answered for p in pairs]]
    if not found["six", "e_i", "advice", "all"].suppressed:
        statements.append([a.organisation == b.organisation for a, b in pairs])
    alone = {"contacts": roles_alone(roles), "contacts_organisations": roles_alone(organisations)}
    for (_, quantity, subject, _), q in found.items():
        if quantity in alone and not q.suppressed:
            cell = sorted(subject.split(":")[1:])
            of = "role" if quantity == "contacts" else "organisation"
            named = [sorted(alone[quantity].get(getattr(m, of), "other_roles") for m in p) for p in pairs]
            statements.append([name == cell for name in named])
            assert q.n_possible == sum(statements[-1]) >= 3
    assert not follows(statements)


def roles_alone(names):
    """name -> name of what three members or more have; the rest together, where that needs no other one."""
    sizes = pd.Series(names).value_counts()
    few = sizes[sizes < 3]
    if len(few) and few.sum() < 3:
        few = sizes[sizes <= sizes.drop(few.index).min()]
    return {name: name for name in sizes.index if name not in few.index}


def test_contacts_between_organisations_are_shares_of_pairs_with_what_silence_leaves_open():
    """Twelve in three organisations, of whom two of the first are silent: of the pairs within it one is not known."""
    members = tuple(Member(f"m{i}", ROLES[i % 2], "xyz"[i // 4]) for i in range(12))
    practice = replace(PRACTICE, networks=(replace(PRACTICE.networks[0], members=members),))
    said = [(f"m{i}", f"m{j}") for i in range(2, 12) for j in range(12) if i != j and (i + j) % 3 == 0]
    table = pd.DataFrame(said, columns=["from", "to"]).assign(network="six", relation="advice")
    found = quantities(("ties", table, OPEN), practice=practice)
    shown = {s: q for (_, name, s, _), q in found.items() if name == "contacts_organisations"}
    assert set(shown) == {f"advice:{c}" for c in ("x:x", "x:y", "x:z", "y:y", "y:z", "z:z")}
    by_hand = {
        (a, b): [
            (i + j) % 3 == 0
            for i, j in combinations(range(12), 2)
            if sorted(("xyz"[i // 4], "xyz"[j // 4])) == [a, b] and j >= 2
        ]
        for a, b in (("x", "x"), ("x", "y"), ("y", "z"))
    }
    for (a, b), contact in by_hand.items():
        assert shown[f"advice:{a}:{b}"].value == pytest.approx(np.mean(contact))
        assert shown[f"advice:{a}:{b}"].n_possible == len(contact)
    inside = shown["advice:x:x"]  # m0 and m1 were silent: their pair is not known
    assert len(by_hand["x", "x"]) == 5
    ties_there = sum(by_hand["x", "x"])
    assert (inside.conf_low, inside.conf_high) == pytest.approx((ties_there / 6, (ties_there + 1) / 6))
    private = quantities(("ties", table, {}), practice=practice)
    assert not any(name.startswith("contacts") for _, name, _, _ in private)


WRONG = {
    "a tie with oneself": (ties("a-a b-a"), "a tie with oneself"),
    "a tie with a stranger": (ties("a-z"), "no member"),
    "a stranger's tie": (ties("z-a"), "no member"),
    "a relation that is not there": (ties(relation="friends"), "a relation that is not in the list"),
    "a tie twice": (ties("a-b a-b", strength=[1, 2]), "say different things"),
    "nobody's tie": (ties().assign(**{"from": None}), "no person"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_ties_that_cannot_be_are_refused_without_a_code_of_a_person(what):
    text = str(refused("ties", *WRONG[what]))
    assert "line" in text and "'z'" not in text.lower()


def test_names_of_persons_and_order_of_rows_change_nothing():
    once = quantities(("ties", ties(), OPEN))
    mixed = ties().sample(frac=1, random_state=5)
    mixed["from"] = mixed["from"].str.upper() + " "
    again = quantities(("ties", mixed, OPEN), ("ties", ties(), OPEN))
    assert [repr(q) for q in once.values()] == [repr(q) for q in again.values()]
    assert not any(m.person in q.subject.split(":") for q in once.values() for m in SIX)

"""An invented network of 14 in five roles and one of six, and a way to read rows about them."""

import pandas as pd
import pytest

from dww_analysis.domain.networks import Member, Network, Relation, UsedChecklist
from dww_analysis.domain.practice import Practice, Role
from dww_analysis.domain.study import Source
from dww_analysis.errors import PracticeError
from dww_analysis.practice import practice_quantities, read_source

LABEL = {"nl": "x", "en": "x"}
ROLES = ("parents", "staff", "policy", "boards", "teachers")
OPEN = {"basis": "open"}
SIX = tuple(
    Member(p, role, o)
    for p, role, o in zip(
        "abcdef", ("parents",) * 3 + ("staff",) * 3, ("o1", "o1", "o2", "o2", "o3", "o3"), strict=True
    )
)
LARGE = tuple(
    Member(f"{role[:2]}{i}", role, f"o{i}")
    for role, n in zip(ROLES, (4, 4, 3, 2, 1), strict=True)
    for i in range(n)
)
PRACTICE = Practice(
    roles=tuple(Role(r, LABEL) for r in ROLES),
    networks=(
        Network("six", LABEL, "breakthrough", LABEL, 4, 2, SIX),
        Network("large", LABEL, "community_of_practice", LABEL, 14, 6, LARGE),
        Network("loose", LABEL, "living_lab", LABEL),
    ),
    relations=(Relation("advice", LABEL), Relation("work", LABEL)),
    checklists=(UsedChecklist("good_practice"), UsedChecklist("intake")),
)
GOLDEN_TIES = "a-b a-c a-e b-a b-d c-a c-f d-b d-e"


def source(kind, data, id="file", **more):
    return Source(id, f"{id}.csv", None, kind, "auto", "main", None, {c: c for c in data.columns}, **more)


def quantities(*parts, minimum=8, practice=PRACTICE):
    """By unit, quantity, subject and role, of (kind, table, settings of the source)."""
    read = [
        (s := source(kind, data, f"file{i}", **more), read_source(data, s, practice))
        for i, (kind, data, more) in enumerate(parts)
    ]
    found = practice_quantities(read, practice, minimum, "study")
    assert len({q.id for q in found}) == len(found)
    return {(q.unit, q.quantity, q.subject, q.role): q for q in found}


def refused(kind, table, said):
    """The problems of a delivered table that cannot be; `said` is in what they say."""
    with pytest.raises(PracticeError) as error:
        quantities((kind, table, OPEN))
    assert said in str(error.value)
    assert all(p.where and p.expected and p.action for p in error.value.problems)
    return error.value


def ties(text=GOLDEN_TIES, network="six", relation="advice", **more):
    rows = [(network, *tie.split("-"), relation) for tie in text.split()]
    return pd.DataFrame(rows, columns=["network", "from", "to", "relation"]).assign(**more)


def ratings(*rounds, network="loose", persons=None, **more):
    """A row for each rating; None leaves a person out."""
    rows = [
        (network, number, (persons or [f"p{i}" for i in range(len(values))])[i], value)
        for number, values in enumerate(rounds, 1)
        for i, value in enumerate(values)
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["network", "round", "person", "rating"]).assign(**more)

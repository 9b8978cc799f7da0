"""Theories and scores for the tests of mechanisms: one wave or three, arms by team or by person."""

from dataclasses import replace

import pandas as pd
from effects_studies import plan_of, scale, trial_study

from dww_analysis.domain.study import Allocation
from dww_analysis.domain.theory import Arrow, Moderation, Node, Path, Theory
from dww_analysis.effects.mechanisms.results import mechanism_table
from dww_analysis.effects.mechanisms.rows import TheoryData

WIDE = 1e6  # a range that no score of these tests leaves


def node(id: str, **more) -> Node:
    return Node(id, {"en": id}, **{"scale": id, **more})


def theory(*arrows: Arrow, paths=(), moderations=(), nodes=(), **more) -> Theory:
    """A theory over the nodes that its arrows name: `arm` is the arm, others are scales of their name."""
    given = {n.id: n for n in nodes}
    names = dict.fromkeys(n for a in arrows for n in (a.origin, a.target))
    known = [given.get(n) or (Node(n, {"en": n}, arm=True) if n == "arm" else node(n)) for n in names]
    through = tuple(Path(tuple(p.split())) for p in paths)
    return Theory(tuple(known), arrows, through, tuple(Moderation(*m) for m in moderations), **more)


def long_scores(rows: pd.DataFrame, waves: dict[str, int]) -> dict[str, pd.DataFrame]:
    """Scores tables from one row a person (columns person, team, arm and the scales), each scale at its wave."""
    tables = {}
    for name, wave in waves.items():
        keys = rows.reindex(columns=["person", "team", "arm", "organisation"])
        table = keys.assign(sample="main", wave=wave, scale=name, score=rows[name])
        tables[name] = table.assign(organisation="o1")
    return tables


def data_of(theory: Theory, scores: dict[str, pd.DataFrame], *, study=None, answers=None) -> TheoryData:
    scales = {name: scale(name, -WIDE, WIDE) for name in scores}
    first = next(iter(scores.values()))
    given = first if answers is None else answers
    return TheoryData(theory, plan_of(), study or trial_study(), scales, scores, given)


def found(theory: Theory, scores, **more) -> pd.DataFrame:
    """The table of mechanisms, by kind, id and part."""
    table = mechanism_table(data_of(theory, scores, **more))
    return table.set_index(["kind", "id", "part"])


def study_by_person():
    return replace(trial_study(), allocation=Allocation("person", "allocation", randomised=True, strata=None))


def not_by_lot():
    return replace(trial_study(), allocation=Allocation("team", "allocation", randomised=False, strata=None))

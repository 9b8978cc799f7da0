"""The theory of change as it was sealed: which number shows a changed value, and both numbers beside each other."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.config.resolved import resolve_theory, theory_differences
from dww_analysis.config.unsealed import unsealed_theory
from dww_analysis.domain.theory import Arrow, Moderation, Node, Path, Theory, told_by
from dww_analysis.effects.impact import theory_impact, theory_numbers

NODES = (
    Node("support", {"en": "support"}, arm=True),
    Node("potential", {"en": "potential"}, scale="y", level="team"),
    Node("agency", {"en": "agency"}, scale="z.own"),
)
THEORY = Theory(
    NODES,
    (Arrow("support", "potential", 1, "+"), Arrow("potential", "agency", 2)),
    (Path(("support", "potential", "agency")),),
    (Moderation("support", "potential", "age"),),
    adjust=("age",),
)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("theory.arrows.potential>agency.lag", ("arrow", "potential>agency")),
        ("theory.paths.support>potential>agency", ("path", "support>potential>agency")),
        ("theory.moderations.support>potential*age.status", ("moderation", "support>potential*age")),
        ("theory.nodes.agency.scale", ("arrow", "potential>agency")),
        ("theory.scales.z.key.reversed", ("arrow", "potential>agency")),
        ("theory.adjust", ("path", "support>potential>agency")),
        ("theory", ("path", "support>potential>agency")),
    ],
)
def test_which_number_shows_a_changed_value(what, told):
    assert told_by(what, THEORY) == told
    assert told_by(what, None) is None


class Files:
    """What a theory is resolved from."""

    def __init__(self, theory):
        self.theory, self.scales = theory, ()


def test_what_was_sealed_comes_back():
    sealed = resolve_theory(Files(THEORY)).facts
    back, scales = unsealed_theory(Files(THEORY), sealed)
    assert back == THEORY and scales == ()
    later = Theory(
        NODES, (Arrow("support", "potential", 1, "+"), Arrow("potential", "agency", 1)), THEORY.paths
    )
    now = resolve_theory(Files(later))
    assert ("theory.arrows.potential>agency.lag", "2", "1") in theory_differences(sealed, now)
    assert unsealed_theory(Files(later), sealed)[0] == THEORY


def row(identity, shown=True, **numbers):
    given = {"estimate": 0.3, "conf_low": 0.1, "conf_high": 0.5, "p_value": 0.01}
    counts = {"n_obs": 90.0, "n_persons": 40.0, "n_smallest": 18.0}
    return {"kind": "arrow", "id": identity, "part": "between", "shown": shown, **given, **counts, **numbers}


def test_both_numbers_and_by_how_many_persons_they_differ():
    sealed = pd.DataFrame([
        row("a>b"), row("a>b", shown=False, estimate=9.0), row("b>c", estimate=np.nan, n_persons=37.0),
        row("c>d", n_obs=91.0), row("d>e"),
    ])  # fmt: skip
    now = pd.DataFrame([row("a>b", estimate=0.2), row("b>c"), row("c>d")])
    found = theory_impact(sealed, now).set_index("entry")
    assert found.index.tolist() == [f"theory arrow {n}" for n in ("a>b", "b>c", "c>d", "d>e")]
    assert found["estimate_sealed"].tolist()[0] == 0.3 and np.isnan(found["estimate_sealed"].iloc[1])
    assert found["n_changed"].tolist()[:3] == [0.0, 3.0, 1.0] and np.isnan(found["n_changed"].iloc[3])
    assert theory_numbers(now, "now").set_index("entry").loc["theory arrow a>b", "estimate_now"] == 0.2

"""What invented professionals told is what its truth says, and the pipeline finds it back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.practice import krippendorff_alpha
from dww_analysis.simulate.acting import ACTING, ELEMENTS, SITUATIONS, draw_fragments, draw_helpful
from dww_analysis.stages.deviating import deviations, seal_of_study
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.practice import STAGE
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Tables

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project():
    return Project(Paths(ROOT, "example"))


@pytest.fixture(scope="module")
def found(project):
    """Rows of quantities about the study as a whole, by quantity and subject."""
    made = STAGE.run(project, "sessions", Tables({})).parts["quantities"]
    return made[made["unit_level"] == "study"].set_index(["quantity", "subject"])


def test_the_record_beside_the_tests_is_the_truth(project):
    stored = json.loads((Path(__file__).parent / "acting_truth.json").read_text(encoding="utf-8"))
    assert stored == json.loads(json.dumps(ACTING.as_dict()))
    practice = project.files.practice
    assert practice.ids("elements") == ELEMENTS and practice.ids("situations") == SITUATIONS


def test_ninety_examples_of_which_one_cell_was_never_told(found):
    drawn = draw_fragments(ACTING, np.random.default_rng(1))
    assert drawn["fragment"].nunique() == 90 and len(drawn) == 180
    persons = found["value"]["persons_with_example"]
    white = [s for s in persons.index if persons[s] == 0]
    assert len(persons) == 15 and white == [":".join(ACTING.never)]
    assert found["value"]["persons_asked", ""] == 18
    assert persons.sum() <= 90, "what coders see differently counts nowhere"


@pytest.mark.long
def test_coders_agree_as_often_as_the_truth_says(found):
    """Who follows with chance p and else chooses one of k anew agrees with chance a = p + (1 - p) / k; alpha is about
    (a - 1 / k) / (1 - 1 / k) = p where codes are used alike."""
    draws = [draw_fragments(ACTING, np.random.default_rng(seed)) for seed in range(40)]
    for code, chance in zip(("element", "situation", "way"), ACTING.second, strict=True):
        alphas = [
            krippendorff_alpha(d.pivot(index="fragment", columns="coder", values=code), draws=2).value
            for d in draws
        ]
        assert np.mean(alphas) == pytest.approx(chance, abs=0.03)
        row = found.loc[("alpha", code)]
        assert row["conf_low"] <= chance + 0.05 and chance - 0.05 <= row["conf_high"] and row["n"] == 90


def test_what_is_told_last_is_hardly_new(found):
    runs = found["value"]["new_information"].filter(like="ways:")
    assert runs["ways:5-6"] > 0.25 and runs["ways:17-18"] <= 0.05


def test_ratings_and_remarks_of_the_app_are_what_the_truth_says(found):
    drawn = pd.concat([draw_helpful(ACTING, np.random.default_rng(seed)) for seed in range(40)])
    means = drawn[drawn["role"] == "professionals"].groupby("function")["rating"].mean()
    others = drawn[drawn["role"] != "professionals"].groupby("function")["rating"].mean()
    for function, mean in ACTING.helpful.items():
        assert means[function] == pytest.approx(mean, abs=0.1)
        assert others[function] == pytest.approx(mean - ACTING.lower, abs=0.1)
        rows = found.loc[[("rating_mean", function)]].set_index("role")
        row = rows.loc["professionals"]
        assert row["conf_low"] - 0.1 <= mean <= row["conf_high"] + 0.1
        assert set(rows.index) == {"all", "professionals", "education", "other_roles"}, (
            "three of boards join policy"
        )
    assert found["n"]["app_remarks", ""] == ACTING.remarks
    for code in ("app_function", "app_kind"):
        row = found.loc[("alpha", code)]
        assert row["conf_low"] <= ACTING.agreement <= row["conf_high"]


def test_what_was_told_is_no_part_of_the_sealed_plan(project):
    assert seal_of_study(project) is not None and deviations(project) == []

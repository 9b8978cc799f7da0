"""What figures may show: the numbers that readers get in tables, beside those of an earlier publication."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "privacy"))
from invented_tables import MINIMUM, declared, descriptives

from dww_analysis import storage
from dww_analysis.domain.tables import register
from dww_analysis.errors import DisclosureError
from dww_analysis.privacy.gate import let_out
from dww_analysis.privacy.published import as_published, state_of
from dww_analysis.stages import article_tables, draw, overview, places, report
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.publication import Publication

ITEM = {"sample": "main", "scale": "agency", "wave": 0, "item": "i1", "missing": 0, "mean": 3.0, "sd": 0.7,
        "floor_share": 0.2, "ceiling_share": 0.2, "score_min": 1, "score_max": 5}  # fmt: skip


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(Paths(tmp_path, "mine"))
    made.__dict__["files"] = SimpleNamespace(study=SimpleNamespace(waves=(), min_cell_size=MINIMUM))
    return made


def tables(groups: dict, mean: float = 3.0) -> dict:
    """What the figures of one scale read, of these arms (n, mean)."""
    n = sum(n for n, _ in groups.values())
    rows = [{"arm": arm, "wave": 0, "n": of, "estimate": mean} for arm, (of, _) in groups.items()]
    empty = {
        name: pd.DataFrame(columns=list(register()[name].names))
        for name in ("invariance", "invariance_steps", "factor_structure", "reliability")
    }
    return empty | {
        "descriptives": descriptives(groups),
        "items": pd.DataFrame([ITEM | {"n": n, "mean": mean}]),
        "scores": pd.DataFrame(),
        "estimates": {},
        "fits": {"e": {"means": rows}, "without": {"means": []}},
    }


def publish(project: Project, made: dict) -> None:
    """Keep what readers get of these tables, as the report does."""
    publication = Publication.of(project)
    names = [n for n in draw.MEASURED if n in made]
    shown, _ = publication.beside(let_out({n: made[n] for n in names}, MINIMUM))
    state = report._readers_have(shown, publication.means(made["fits"]))
    storage.save_json(state, places.PUBLISHED.at(project.paths))


def test_figures_keep_the_numbers_that_the_tables_keep(project):
    publish(project, tables({"a": (30, 3.0), "b": (40, 3.0)}))
    shown = draw._let_out(project, tables({"a": (33, 3.2), "b": (60, 3.0)}, mean=3.4))
    assert shown["items"]["n"].tolist() == [70] and shown["items"]["mean"].tolist() == [3.0]
    means = pd.DataFrame(shown["fits"]["e"]["means"]).set_index("arm")
    assert means.loc["a", ["n", "estimate"]].tolist() == [30, 3.0]
    assert shown["fits"]["without"]["means"] == []


def test_the_scores_of_a_group_that_keeps_its_numbers_are_not_drawn(project):
    publish(project, tables({"a": (30, 3.0), "b": (40, 3.0)}))
    assert draw._let_out(project, tables({"a": (33, 3.2), "b": (60, 3.0)}))["whole_groups"].empty
    enough = draw._let_out(project, tables({"a": (38, 3.2), "b": (60, 3.0)}))["whole_groups"]
    assert enough["arm"].tolist() == ["", "a", "b"]


def test_units_of_an_estimate_that_keeps_its_numbers_are_not_drawn(project):
    """A dot that moved would tell what three persons of its unit answered."""
    rows = [{"point": i, "n_persons": 20, "observed": 0.1 * i, "estimate": 0.05 * i} for i in range(6)]

    def drawn(n_obs: int, value: float) -> int:
        row = {"id": "e", "entry": "e", "estimate": value, "n_obs": n_obs, "n_persons": 120, "n_smallest": 50}
        gated = let_out({"estimates": declared("estimates", row)}, MINIMUM)
        publication = Publication.of(project)
        shown, _ = publication.beside(gated)
        units = overview._units(
            {"fits": {"e": {"unit_effects": {"rows": rows}}}, **gated}, shown["estimates"], publication
        )
        if not publication.earlier:
            storage.save_json(state_of(shown), places.PUBLISHED.at(project.paths))
        return len(units)

    assert drawn(200, 0.213456) == 6
    assert drawn(203, 0.25) == 0
    assert drawn(200, 0.213456) == drawn(220, 0.25) == 6


def test_the_scores_of_a_group_that_is_hidden_beside_a_small_one_are_not_drawn(project):
    shown = draw._let_out(project, tables({"a": (3, 4.7), "b": (50, 3.0), "c": (60, 3.0)}))
    assert shown["whole_groups"]["arm"].tolist() == ["", "c"]


def test_a_figure_that_tells_more_than_the_tables_stops_the_report(tmp_path):
    gated = let_out({"descriptives": descriptives({"a": (3, 4.5), "b": (50, 3.0)})}, MINIMUM)
    shown, _ = as_published(gated, {}, MINIMUM)
    report._attack(shown, [tmp_path], MINIMUM)
    storage.save_frame(
        pd.DataFrame({"wave": 0, "arm": ["b"], "n": 50, "mean": 3.0}), tmp_path / "raincloud_agency.csv"
    )
    with pytest.raises(DisclosureError, match="raincloud_agency"):
        report._attack(shown, [tmp_path], MINIMUM)


def test_what_the_article_prints_rests_on_no_share_that_is_hidden(project, monkeypatch):
    """The step has the tables of the report as they passed the gate: 3 of 60 said yes, and no file tells with whom."""
    at = {"sample": "main", "n_persons": 60}
    units = declared("baseline_units", {**at, "variable": "helped", "n_units": 12, "mean": 0.05, "sd": 0.1})
    pairs = declared(
        "scale_correlations",
        *(
            {**at, "wave": w, "level": "persons", "scale_1": "helped", "scale_2": "y", "estimate": 0.2}
            for w in (0, 1)
        ),
    )
    for where, name, made in (
        ("effects.baseline_units", "baseline_units", units),
        ("scales.together", "scale_correlations", pairs),
        ("effects.residuals", "residual_tables", {}),
    ):
        monkeypatch.setattr(f"dww_analysis.{where}.{name}", lambda *args, made=made: made)
    files = project.__dict__["files"]
    files.scales, files.plan = (), SimpleNamespace(conf_level=0.95)
    score = {
        "sample": "main",
        "scale": "helped",
        "arm": "",
        "n": 60,
        "n_complete": 60,
        "score_min": 0,
        "score_max": 1,
    }
    said = [
        {**score, "wave": w, "mean": yes / 60, "sd": (yes * (60 - yes) / 60 / 59) ** 0.5}
        for w, yes in ((0, 3), (1, 30))
    ]
    given = {
        "scores": {"helped": pd.DataFrame()}, "answers": None, "residuals": {}, "fits": {},
        "estimates": pd.DataFrame(columns=list(register()["estimates"].names)),
        "descriptives": let_out({"descriptives": declared("descriptives", *said)}, MINIMUM)["descriptives"],
    }  # fmt: skip
    shown = article_tables._run(project, "study", given)
    assert set(shown) == {"baseline_units", "scale_correlations"}
    assert shown["baseline_units"]["suppressed"].tolist() == [True]
    assert shown["scale_correlations"]["suppressed"].tolist() == [True, False]

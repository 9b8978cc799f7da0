"""The attacker lays the numbers of figures beside the tables of the same groups."""

import pandas as pd
import pytest
from invented_tables import MINIMUM, declared, descriptives, through

from dww_analysis.domain.tables import register
from dww_analysis.privacy.audit import attack
from dww_analysis.privacy.audit_figures import attack_figures
from dww_analysis.privacy.published import as_published, published_numbers


def table_of(groups: dict[str, tuple[int, float]]) -> dict[str, pd.DataFrame]:
    """Descriptives of these arms as they are published."""
    return as_published({"descriptives": through("descriptives", descriptives(groups))}, {}, MINIMUM)[0]


def cloud(groups: dict[str, tuple[int, float]]) -> pd.DataFrame:
    """Numbers of a raincloud of these arms."""
    rows = [{"wave": 0, "arm": arm, "n": n, "mean": m, "sd": 0.7} for arm, (n, m) in groups.items()]
    return published_numbers(pd.DataFrame(rows))


def test_the_attacker_lays_a_figure_beside_its_table():
    """Arm b is hidden beside the three persons of a: a figure that draws it gives them away."""
    groups = {"a": (3, 4.75), "b": (50, 3.0)}
    table = table_of(groups)
    found = attack_figures({"raincloud_agency": cloud({"b": (50, 3.0)})}, table, MINIMUM)
    assert "beside descriptives.csv" in " ".join(f.what for f in found)
    assert attack_figures({"raincloud_other": cloud({"b": (50, 3.0)})}, table, MINIMUM) == []


def test_the_attacker_subtracts_a_kept_table_from_a_figure():
    table = table_of({"a": (30, 3.0), "b": (40, 3.0)})
    honest = cloud({"a": (30, 3.0), "b": (40, 3.0)})
    assert attack_figures({"raincloud_agency": honest}, table, MINIMUM) == []
    found = attack_figures({"raincloud_agency_main": cloud({"a": (33, 3.1)})}, table, MINIMUM)
    assert "differ by 1 to 7 persons" in found[0].what


def test_few_units_of_many_persons_are_no_small_count_of_persons():
    found = {"kind": "arrow", "id": "a-b", "part": "", "estimate": 0.2, "n_persons": 30, "n_units": 4}
    table = as_published(
        {"mechanisms": through("mechanisms", declared("mechanisms", {**found, "n_smallest": 9}))}, {}, 8
    )[0]
    assert attack_figures({"mechanisms": pd.DataFrame([found])}, table, MINIMUM) == []
    few = pd.DataFrame([found | {"n_persons": 4}])
    assert [f.what for f in attack_figures({"mechanisms": few}, table, MINIMUM)] == [
        "small counts in n_persons"
    ]


PLANNED = {"entry": "e", "id": "e", "wave": 2, "estimate": 0.2, "n_persons": 302}
ROWS = {  # figure -> its table, the row behind it, and what the figure adds
    "forest": ("estimates", PLANNED, {}),
    "trajectories_e": ("estimates", PLANNED, {"quantity": "difference", "arm": ""}),
    "curve-e": ("curve", {"entry": "e", "point": 7, "estimate": 0.2, "n_persons": 302}, {}),
    "mechanisms": ("mechanisms", {"kind": "arrow", "id": "a-b", "part": "", "estimate": 0.2, "n_persons": 302}, {}),
    "residuals-2": ("residual_bins", {"entry": "e", "kind": "normal", "bin": 1, "n_persons": 40, "x": 0.1, "mean": 0.2},
                    {}),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("n_smallest", "hidden"), [(5, True), (98, False)])
def test_the_attacker_finds_a_drawn_number_that_its_table_hides(name, n_smallest, hidden):
    of, row, more = ROWS[name]
    few = {"curve": "n_apart", "residual_bins": "n_persons"}.get(of, "n_smallest")
    table = as_published({of: through(of, declared(of, {**row, few: n_smallest}))}, {}, MINIMUM)[0]
    drawn = pd.DataFrame([{**row, **more}]).drop(columns="n_persons")
    others = pd.DataFrame([{**row, **more, "quantity": "mean", "arm": "a"}]).drop(columns="n_persons")
    found = attack_figures({name: drawn}, table, MINIMUM)
    assert [f.what for f in found] == ([f"numbers that {of}.csv hides"] if hidden else [])
    gone = drawn.assign(**{c: float("nan") for c in ("estimate", "mean", "x") if c in drawn})
    assert attack_figures({name: gone}, table, MINIMUM) == []
    if name.startswith("trajectories"):
        assert attack_figures({name: others, "trajectories_other": drawn}, table, MINIMUM) == []


HIDDEN = {
    "id": "e",
    "entry": "e",
    "estimate": 0.4,
    "n_obs": 60,
    "n_persons": 40,
    "n_smallest": 5,
    "converged": True,
}


@pytest.mark.parametrize(
    ("column", "word"),
    [
        ("df_method", "exact"),
        ("fallback", "normal"),
        ("boundary", "team"),
        ("converged", True),
        ("p_value", 0.2),
    ],
)
def test_flags_and_words_of_a_hidden_estimate_are_hidden_and_found(column, word):
    """An exact test says that everybody of an arm gave one answer, a variance at its limit that units are alike."""
    hidden = through("estimates", declared("estimates", {**HIDDEN, column: word}))
    assert hidden["suppressed"].all() and hidden[column].isin(["", pd.NA]).all() | hidden[column].isna().all()
    assert attack({"estimates": hidden}, MINIMUM) == []
    told = hidden.astype({column: "object"}).assign(**{column: word})
    assert [f.what for f in attack({"estimates": told}, MINIMUM)] == [f"{column} in a suppressed row"]


def test_how_many_units_there_are_is_no_count_of_persons():
    """Six teams are no six persons: a study of few units would be stopped by its own check."""
    few = {"n_teams", "n_organisations", "n_units"}
    counted = {name: few & {*table.showing("count")} for name, table in register().items()}
    assert {name: columns for name, columns in counted.items() if columns} == {}

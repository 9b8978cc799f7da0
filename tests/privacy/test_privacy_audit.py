"""The attacker lays the numbers of figures beside the tables of the same groups."""

import pandas as pd
from invented_tables import MINIMUM, descriptives, through

from dww_analysis.privacy.audit import attack_figures
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
    assert found and "beside descriptives.csv" in found[0].what
    assert attack_figures({"raincloud_other": cloud({"b": (50, 3.0)})}, table, MINIMUM) == []


def test_the_attacker_subtracts_a_kept_table_from_a_figure():
    table = table_of({"a": (30, 3.0), "b": (40, 3.0)})
    honest = cloud({"a": (30, 3.0), "b": (40, 3.0)})
    assert attack_figures({"raincloud_agency": honest}, table, MINIMUM) == []
    found = attack_figures({"raincloud_agency_main": cloud({"a": (33, 3.1)})}, table, MINIMUM)
    assert "differ by 1 to 7 persons" in found[0].what

"""Random slopes over columns that are nearly dependent give what the same columns centred give."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.multilevel import fit


@pytest.fixture(scope="module")
def by_year():
    """Forty teams over the calendar years 2019 to 2023, and the same years counted from their middle."""
    rng = np.random.default_rng(1)
    team, year = np.repeat(np.arange(40), 30), rng.integers(2019, 2024, 1200)
    b = rng.multivariate_normal([0, 0], [[0.3, 0.03], [0.03, 0.05]], 40)
    noise = rng.normal(size=1200)
    y = 1 + b[team, 0] + (0.1 + b[team, 1]) * (year - 2021) + noise
    data = pd.DataFrame(
        {"y": y, "flat": noise + 0.1 * year, "year": year, "centred": year - 2021, "team": team}
    )
    return data


def test_calendar_years_give_what_centred_years_give(by_year):
    years, centred = (fit(f"y ~ {x} + (1 + {x} | team)", by_year) for x in ("year", "centred"))
    assert years.converged and years.boundary == () and years.search.evaluations == centred.search.evaluations
    assert years.log_likelihood == pytest.approx(centred.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(years.fitted, centred.fitted, atol=1e-8)
    for df in ("kenward-roger", "satterthwaite"):
        mine, theirs = years.coefficients(df).iloc[1], centred.coefficients(df).iloc[1]
        for column in ("estimate", "std_error", "df", "p_value"):
            assert mine[column] == pytest.approx(theirs[column], rel=1e-6)
    slope = "sd_{}|team".format
    found = years.profile().set_index("term")
    stored = centred.profile().set_index("term").loc[slope("centred")]
    np.testing.assert_allclose(found.loc[slope("year")].astype(float), stored.astype(float), rtol=1e-5)
    assert (
        found.loc[slope("(Intercept)"), ["conf_low", "conf_high"]].isna().all()
    )  # a team's level in the year 0
    again = years.refit(by_year["y"].to_numpy() + 1.0)
    assert again.log_likelihood == pytest.approx(years.log_likelihood, abs=1e-6)


def test_the_slope_of_calendar_years_may_vanish(by_year):
    years, centred = (fit(f"flat ~ {x} + (1 + {x} | team)", by_year) for x in ("year", "centred"))
    assert years.log_likelihood == pytest.approx(centred.log_likelihood, abs=1e-7)
    assert years.converged and bool(years.boundary) == bool(centred.boundary)

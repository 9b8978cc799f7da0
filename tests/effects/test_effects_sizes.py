"""Sizes and equivalence against R (lme4, pbkrtest): the contrast .395773, SE .207072, df 16.76839."""

import pytest

from dww_analysis.effects.sizes import Spread, correction, equivalence, of_hundred_pairs, standardised

CONTRAST = (0.395772896392379, 0.207071599276614)
DF = 16.768390355511
TOTAL = Spread(0.553978099827809, 49.8638128428104, "model")


def test_g_counts_the_sd_as_estimated():
    size = standardised(*CONTRAST, TOTAL)
    assert correction(TOTAL.df) == pytest.approx(0.984883242044384, abs=1e-9)
    assert size.estimate == pytest.approx(0.703620040996891, abs=1e-9)
    assert size.std_error == pytest.approx(0.374821549416018, abs=1e-9)


def test_a_known_sd_is_the_limit():
    size = standardised(*CONTRAST, Spread(0.484709191965983, 1e12, "first_wave"))
    assert size.estimate == pytest.approx(0.816516177023841, abs=1e-9)
    assert size.std_error == pytest.approx(0.427207906738329, abs=1e-9)


@pytest.mark.parametrize(
    ("sesoi", "lower", "upper"),
    [(0.5, 0.000236078346536678, 0.310636922588364), (0.8, 1.18338790616126e-05, 0.0339145818362845)],
)
def test_two_one_sided_tests(sesoi, lower, upper):
    found = equivalence(*CONTRAST, DF, sesoi)
    assert found.p_lower == pytest.approx(lower, rel=1e-6)
    assert found.p_upper == pytest.approx(upper, rel=1e-6)
    assert found.p_value == max(found.p_lower, found.p_upper)
    assert (found.conf_low, found.conf_high) == pytest.approx(
        (0.0352632780171332, 0.756282514767626), abs=1e-7
    )


def test_of_hundred_pairs():
    assert of_hundred_pairs(0) == 50
    assert of_hundred_pairs(2**0.5) == pytest.approx(84.1344746, abs=1e-6)
    assert of_hundred_pairs(0.4) + of_hundred_pairs(-0.4) == pytest.approx(100)

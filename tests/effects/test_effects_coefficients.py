"""A plan's `term` is checked against the coefficients that its formula has, before anything is fitted."""

import effects_studies as made
import pytest

from dww_analysis.effects.coefficients import require_term
from dww_analysis.errors import PlanError


def check(formula, term):
    entry = made.entry(formula=formula, term=term)
    require_term(entry, made.trial_study(), made.trial_scores(True), {}, made.trial_scores(True))


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        ("y ~ wave * arm + (1 | team)", "wave2:armintervention"),
        ("y ~ arm + (1 | team)", "armintervention"),
        ("y ~ wave_number + (1 | person)", "wave_number"),
        ("y ~ 1 + (1 | team)", "(Intercept)"),
        ("y ~ poly(wave_number, 2) + (1 | team)", "poly(wave_number, 2)1"),
        ("y ~ wave + wave_number + (1 | team)", "wave_number"),  # left out by the rows, not by the formula
    ],
)
def test_a_coefficient_of_the_formula_passes(formula, term):
    check(formula, term)


@pytest.mark.parametrize(
    ("formula", "term", "said"),
    [
        ("y ~ 1 + (1 | team)", "wave1:armSmall", r"wave1:armSmall.*\(Intercept\)"),
        ("y ~ wave + arm + (1 | team)", "wave2:armintervention", "wave1, wave2, armintervention"),
        ("y ~ wave * arm + (1 | team)", "armIntervention", "armintervention"),
        ("y ~ wave_number + (1 | person)", "wave", "wave_number"),
        ("y ~ wave ++* arm", "wave1", "cannot be read"),
        ("y ~ nobody + (1 | team)", "nobody", "names `nobody`"),
    ],
)
def test_another_term_is_refused_with_the_coefficients_there_are(formula, term, said):
    with pytest.raises(PlanError, match=f"(?s){said}"):
        check(formula, term)

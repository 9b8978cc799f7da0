"""Words of lme4, emmeans and statsmodels for what a fit has under another name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dww_analysis.analyst.words import which_argument

from .errors import MethodError

WORDS = {
    "fixef": "fixed_effects",
    "params": "fixed_effects",
    "fe_params": "fixed_effects",
    "coef": "coefficients()",
    "bse": 'coefficients()["std_error"]',
    "tvalues": 'coefficients()["statistic"]',
    "pvalues": 'coefficients()["p_value"]',
    "confint": "coefficients(conf_level=0.95), or profile() for profile-likelihood limits",
    "conf_int": "coefficients(conf_level=0.95), or profile() for profile-likelihood limits",
    "cov_params": "vcov()",
    "ranef": "random_effects()",
    "VarCorr": "variance_components()",
    "cov_re": "variance_components()",
    "isSingular": "boundary (empty where nothing is)",
    "update": "fit(formula, data) for another model, or refit(y) for another outcome",
    "AIC": "aic",
    "BIC": "bic",
    "logLik": "log_likelihood",
    "llf": "log_likelihood",
    "deviance": "-2 * log_likelihood",
    "nobs": "n_obs",
    "ngrps": "n_groups",
    "resid": "residuals",
    "fittedvalues": "fitted",
    "emmeans": "means()",
    "lsmeans": "means()",
    "emtrends": "slopes()",
    "pairs": "contrasts()",
    "contrast": "contrasts()",
    "glht": 'contrasts(adjust="mvt")',
    "drop1": "anova()",
    "Anova": "anova(type=2)",
    "df_resid": 'coefficients()["df"]',
    "getME": "design (its X and random) and theta",
    "rsquared": "r2()",
    "get_prediction": "predict(new, population=True, se=True)",
    "lrtest": "compare()",
    "bootMer": "bootstrap()",
    "t_test": "linear()",
    "f_test": "test()",
    "wald_test": "test()",
}

# arguments of lmer, glmmTMB, clmm and MixedLM that `fit` has under another name
ARGUMENTS = {
    "REML": 'method="REML" or method="ML"',
    "reml": 'method="REML" or method="ML"',
    "nAGQ": "quadrature=",
    "ziformula": 'family="zip" with zero="~ x"',
    "zi_formula": 'family="zip" with zero="~ x"',
    "dispformula": "residual_variance= (family 'gaussian')",
    "groups": "random terms in the formula, such as (1 | team)",
    "group": "random terms in the formula, such as (1 | team)",
    "random": "random terms in the formula, such as (1 | team)",
    "re_formula": "random terms in the formula, such as (1 + time | team)",
    "vc_formula": "random terms in the formula, such as (1 | team) + (1 | person)",
    "correlation": 'residual_correlation="ar1(wave | person)"',
    "ddf": 'df= of the tables, as in coefficients("kenward-roger")',
    "df": 'df= of the tables, as in coefficients("kenward-roger")',
    "contrasts": "C(x, Sum) and the like in the formula",
    "subset": "the rows to use as data",
    "exposure": "offset(log(x)) in the formula",
    "freq_weights": "weights= (precisions, or numbers of trials), or repeat the rows",
}


def refuse_arguments(given: Mapping[str, Any], known: Iterable[str]) -> None:
    """MethodError for arguments that `fit` does not have, with what to write instead."""
    found = [f"{word!r} ({which_argument(word, ARGUMENTS, known)})" for word in given]
    raise MethodError(f"fit has no argument {', '.join(found)}.")

"""Words of lme4, emmeans and statsmodels for what a fit has under another name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

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
    "drop1": "anova()",
    "lrtest": "compare()",
    "bootMer": "bootstrap()",
    "t_test": "linear()",
    "f_test": "test()",
    "wald_test": "test()",
}


def what_to_write(word: str, known: Iterable[str]) -> str:
    """The message for a word that a fit does not have."""
    if word in WORDS:
        return f"A fit has no {word!r}; use {WORDS[word]}."
    near = difflib.get_close_matches(word, [name for name in known if not name.startswith("_")], n=1)
    return f"A fit has no {word!r}." + (f" Did you mean {near[0]}?" if near else "")

"""Words of lavaan, semTools and semopy for what a factor model has under another name."""

from __future__ import annotations

FIT = "summary(), or chi_square, df, p_value, cfi, tli, rmsea, srmr, aic and bic"

WORDS = {
    "fitMeasures": FIT,
    "fitmeasures": FIT,
    "calc_stats": FIT,
    "parameterEstimates": "parameters",
    "parameterestimates": "parameters",
    "parTable": "parameters",
    "inspect": "parameters, implied or sample",
    "lavInspect": "parameters, implied, sample or covariance",
    "standardizedSolution": 'parameters["standardised"]',
    "standardizedsolution": 'parameters["standardised"]',
    "coef": 'parameters["estimate"]',
    "vcov": "covariance",
    "modindices": "modification_indices()",
    "modificationIndices": "modification_indices()",
    "modificationindices": "modification_indices()",
    "lavTestScore": "score_tests()",
    "lavPredict": "factor_scores()",
    "predict": "factor_scores()",
    "predict_factors": "factor_scores()",
    "lavResiduals": "residual_correlations()",
    "resid": "residual_correlations()",
    "residuals": "residual_correlations()",
    "fitted": "implied",
    "compRelSEM": "reliability()",
    "AVE": "reliability()",
    "htmt": "heterotrait_monotrait()",
    "logLik": "log_likelihood",
    "AIC": "aic",
    "BIC": "bic",
    "nobs": "n_obs",
}

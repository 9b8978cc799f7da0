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
    "anova": "compare()",
    "lavTestLRT": "compare()",
    "compareFit": "compare()",
    "fit_measures": FIT,
    "params": "parameters",
}

# arguments of lavaan's cfa and semopy that `fit_cfa` has under another name
ARGUMENTS = {
    "ordered": "ordered categoricals: data[item] = pd.Categorical(data[item], ordered=True), with estimator='WLSMV'",
    "group_equal": "equal=",
    "group_partial": "partial=",
    "se": "estimator='MLR' for robust errors, cluster= for teams",
    "test": "estimator='MLR' for a scaled statistic",
    "orthogonal": "f ~~ 0*g in the model text",
    "sample_cov": "data=, one row a person",
    "sampling_weights": "no weights: every person counts once",
    "parameterization": "nothing: it is delta",
    "fixed_x": "nothing: it is TRUE",
    "start": "start(0.8)*x2 in the model text",
    "constraints": "shared labels in the model text: a*x1 + a*x2",
}

"""Scales: scoring keys, scores, reliability, agreement within teams, factor models and invariance.

The public names below are loaded when first used, so that a job which only scores starts with numpy and pandas.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "load_key": "keys",
    "key_ids": "keys",
    "parse_key": "keys",
    "load_all_keys": "keys",
    "score": "scoring",
    "score_scale": "scale_scores",
    "band_of": "scoring",
    "cronbach_alpha": "reliability",
    "omega_total": "reliability",
    "spearman_brown": "reliability",
    "item_analysis": "items",
    "sign_questions": "items",
    "careless_answers": "careless",
    "careless_flags": "careless",
    "test_retest": "stability",
    "retest_table": "stability",
    "sampling_adequacy": "adequacy",
    "omega_hierarchical": "hierarchical",
    "omega_minres": "hierarchical",
    "ordinal_alpha": "ordinal",
    "omega_categorical": "ordinal",
    "rwg": "agreement",
    "rwg_j": "agreement",
    "rwg_j_lindell": "agreement",
    "ad_m": "agreement",
    "icc1": "aggregation",
    "icc2": "aggregation",
    "group_mean_reliability": "aggregation",
    "icc_shrout_fleiss": "raters",
    "aggregation_verdict": "aggregation",
    "team_scores": "aggregation",
    "ScaleAnalysis": "analysis",
    "analyse_scale": "analysis",
    "measure_invariance": "measured",
    "fit_cfa": "dww_analysis.factor",
    "invariance": "dww_analysis.factor",
    "omega_two_level": "dww_analysis.factor",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)

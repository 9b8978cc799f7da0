"""Tables of estimates: what was estimated, with what uncertainty, and how much hangs on choices."""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, flags, numbers, texts, wholes

CONTRAST = (
    *texts("arm reference", absent=True),
    *wholes("wave from_wave", absent=True),
    *texts("exposure per", absent=True),
)
PLANNED = ("estimates", "id", "entry")  # the planned contrast, which has the id of its entry
ESTIMATES = Table(
    "estimates",
    (
        *texts("id entry", "key"),
        *texts("outcome kind summary"),
        *texts("term noun", absent=True),
        *CONTRAST,
        *flags("primary standardised"),
        *numbers("estimate", absent=False),
        *numbers("std_error df statistic p_value conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *texts("df_method", "statistic", absent=True),
        *texts("family", absent=True),
        *numbers("p_adjusted"),
        *texts("adjust_method", absent=True),
        *wholes("n_obs", "persons", of="n_persons", absent=True),
        *wholes("n_persons n_smallest", "persons", absent=True),
        *wholes("n_teams n_organisations", absent=True),
        *texts("unit", absent=True),
        *numbers("sd_used", "statistic"),
        *texts("status"),
        *flags("converged", "statistic", absent=True),
        *texts("boundary fallback", "statistic", absent=True),
    ),
    ("id",),
    protected_by=("n_persons", "n_smallest"),
    found_by="summary",
    what="every estimate; the planned one has the id of its entry",
)
VARIANCE_COMPONENTS = Table(
    "variance_components",
    (
        *texts("entry group", "key"),
        *texts("term_1 term_2", "key", absent=True),
        *numbers("estimate sd_or_correlation conf_low conf_high"),
        *flags("boundary", "statistic", absent=True),
    ),
    ("entry", "group", "term_1", "term_2"),
    follows=("estimates", ("entry",)),
    what="variances and correlations of the random effects",
)
FIT_FACTS = Table(
    "fit_facts",
    (
        *texts("entry", "key"),
        *wholes("n_persons", "persons"),
        *wholes("smallest_team largest_team", "count", of="n_persons", absent=True),
        *wholes("n_obs evaluations", "count", absent=True),
        *numbers("log_likelihood max_gradient smallest_curvature"),
        *flags("converged", "statistic", absent=True),
    ),
    ("entry",),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the model of each plan entry: on how much it rests, and how its search ended",
)
FIT_GROUPS = Table(
    "fit_groups",
    (*texts("entry group", "key"), *wholes("n_groups", "count", absent=True), *numbers("share")),
    ("entry", "group"),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the groups of each plan entry's model, and the share of the variance of one answer between them",
)
FIT_RISKS = Table(
    "fit_risks",
    (*texts("entry arm", "key"), *numbers("estimate conf_low conf_high")),
    ("entry", "arm"),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the risk of leaving in each arm, of plan entries about leaving",
)
CORRELATIONS = Table(
    "correlations",
    (
        *texts("entry", "key"),
        *texts("quantity", "key", allowed=("within_wave", "between_waves", "autocorrelation", "individual")),
        *texts("unit"),
        *numbers("estimate conf_low conf_high"),
    ),
    ("entry", "quantity"),
    follows=("estimates", ("entry",)),
    what="how much answers of one unit, or of one person, resemble each other; planned outcomes",
)
WEIGHTING = Table(
    "weighting",
    (
        *texts("entry", "key"),
        *texts("part", "key", allowed=("covariate", "group", "answer")),
        *texts("name", "key"),
        *numbers("smd_before smd_after"),
        *wholes("n_units units_left_out", "fact", absent=True),
        *wholes("n_smallest", "persons", absent=True),
        *numbers("effective_units support_low support_high e_value e_value_limit"),
    ),
    ("entry", "part", "name"),
    # the fewest persons behind a unit: few groups of units tell the units' own means
    protected_by=("n_smallest",),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="units that were not allocated by lot under overlap weights: balance of covariates, size and overlap of the "
    "groups, and how strong something unmeasured must be to explain the answer away",
)
SENSITIVITY = Table(
    "sensitivity",
    (
        *texts("entry", "key"),
        *texts("outcome"),
        *texts("analysis", "key"),
        *numbers("estimate std_error df"),
        *texts("df_method", "statistic", absent=True),
        *numbers("p_value conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *texts("unit", absent=True),
        *wholes("n_obs", "persons", of="n_persons", absent=True),
        *wholes("n_persons n_smallest n_apart rows_left_out", "persons", absent=True),
        *flags("converged", "statistic", absent=True),
        *texts("boundary", "statistic", absent=True),
        *numbers("statistic numerator_df"),
        *wholes("n_allocations", absent=True),
        *flags("exact", absent=True),
        *numbers("smallest_p", "fact"),
        *texts("remark", "statistic", absent=True, allowed=("failed", "unlinked")),
        *texts("note", "statistic", absent=True),
    ),
    ("entry", "analysis"),
    protected_by=("n_persons", "n_smallest", "n_apart"),
    apart=("n_apart",),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    more=True,
    what="the planned estimate by other rows and other tests",
)
ANSWERS = Table(
    "answers",
    (
        *texts("entry", "key"),
        *texts("id outcome"),
        *texts("family", absent=True),
        *texts("status"),
        *texts("noun", absent=True),  # of an entry that could not be estimated
        *texts("direction"),
        *texts("plain corrected", "statistic", absent=True),
        *texts("verdict", "statistic"),
        *flags("harm", "statistic"),
        *numbers("sesoi", "fact"),
        *texts("against", "statistic", absent=True, allowed=("beyond", "inside", "unclear")),
        *numbers("p_equivalence equivalence_low equivalence_high"),
        *numbers("equivalence_level", "fact"),
        *texts("everyday", absent=True, allowed=("pairs", "per_100")),
        *numbers("everyday_size everyday_low everyday_high"),
        *flags("by_lot"),
        *texts("by_lot_why"),
        *flags("enough_units", "statistic"),
        *texts("enough_units_why", "statistic"),
        *flags("alike"),
        *texts("alike_why"),
        *flags("sealed"),
        *texts("sealed_why"),
        *flags("checked"),
        *texts("checked_why"),
        *numbers("power"),
        *numbers("dropout_points", "fact"),
        *wholes("firm", "statistic", absent=True),
        *wholes("n_persons n_smallest", "persons", absent=True),
    ),
    ("entry",),
    protected_by=("n_persons", "n_smallest"),
    follows=("estimates", ("id",)),
    what="what every plan entry says: by direction, after correction, against the smallest effect, and how firm",
)
DESIGN = Table(
    "design",
    (
        *texts("unit", "key"),
        *wholes("wave", "key"),
        *texts("condition", allowed=("0", "transition", "1")),
        *wholes("exposure"),
        *texts("sequence"),
    ),
    ("unit", "wave"),
    what="every unit at every wave: its condition and the waves since its start",
)
SEALED = (
    *numbers("estimate_sealed conf_low_sealed conf_high_sealed p_sealed"),
    *wholes("n_obs_sealed", "persons", of="n_persons_sealed", absent=True),
    *wholes("n_persons_sealed n_smallest_sealed n_changed", "persons", absent=True),
    *texts("remark_sealed", "statistic", absent=True, allowed=("as_read", "failed", "unread")),
    *texts("kept", absent=True),
)
IMPACT = Table(
    "impact",
    (*texts("entry", "key"), *SEALED),
    ("entry",),
    protected_by=("n_persons_sealed", "n_smallest_sealed", "n_changed"),
    apart=("n_changed",),
    what="the planned estimate under the sealed plan, of every entry that deviates from it",
)
DEVIATIONS = Table(
    "deviations",
    (
        *texts("entry what", "key"),
        *texts("old new", absent=True),
        *texts("when why"),
        *SEALED,
        *numbers("estimate_now conf_low_now conf_high_now p_now"),
        *wholes("n_obs_now", "persons", of="n_persons_now", absent=True),
        *wholes("n_persons_now n_smallest_now", "persons", absent=True),
    ),
    ("entry", "what"),
    protected_by=(*IMPACT.protected_by, "n_persons_now", "n_smallest_now"),
    apart=IMPACT.apart,
    follows=("estimates", ("entry",)),
    what="what differs from the sealed plan, why, and the planned estimate under both",
)
MODEL_MEANS = Table(
    "model_means",
    (
        *texts("entry", "key"),
        *texts("arm", "key", absent=True),
        *wholes("wave", "key"),
        *wholes("n", "persons", absent=True),
        *numbers("estimate conf_low conf_high", "mean", of="n"),
    ),
    ("entry", "arm", "wave"),
    protected_by=("n",),
    adds_up=(AddsUp("arm", ("entry", "wave"), ("n",), total=None, values=True),),
    same_persons=("entry",),  # of one model: an answer at one wave moves its means at all
    more=True,
    what="a model's mean of each arm at each wave; everybody's mean stands in the descriptives",
)
UNIT_EFFECTS = Table(
    "unit_effects",
    (
        *texts("entry", "key"),
        *wholes("point", "key"),
        *wholes("n_persons", "persons"),
        *numbers("observed estimate"),
    ),
    ("entry", "point"),
    protected_by=("n_persons",),
    adds_up=(AddsUp("point", ("entry",), ("n_persons",), total=None, values=True),),
    follows=("estimates", ("entry",)),
    what="how units of a model stand beside what is expected of any; figures draw them without count, name or number",
)
RESIDUALS = Table(
    "residuals",
    (*texts("person group", "key"), *numbers("fitted residual", absent=False)),
    (),
    what="what a fit leaves unexplained, in SDs of that, one row an answer",
)
CALIBRATION = Table(
    "calibration",
    (
        *texts("entry", "key"),
        *numbers("effect", "key", absent=False),
        *flags("is_sesoi"),
        *numbers("truth"),
        *texts("method components", "key"),
        *wholes("trials"),
        *numbers("rejected rejected_mcse coverage coverage_mcse"),  # how rare a yes is follows from power
        *numbers("bias bias_mcse mean_std_error empirical_sd"),
        *numbers("share_boundary share_not_converged share_failed"),
        *texts("remark", absent=True, allowed=("stopped", "not offered")),
    ),
    ("entry", "effect", "method", "components"),
    carries=PLANNED,
    what="what each test does on invented trials of the study's own design; shares lie between 0 and 1. truth: the "
    "effect in the unit of the estimate (of shares and counts as log odds, log risk or log rate where that is "
    "estimated); components: variances as estimated, or one of them at an end of its interval",
)
CALIBRATION_BINS = Table(
    "calibration_bins",
    (
        *texts("entry", "key"),
        *numbers("effect", "key", absent=False),
        *flags("is_sesoi"),
        *wholes("bin", "key"),
        *numbers("low high"),
        *wholes("trials rejected", "statistic", absent=True),
    ),
    ("entry", "effect", "bin"),
    carries=PLANNED,
    rows_tell=True,
    what="estimates of the invented trials by the test that decides, counted in bins from low up to high, and of how "
    "many the test said that there is an effect",
)
MECHANISMS = Table(
    "mechanisms",
    (
        *texts("kind", "key", allowed=("arrow", "path", "moderation")),
        *texts("id part", "key"),
        *texts("from through to by", absent=True),
        *wholes("lag"),
        *flags("shown"),
        *texts("sign", absent=True, allowed=("positive", "negative")),
        *texts("status noun"),
        *numbers("estimate std_error df p_value conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *numbers("product covariance direct direct_low direct_high interaction_p"),
        *texts("evidence", "statistic", absent=True, allowed=("as_expected", "against", "clear", "unclear")),
        *texts(
            "remark", absent=True,
            allowed=("no_data", "few_units", "few_persons", "not_fitted", "no_step"),
        ),
        *wholes("n_obs", "persons", of="n_persons", absent=True),
        *wholes("n_persons n_smallest", "persons", absent=True),
        *wholes("n_units", absent=True),
    ),
    ("kind", "id", "part"),
    protected_by=("n_persons", "n_smallest"),
    what="the theory of change: what each arrow, path and moderation gave, or why nothing",
)  # fmt: skip
CURVE = Table(
    "curve",
    (
        *texts("entry", "key"),
        *wholes("point", "key"),
        *texts("kind", allowed=("choices", "unit")),
        *texts("scoring covariates missing"),
        *texts("linkage", absent=True),
        *texts("careless"),
        *flags("registered"),
        *numbers("estimate std_error df"),
        *texts("df_method", "statistic", absent=True),
        *numbers("conf_low conf_high"),
        *numbers("conf_level", "fact"),
        *texts("unit", absent=True),
        *wholes("n_obs", "persons", of="n_persons", absent=True),
        *wholes("n_persons n_apart", "persons", absent=True),
        *flags("converged", "statistic", absent=True),
        *texts("boundary", "statistic", absent=True),
        *texts("remark", "statistic", absent=True, allowed=("failed",)),
        *texts("note", "statistic", absent=True),
    ),
    ("entry", "point"),
    protected_by=("n_persons", "n_apart"),
    apart=("n_apart",),
    adds_up=(
        AddsUp(
            "point", ("entry",), ("n_apart",), total=None, total_in=("n_persons", "registered"),
            parts=("kind", "unit"),
        ),
    ),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="the planned estimate under every combination of choices, and without each unit; one row is the plan's own",
)  # fmt: skip
CURVE_TEST = Table(
    "curve_test",
    (
        *texts("entry", "key"),
        *wholes("n_points"),
        *numbers("median p_value"),
        *wholes("n_allocations"),
        *flags("exact"),
        *numbers("smallest_p", "fact"),
        *wholes("n_apart", "persons", absent=True),
    ),
    ("entry",),
    protected_by=("n_apart",),
    follows=("estimates", ("entry",)),
    carries=PLANNED,
    what="one permutation test over the median of all points without imputed values, where units were allocated by lot",
)
CURVES = (CURVE, CURVE_TEST)
TABLES = (
    MODEL_MEANS,
    UNIT_EFFECTS,
    RESIDUALS,
    ESTIMATES,
    VARIANCE_COMPONENTS,
    FIT_FACTS,
    FIT_GROUPS,
    FIT_RISKS,
    CORRELATIONS,
    WEIGHTING,
    SENSITIVITY,
    DESIGN,
    DEVIATIONS,
    IMPACT,
    CALIBRATION,
    CALIBRATION_BINS,
    MECHANISMS,
    *CURVES,
    ANSWERS,
)

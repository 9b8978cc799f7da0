"""Tables about how well scales were measured, and who took part: a row per sample, (sub)scale and wave, or within."""

from __future__ import annotations

from dww_analysis.domain.tables.columns import AddsUp, Table, Tells, flags, numbers, texts, wholes

SAME_PERSONS = ("sample", "scale", "wave")
SCALE_WAVE = (*texts("sample scale", "key"), *wholes("wave", "key"))

RELIABILITY = Table(
    "reliability",
    (
        *SCALE_WAVE,
        *wholes("n_persons", "persons"),
        *wholes("n_items"),
        *numbers("alpha alpha_low alpha_high omega omega_low omega_high"),
        *texts("omega_method", "statistic", absent=True),
        *numbers(
            "alpha_ordinal omega_categorical omega_categorical_low omega_categorical_high omega_within omega_between"
        ),
        *numbers("item_rest_min item_rest_max icc1 icc1_low icc1_high icc2 icc_f_p"),
        *wholes("n_teams", absent=True),
        *wholes("smallest_team", "count", of="n_persons", absent=True),
        *numbers("rwgj_mean rwgj_median"),
        *numbers("rwgj_min rwgj_max", of="smallest_team"),  # each of one team
        *numbers("rwgj_out_of_range rwgj_skew_median rwgj_skew_out_of_range"),
        *numbers("ad_m_median"),
        *texts("team_mean notes", "statistic", absent=True),
    ),
    ("sample", "scale", "wave"),
    protected_by=("n_persons",),
    same_persons=SAME_PERSONS,
    what="reliability, and agreement within teams",
)
ITEMS = Table(
    "items",
    (
        *SCALE_WAVE,
        *texts("item", "key"),
        *texts("label", absent=True),
        *wholes("n", "persons"),
        *wholes("missing"),
        *numbers("mean", "mean", of="n"),
        *numbers("sd", "sd", of="n"),
        *numbers("floor_share ceiling_share", "share", of="n"),
        *numbers("score_min score_max", "fact"),
        *numbers("item_rest alpha_if_dropped"),
        *texts("sign_question", "statistic", absent=True),
    ),
    ("sample", "scale", "wave", "item"),
    protected_by=("n",),
    exact={"missing": "absent answers"},
    same_persons=SAME_PERSONS,
    what="each item: mean, spread, and how it goes with the rest of its scale",
)
DESCRIPTIVES = Table(
    "descriptives",
    (
        *SCALE_WAVE,
        *texts("arm", "key", absent=True),
        *wholes("n", "persons"),
        *wholes("n_complete", "persons"),
        *numbers("mean", "mean", of="n"),
        *numbers("sd", "sd", of="n"),
        *numbers("q25 median q75", "quantile", of="n"),
        *numbers("score_min score_max", "fact"),
    ),
    ("sample", "scale", "wave", "arm"),
    protected_by=("n",),
    adds_up=(AddsUp("arm", ("sample", "scale", "wave"), ("n",), values=True),),
    together=("sample", "wave", "arm"),
    exact={"n_complete": "absent answers"},
    same_persons=SAME_PERSONS,
    scored=("sample", "scale"),
    what="scores by wave and arm; arm '' is everybody; n_complete answered every item",
)
STABILITY = Table(
    "stability",
    (
        *texts("sample scale", "key"),
        *wholes("wave_1 wave_2", "key"),
        *wholes("n_persons", "persons"),
        *numbers("r r_low r_high icc sem smallest_detectable_change"),
        *texts("note", "statistic", absent=True),
    ),
    ("sample", "scale", "wave_1", "wave_2"),
    protected_by=("n_persons",),
    what="scores of the same persons at two waves",
)
LADDER = (*texts("sample scale over", "key"), *wholes("wave", "key", absent=True))
INVARIANCE = Table(
    "invariance",
    (
        *LADDER,
        *texts("members verdict", "statistic", absent=True),
        *flags("means_comparable", "statistic", absent=True),
        *texts("released", "statistic", absent=True),
        *wholes("n_persons", "persons", absent=True),
        *wholes("n_obs", "persons", of="n_persons", absent=True),
        *wholes("n_teams", "statistic", absent=True),
        *texts("estimator missing cutoffs model why stopped notes", "statistic", absent=True),
    ),
    ("sample", "scale", "over", "wave"),
    protected_by=("n_persons", "n_obs"),
    same_persons=SAME_PERSONS,
    follows=(
        "descriptives",
        ("sample", "scale"),
    ),  # persons of all waves: who answered one more is told there
    what="how far the answers support equal measurement over waves or arms",
)
INVARIANCE_STEPS = Table(
    "invariance_steps",
    (
        *LADDER,
        *wholes("step", "key"),
        *texts("level released", "statistic", absent=True),
        *numbers("chi_square df p_value cfi tli rmsea srmr"),
        *numbers("delta_chi_square delta_df delta_p delta_cfi delta_rmsea delta_srmr"),
        *flags("accepted", "statistic", absent=True),
        *texts("reason", "statistic", absent=True),
    ),
    ("sample", "scale", "over", "wave", "step"),
    follows=("invariance", ("sample", "scale", "over", "wave")),
    rows_tell=True,
    what="each step of the ladder of invariance",
)
FACTOR_STRUCTURE = Table(
    "factor_structure",
    (
        *SCALE_WAVE,
        *texts("model", "key"),
        *wholes("n_persons", "persons"),
        *numbers("chi_square df p_value cfi tli rmsea rmsea_low rmsea_high srmr aic bic"),
        *texts("estimator notes", "statistic", absent=True),
    ),
    ("sample", "scale", "wave", "model"),
    protected_by=("n_persons",),
    same_persons=SAME_PERSONS,
    what="fit of factor models at one wave",
)
MEASUREMENT_TABLES = (
    RELIABILITY,
    ITEMS,
    DESCRIPTIVES,
    STABILITY,
    INVARIANCE,
    INVARIANCE_STEPS,
    FACTOR_STRUCTURE,
)

BASELINE = Table(
    "baseline",
    (
        *texts("sample variable", "key"),
        *texts("label_nl label_en", absent=True),
        *texts("category", "key", absent=True),
        *texts("category_nl category_en", absent=True),
        *texts("arm", "key", absent=True),
        *wholes("n", "persons"),
        *numbers("mean", "mean", of="n"),
        *numbers("sd", "sd", of="n"),
        *wholes("count", "count", of="n", absent=True),
        *numbers("share", "share", of="n"),
        *numbers("smd", of="n"),
        *numbers("score_min score_max", "fact"),
    ),
    ("sample", "variable", "category", "arm"),
    protected_by=("n", "count"),
    adds_up=(
        AddsUp("arm", ("sample", "variable", "category"), ("n", "count"), values=True),
        AddsUp("category", ("sample", "variable", "arm"), ("count",), total=None, total_column="n"),
    ),
    tells=(Tells(("smd",), ("sample", "variable", "category")),),  # of both arms
    scored=("sample", "variable"),
    what="persons at the first wave, by arm; arm '' is everybody",
)
MISSING_BY_SCALE = Table(
    "missing_by_scale",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *texts("scale reason", "key"),
        *wholes("absent asked"),
        *wholes("n", "persons"),
        *numbers("share", "fact"),
    ),
    ("sample", "wave", "scale", "reason"),
    exact={"absent": "absent answers", "share": "absent answers"},
    what="absent answers by scale and reason",
)
MISSING_BY_ITEM = Table(
    "missing_by_item",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *texts("item scale", "key"),
        *wholes("n", "persons"),
        *wholes("absent"),
        *numbers("share", "fact"),
    ),
    ("sample", "wave", "item", "scale"),
    exact={"absent": "absent answers", "share": "absent answers"},
    what="absent answers by item",
)
MISSING_BY_TEAM = Table(
    "missing_by_team",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *wholes("n_teams n_small_teams"),
        *numbers("share_q25 share_median share_q75", "fact"),
    ),
    ("sample", "wave"),
    exact={"share_q25": "absent answers", "share_median": "absent answers", "share_q75": "absent answers"},
    what="absent answers over teams of at least the minimum: quartiles",
)
DRIFT = Table(
    "drift",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *texts("scale item", "key"),
        *wholes("n n_before n_after", "persons"),
        *numbers("change_sd scale_change_sd"),
        *flags("question", "statistic", absent=True),
    ),
    ("sample", "wave", "scale", "item"),
    protected_by=("n", "n_before", "n_after"),
    follows=("drift", ("sample", "wave", "scale")),
    what="items that moved otherwise than their scale",
)
CARELESS = Table(
    "careless",
    (
        *texts("sample", "key"),
        *wholes("wave", "key"),
        *wholes("flag_longstring flag_speed flag_even_odd careless", "count", of="n", absent=True),
        *wholes("n", "persons"),
    ),
    ("sample", "wave"),
    protected_by=("n",),
    optional=("flag_longstring", "flag_speed", "flag_even_odd"),
    what="persons flagged as answering carelessly",
)
TABLES = (
    *MEASUREMENT_TABLES,
    BASELINE,
    MISSING_BY_SCALE,
    MISSING_BY_ITEM,
    MISSING_BY_TEAM,
    DRIFT,
    CARELESS,
)

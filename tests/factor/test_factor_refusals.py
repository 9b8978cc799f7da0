"""Data and models that cannot carry an analysis get a reason; results that need a caution carry it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dww_analysis.factor import fit_cfa, invariance, omega_two_level
from dww_analysis.factor.errors import FactorError

FOLDER = Path(__file__).parents[1] / "oracles" / "10_cfa"
DATA = pd.read_csv(FOLDER / "holzinger.csv")
GAPS = pd.read_csv(FOLDER / "holzinger_missing.csv")
MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
ITEMS = [f"x{k}" for k in range(1, 10)]
FIRST = DATA["school"] == "Pasteur"


@pytest.mark.parametrize(
    ("change", "options", "reason"),
    [
        ({"x1": 3.0}, {}, "no variance in x1"),
        ({"x1": DATA["x1"].where(~FIRST, 1.0)}, {"group": "school"}, "group Pasteur.*no variance in x1"),
        ({"x1": DATA["x1"].where(~FIRST)}, {"group": "school", "missing": "fiml"}, "no answer at all to x1"),
        (dict.fromkeys(ITEMS, np.nan), {}, "no row left"),
        ({x: DATA[x].where(~FIRST) for x in ITEMS}, {"group": "school", "missing": "fiml"}, "no usable row"),
        ({"x1": DATA["x2"]}, {}, "x1, x2 depend on each other"),
        ({"x1": np.inf}, {}, "infinite"),
        ({"x1": DATA["school"]}, {}, "not numbers"),
        ({"team": 1}, {"cluster": "team"}, "one cluster"),
        ({}, {"group": "region"}, "no column region"),
        ({"school": "A"}, {"group": "school"}, "one group"),
        ({}, {"estimator": "GLS"}, "ML, MLR, MLM, WLSMV"),
        ({}, {"missing": "pairwise"}, "use missing='fiml'"),
        ({}, {"missing": "casewise"}, "listwise"),
        ({}, {"equal": ("loadings",)}, "equal without groups"),
        ({}, {"equal": ("loadings",), "estimator": "WLSMV"}, "equal without groups"),
        ({}, {"partial": ("visual=~x2",), "group": "school"}, "without equal"),
        ({}, {"equal": 3, "group": "school"}, "equal=3.*a list of texts"),
        ({}, {"equal": None, "group": "school"}, "equal=None.*a list of texts"),
        (
            {},
            {"equal": "loadings", "partial": [("visual", "x2")], "group": "school"},
            "partial=.*a list of texts",
        ),
        ({}, {"group": "school", "meanstructure": False}, "meanstructure"),
        ({}, {"estimator": "WLSMV", "meanstructure": False}, "meanstructure"),
        ({}, {"estimator": "WLSMV", "missing": "fiml"}, "use pairwise"),
        ({}, {"estimator": "MLM", "missing": "fiml"}, "complete, independent answers"),
    ],
)
def test_data_and_options(change, options, reason):
    with pytest.raises(FactorError, match=f"(?s){reason}"):
        fit_cfa(MODEL, DATA.assign(**change), **options)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("f =~ x1 + x2", "no more parameters than moments"),
        ("f =~ NA*x1 + x2 + x3 + x4", "cannot tell apart"),
        (MODEL + "\nx1 ~~ x2 + x3\nx2 ~~ x3", "cannot tell apart"),
        ("f =~ x1 + x2 + nothing", "no column nothing"),
        ("f =~ a*x1 + x2 + x3 + x4\ng := a / unknown", "labels of the model"),
    ],
)
def test_models(text, reason):
    with pytest.raises(FactorError, match=reason):
        fit_cfa(text, DATA)


def test_fewer_persons_than_items():
    with pytest.raises(FactorError, match="9 persons for 9 items"):
        fit_cfa(MODEL, DATA.head(9))


def test_items_never_answered_together():
    data = GAPS.copy()
    data.loc[data.index % 2 == 0, "x1"] = np.nan
    data.loc[data.index % 2 == 1, "x2"] = np.nan
    with pytest.raises(FactorError, match=r"x\d and x\d answered together by 0 persons"):
        fit_cfa(MODEL, data, missing="fiml")


def test_no_message_holds_an_answer_or_a_row():
    secret = DATA.assign(x1=DATA["x1"].astype(str).where(DATA.index != 7, "private remark"))
    with pytest.raises(FactorError) as caught:
        fit_cfa(MODEL, secret)
    assert "private" not in str(caught.value)


def test_a_search_that_fails_leaves_no_number(monkeypatch):
    monkeypatch.setattr("dww_analysis.factor.estimate.MAX_STEPS", 1)
    monkeypatch.setattr("dww_analysis.factor.estimate.GRADIENT_STEPS", 1)
    rng = np.random.default_rng(5)
    fit = fit_cfa("f =~ a + b + c", pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc")))
    assert not fit.converged
    assert np.isnan([fit.chi_square, fit.cfi, fit.rmsea, fit.log_likelihood]).all()
    assert fit.parameters[["estimate", "std_error", "standardised"]].isna().all().all()
    assert any("did not converge" in sentence for sentence in fit.warnings)


def test_few_clusters_and_few_persons_are_said():
    fit = fit_cfa(MODEL, DATA.assign(team=DATA["id"] % 5), cluster="team")
    assert any("5 clusters for" in sentence for sentence in fit.warnings)
    fit = fit_cfa(MODEL, DATA.iloc[::16])
    assert any("persons for" in sentence for sentence in fit.warnings)


def test_repeated_row_labels_do_no_harm():
    doubled = DATA.set_axis(np.zeros(len(DATA), dtype=int))
    assert fit_cfa(MODEL, doubled, group="school").chi_square == pytest.approx(
        fit_cfa(MODEL, DATA, group="school").chi_square, abs=1e-9
    )


def test_order_of_rows_columns_and_units_do_not_matter():
    plain = fit_cfa(MODEL, DATA)
    shuffled = fit_cfa(MODEL, DATA.sample(frac=1, random_state=1)[DATA.columns[::-1]])
    scaled = fit_cfa(MODEL, DATA.assign(**{x: DATA[x] * 10 + 3 for x in ITEMS}))
    assert shuffled.chi_square == pytest.approx(plain.chi_square, abs=1e-7)
    assert scaled.chi_square == pytest.approx(plain.chi_square, abs=1e-6)
    np.testing.assert_allclose(scaled.parameters["standardised"], plain.parameters["standardised"], atol=1e-6)


def test_fiml_on_complete_data_is_ml():
    ml, fiml = fit_cfa(MODEL, DATA, meanstructure=True), fit_cfa(MODEL, DATA, missing="fiml")
    assert fiml.chi_square == pytest.approx(ml.chi_square, abs=1e-7)
    np.testing.assert_allclose(fiml.parameters["estimate"], ml.parameters["estimate"], atol=1e-6)
    assert (fiml.cfi, fiml.rmsea) == pytest.approx((ml.cfi, ml.rmsea), abs=1e-9)


@pytest.mark.parametrize(
    ("table", "expected"),
    [(DATA, (83.9339467, 1.0163411)), (GAPS, (79.8445609, 0.9357863))],
    ids=["whole", "gaps"],
)
def test_scaling_with_clusters_rests_on_the_hessian(table, expected):
    """lavaan 0.6-14 with observed.information = c("hessian", "hessian"), its default for MLR without clusters. With
    clusters its default for the test is "h1": 81.009631 and 1.053029 for the whole answers."""
    gaps = "fiml" if table is GAPS else "listwise"
    fit = fit_cfa(MODEL, table.assign(team=table["id"] % 20), cluster="team", missing=gaps)
    assert (fit.chi_square, fit.scaling_factor) == pytest.approx(expected, rel=1e-5)


TWICE = pd.concat([DATA.assign(team=DATA["id"] % 20), DATA[["x1", "school"]]], axis=1)


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (lambda: fit_cfa(MODEL, TWICE), "more than one column x1"),
        (lambda: fit_cfa("f =~ x2 + x3 + x4", TWICE, group="school"), "more than one column school"),
        (lambda: invariance("f =~ x1 + x2 + x3", TWICE, group="sex"), "more than one column x1"),
        (
            lambda: invariance("f =~ x1 + x2 + x3", TWICE, waves=["T0", "T1"]),
            "more than one column school, x1",
        ),
        (lambda: omega_two_level(TWICE[["x1", "x2", "team"]], "team"), "more than one column x1"),
        (lambda: fit_cfa(MODEL, DATA, group=["school"]), "list in the place of a name"),
        (lambda: fit_cfa(MODEL, DATA, group=DATA["school"].array), "Array in the place of a name"),
        (lambda: fit_cfa(MODEL, DATA, estimator="MLM", cluster=DATA["id"]), "Series in the place of a name"),
        (lambda: fit_cfa(MODEL, DATA, cluster={"team": 1}), "dict in the place of a name"),
        (lambda: fit_cfa(MODEL, DATA, cluster=DATA[["id"]]), "DataFrame in the place of a name"),
        (lambda: fit_cfa(MODEL, DATA, group=3), "no column 3"),
        (lambda: fit_cfa(MODEL, DATA, missing=["fiml"]), "missing="),
        (lambda: invariance(MODEL, DATA, waves="sex", person=["id"]), "list in the place of a name"),
        (lambda: omega_two_level(DATA[ITEMS], 3), "1 teams for 301 rows"),
        (lambda: invariance(MODEL, DATA.to_dict("list"), group="school"), "data of kind dict"),
        (lambda: omega_two_level(DATA[ITEMS].to_numpy(), DATA["id"] % 20), "data of kind ndarray"),
    ],
)
def test_columns_that_stand_twice_and_what_is_no_table_are_refused(ask, reason):
    """Each of these once ended in an error of pandas."""
    with pytest.raises(FactorError, match=reason):
        ask()


def test_one_exempt_parameter_may_be_written_as_a_text():
    alone = fit_cfa(MODEL, DATA, group="school", equal="loadings", partial="visual=~x2")
    listed = fit_cfa(MODEL, DATA, group="school", equal=("loadings",), partial=("visual=~x2",))
    assert (alone.df, alone.chi_square) == (listed.df, listed.chi_square)


def test_every_person_its_own_cluster_is_mlr():
    """But for the factor J / (J - 1) that clusters bring."""
    mlr = fit_cfa(MODEL, DATA, estimator="MLR", meanstructure=True)
    own = fit_cfa(MODEL, DATA, cluster="id")
    n = len(DATA)
    free = mlr.parameters["free"]
    np.testing.assert_allclose(
        own.parameters.loc[free, "std_error"],
        mlr.parameters.loc[free, "std_error"] * np.sqrt(n / (n - 1)),
        rtol=1e-6,
    )

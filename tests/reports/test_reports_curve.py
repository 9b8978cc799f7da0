"""The section about choices: sentences, a table with the plan's own marked, reasons, and nothing about few persons."""

import invented_reports as made
import pytest
from curve_points import curve_points, curve_test
from from_parts import build_report
from page_reader import read_page

from dww_analysis.errors import DisclosureError
from dww_analysis.language.labels import Labels
from dww_analysis.reports import Words
from dww_analysis.reports.sections.curve import said_of


def page_with(points, test=None):
    trial = made.trial()
    tables = trial["tables"] | {"curve": points, "curve_test": curve_test() if test is None else test}
    return read_page(build_report(figures=[], **(trial | {"tables": tables}))["index.html"])


def node(page, identity):
    return next((n for n in page.walk() if n.get("id") == identity), None)


def said(points, test=None, language="en"):
    labels = Labels(made.trial_study(), made.trial_scales(), Words(language, made.trial_study().level_labels))
    choices, units = (points[points["kind"] == kind] for kind in ("choices", "unit"))
    return " ".join(said_of(choices, units, test, labels))


def test_the_section_stands_in_both_languages_and_only_where_there_is_a_curve():
    page = page_with(curve_points())
    english, dutch = (node(page, f"curve-{language}").text() for language in ("en", "nl"))
    assert "The 4 combinations lie between 0.10 and 0.40, with 0.25 in the middle" in english
    assert "De 4 combinaties liggen tussen 0,10 en 0,40, met 0,25 als middelste" in dutch
    assert "significan" not in english + dutch
    without = read_page(build_report(figures=[], **made.trial())["index.html"])
    assert node(without, "curve-en") is None


def test_the_table_marks_the_plans_own_and_the_units_are_not_named():
    page = page_with(curve_points())
    table = node(page, "table-curve-learning-en").text()
    assert table.count("as planned") == 1 and "all items answered" in table and "dropped" in table
    shuffled = page_with(curve_points().sort_values("estimate", ascending=False))
    texts = [node(p, "table-curve-units-learning-en").text() for p in (page, shuffled)]
    assert texts[0] == texts[1]


def test_the_sentence_names_the_choice_that_matters_most():
    points = curve_points()
    points.loc[points["careless"] == "drop", "estimate"] -= 0.5
    assert "What is chosen about careless answers matters most" in said(points)
    assert "on both sides of zero" in said(points)
    points["estimate"] = 0.3
    assert "None of the choices changes the estimate" in said(points)


def test_one_choice_alone_does_not_matter_most():
    points = curve_points().assign(scoring="rule")
    points.loc[points["careless"] == "drop", "estimate"] -= 0.5
    assert "matters most" not in said(points) and "on both sides of zero" in said(points)


@pytest.mark.parametrize(
    ("exact", "words"), [(True, "all 400 allocations"), (False, "400 random allocations")]
)
def test_one_test_stands_for_all_points(exact, words):
    row = curve_test(exact=exact).iloc[0].to_dict()
    text = said(curve_points(), row)
    assert words in text and "p = .012" in text
    assert "allocations" not in said(curve_points())


def test_one_combination_has_no_middle_and_its_test_stands_with_the_other_analyses():
    alone = curve_points(only_units=True)
    assert (alone["kind"] == "choices").sum() == 1
    text = said(alone, curve_test().iloc[0].to_dict())
    assert "middle" not in text and "allocations" not in text and "Without one team at a time" in text


def test_failures_are_points_with_their_reason():
    page = page_with(curve_points(failed=[3]))
    table, section = node(page, "table-curve-learning-en").text(), node(page, "curve-en").text()
    assert "not estimable" in table and "no answers of intervention" in section
    assert "One combination could not be estimated" in section


def test_units_that_failed_or_are_hidden_are_not_counted_as_combinations():
    text = said(curve_points(failed=[5], hidden=[6, 7]))
    assert "The estimate without one of the teams could not be made; the table says why." in text
    assert "2 estimates without one team are not shown" in text
    assert "ombination could" not in text and "ombinations are not" not in text
    dutch = said(curve_points(failed=[5, 6], hidden=[2, 7]), language="nl")
    assert "2 schattingen zonder telkens één team waren niet te maken" in dutch
    assert "De schatting zonder één van de teams is niet getoond" in dutch
    assert "Eén combinatie is niet getoond" in dutch


def test_the_table_of_units_says_why_one_failed():
    page = page_with(curve_points(failed=[5], only_units=True))
    block = node(page, "curve-en").text()
    assert "Not estimable, in the words of the program: no answers of intervention" in block


def test_hidden_points_are_counted_and_stay_hidden():
    page = page_with(curve_points(hidden=[2]))
    assert "One combination is not shown" in node(page, "curve-en").text()
    points = curve_points()
    points.loc[1, "n_apart"] = 2
    with pytest.raises(DisclosureError):
        page_with(points)

"""Pages of learning networks: no number that is no row, missing perspectives first, no ranking, why little is shown."""

import re
from collections import Counter
from dataclasses import replace
from html import unescape

import pypdfium2
import pytest
from invented_networks import CHECKLISTS, MEMBERS, PRACTICE, SETTINGS, STUDY, hidden, quantity, rows, table

from dww_analysis.domain.networks import NETWORK_TYPES
from dww_analysis.errors import DisclosureError
from dww_analysis.language import Words
from dww_analysis.reports import NetworkStudy, build_network_pages
from dww_analysis.reports.documents.network_pages import network_links, network_summary


def pages(found=None):
    return build_network_pages(NetworkStudy(table(found), PRACTICE, CHECKLISTS, STUDY), SETTINGS)


@pytest.fixture(scope="module")
def made():
    return pages()


def text_of(page):
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))


def test_there_is_a_page_of_each_one_of_all_and_the_intake(made):
    own = {
        f"{n}/page.{lang}.{form}"
        for n in ("zuid", "noord", "leeg")
        for lang in ("nl", "en")
        for form in ("html", "pdf")
    }
    assert set(made) == own | {f"{name}.{lang}.html" for name in ("index", "intake") for lang in ("nl", "en")}
    for page in (page for page in made.values() if isinstance(page, str)):
        assert "http" not in re.sub(r"http-equiv", "", page), "one file that needs nothing else"


def test_missing_perspectives_stand_before_those_who_are_there(made):
    text = text_of(made["zuid/page.nl.html"])
    missing, there = (
        text.index("Nog niet aan tafel: bestuurders en jongeren"),
        text.index("Er zijn 10 deelnemers"),
    )
    assert missing < there
    assert "Ouders: na bijeenkomst 6 kwam niemand meer" in text and "Professionals: na" not in text


def test_what_is_said_is_what_the_rows_say(made):
    nl, en = text_of(made["zuid/page.nl.html"]), text_of(made["zuid/page.en.html"])
    for words in (
        "11 van de 14 geplande bijeenkomsten", "De langste pauze duurde 11 weken", "Er was 1 pauze",
        "Van de 10 mensen van de eerste bijeenkomst waren er 8 bij de laatste", "6,6 (6,2 tot 7,0); 10 mensen",
        "minstens de helft van de cijfers ligt van 5 tot en met 6, met 5,5 in het midden",
        "1,2 punt omhoog (0,8 tot 1,6)",
        "45%", "43% (kan zijn: 40% tot 47%)", "31%", "elkaar allebei in 75% van de gevallen", "E-I = 0,67",
        "Ouders en professionals 33% 24", "gedaan: 6", "niet gezien: 1", "voorlopig", "een succes 7 van 10",
        "een knelpunt 4 van 10", "waarvan de stap is gezet 3 van 5", "Open: gemaakt in de groep",
    ):  # fmt: skip
        assert words in nl, words
    assert "went up by 1.2 points on average (0.8 to 1.6)" in en and "43% (could be: 40% to 47%)" in en


def test_every_number_of_a_page_is_a_row(made):
    known = {0.0, 10.0, 3.0, 100.0, -1.0, 1.0, 95.0, 8.0, 14.0, 6.0, 2021.0, 2.0, *range(12)}
    for r in rows():
        known |= {
            round(x, 2) for v in (r.value, r.conf_low, r.conf_high, r.n, r.n_possible) for x in (v, 100 * v)
        }
    for name in ("zuid/page.en.html", "index.en.html", "intake.en.html"):
        numbers = {float(n) for n in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text_of(made[name]))}
        assert numbers <= known, numbers - known


def test_pictures_are_where_the_numbers_are(made):
    """5.4 of 0 to 10 stands at 54 per cent, its bar from 47 over 14; a hidden number has no dot."""
    page = made["zuid/page.en.html"]
    assert 'style="left: 47.0%; width: 14.0%"' in page and 'class="dot" style="left: 54.0%"' in page
    assert 'style="left: 40.0%; width: 7.0%"' in page and 'class="dot" style="left: 43.0%"' in page
    assert 'class="dot"' not in made["noord/page.en.html"]


def cell(name, quantity_, value, **more):
    own = {"n": 8.0, "n_possible": 6.0, "conf_low": value, "conf_high": value} | more
    return quantity(quantity_, value, f"advice:{name}", **own)


def test_contacts_between_groups_are_lines_and_tables_and_what_is_hidden_says_why():
    gone = replace(hidden("contacts", "advice:staff:staff", unit="zuid"), basis="open")
    apart = [
        cell("o1:o2", "contacts_organisations", 0.5, conf_low=0.4, conf_high=0.6),
        cell("o1:other_roles", "contacts_organisations", 0.17),
    ]
    own = [r for r in rows() if r.quantity != "contacts"]
    text = text_of(pages([*own, cell("parents:staff", "contacts", 0.33), gone, *apart])["zuid/page.nl.html"])
    for words in (
        "Professionals onderling ×", "o1 en o2 50% (kan zijn: 40% tot 60%)", "o1 en andere organisaties 17%",
        "Een organisatie staat apart vanaf drie deelnemers", "minder dan 3 paren, of getallen waaruit",
        "Contacten tussen organisaties: ‘advies’",
    ):  # fmt: skip
        assert words in text, words
    assert "antwoorden van minder dan 8" not in text, "open contacts are not hidden by the minimum"
    none = text_of(pages([*own, gone])["zuid/page.nl.html"])
    assert "Tussen welke rollen contact is, staat hier niet" in none and "onderling" not in none


def test_ratings_of_which_none_may_be_shown_have_no_empty_lines(made):
    own = made["noord/page.nl.html"]
    assert "Gemiddeld cijfer, met de streep" not in text_of(own)
    assert "minder dan 8 mensen" in text_of(own)
    assert "of een eerste stap noemden, staat hier niet" in text_of(own) and "een succes ×" not in text_of(
        own
    )
    changes = [hidden("rating_change", f"1-{n}") for n in (2, 3)]
    text = text_of(pages([*rows(), *changes])["noord/page.nl.html"])
    assert text.count("dezelfde mensen") == 1 and "van ronde op ronde veranderden" in text
    assert text_of(made["index.nl.html"]).count("Gemiddeld cijfer, met de streep") == 1


def test_a_mean_by_role_without_an_interval_has_a_dash_and_says_why():
    bare = {"basis": "private", "n": 8.0}
    own = [
        quantity("rating_mean", v, "1", role=r, **bare)
        for r, v in (("all", 5.4), ("parents", 5.0), ("staff", 5.8))
    ]
    text = text_of(pages([quantity("members", 10.0), *own])["zuid/page.nl.html"])
    assert "5,4; 8 mensen" in text and text.count("over losse cijfers") == 2 and "nan" not in text.lower()
    assert "Gemiddeld cijfer" in text and "met de streep" not in text


def test_no_network_is_ranked(made):
    """South has the higher rating and more sessions, and stands first because practice.yaml has it first."""
    text = text_of(made["index.en.html"])
    assert text.index("South") < text.index("North") < text.index("Empty") and "no ranking" in text
    swapped = NetworkStudy(
        table(), type(PRACTICE)(roles=PRACTICE.roles, networks=PRACTICE.networks[::-1]), CHECKLISTS, STUDY
    )
    text = text_of(build_network_pages(swapped, SETTINGS)["index.en.html"])
    assert text.index("Empty") < text.index("North") < text.index("South")


def test_a_network_of_which_almost_nothing_may_be_shown_says_why(made):
    text = text_of(made["noord/page.nl.html"])
    for words in (
        "Waarom staat niet alles hier?", "als het over minstens 8 mensen gaat", "4 van de 4 geplande bijeenkomsten",
        "Minder dan 8 mensen vulden in", "in vertrouwen ingevuld door minder dan 8 beoordelaars",
        "In vertrouwen gevraagd",
    ):  # fmt: skip
        assert words in text, words
    assert "Waarom staat niet alles hier?" not in text_of(made["zuid/page.nl.html"])


def test_a_network_without_sessions_says_so(made):
    assert "Er is nog geen bijeenkomst geteld" in text_of(made["leeg/page.nl.html"])
    assert "Wie er in dit netwerk zitten, is niet opgeschreven" in text_of(made["leeg/page.nl.html"])


def test_the_intake_lays_answers_beside_each_other_and_advises_with_a_reason(made):
    text = text_of(made["intake.nl.html"])
    assert "Over 3 vragen denken organisaties verschillend" in text
    assert "Is er anderhalf jaar lang om de zes weken tijd? Nee. Past bij een doorbraak" in text
    advised = re.findall(r"Past bij (?:een )?(\w+)", text)
    assert advised == ["leernetwerk", "leernetwerk", "doorbraak", "leernetwerk"]
    assert text.count(" verschillend ") == 3, "three marks in the table"


def test_no_code_of_a_person_is_on_any_page(made):
    texts = [page if isinstance(page, str) else paper_of(page) for page in made.values()]
    assert not any(m.person in text for m in MEMBERS for text in texts)


def paper_of(made):
    """The text of a PDF, words alone."""
    document = pypdfium2.PdfDocument(made)
    return re.sub(r"\s+", " ", " ".join(page.get_textpage().get_text_bounded() for page in document))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_pdf_says_what_the_page_says_on_two_sides(made, language):
    pdf = made[f"zuid/page.{language}.pdf"]
    assert len(pypdfium2.PdfDocument(pdf)) <= 2 and b"/MarkInfo" in pdf
    paper, page = paper_of(pdf), text_of(made[f"zuid/page.{language}.html"])
    numbers = Counter(re.findall(r"\d+(?:[.,]\d+)?", page))
    printed = Counter(re.findall(r"\d+(?:[.,]\d+)?", paper))
    assert set(numbers) <= set(printed) and set(printed) - set(numbers) <= {"1", "2"}, "sides are numbered"
    for words in (
        ("E-I = 0,67", "Nog niet aan tafel", "gedaan: 6") if language == "nl" else ("E-I = 0.67", "done: 6")
    ):
        assert words in paper and words in page
    assert pages()[f"zuid/page.{language}.pdf"] == pdf


def test_few_answered_is_no_density():
    few = [
        r for r in rows() if not r.quantity.startswith(("density", "confirmed", "e_i", "contacts", "ties_"))
    ]
    text = text_of(pages([*few, quantity("ties_answered", 0.4, n=4.0, n_possible=10.0)])["zuid/page.en.html"])
    assert "4 of the 10 members" in text and "fewer than 60%" in text


@pytest.mark.parametrize(("low", "high", "words"), [(-0.2, 0.9, "not clear"), (-0.9, -0.2, "went down by")])
def test_a_change_is_called_by_its_interval(low, high, words):
    rest = [r for r in rows() if r.quantity != "rating_change"]
    change = quantity("rating_change", (low + high) / 2, "1-2", conf_low=low, conf_high=high)
    assert words in text_of(pages([*rest, change])["zuid/page.en.html"])
    gone = text_of(pages([*rest, hidden("rating_change", "1-2", "zuid")])["zuid/page.en.html"])
    assert "would tell the ratings of a few" in gone


def test_that_there_is_nothing_by_role_is_said_where_there_are_roles_alone():
    rated = table([quantity("rating_mean", 6.0, "1", n=10.0)])
    for roles in (PRACTICE.roles, ()):
        of = NetworkStudy(rated, replace(PRACTICE, roles=roles), CHECKLISTS, STUDY)
        text = text_of(build_network_pages(of, SETTINGS)["zuid/page.en.html"])
        assert ("There are no ratings by role: that takes two roles" in text) == bool(roles)


def test_private_numbers_of_few_never_reach_a_page():
    with pytest.raises(DisclosureError):
        pages([quantity("rating_mean", 6.0, "1", n=5.0, basis="private")])


def test_a_report_names_each_network_and_links_to_its_page():
    of = NetworkStudy(table(), PRACTICE, (), STUDY)
    said = network_summary(of, "en")
    assert said.points == (
        "South: 10 members, 11 sessions held and mean rating 6.6 (round 2).",
        "North: 5 members and 4 sessions held.",
        "Empty: 0 sessions held.",
    )
    links = [address for _, address in network_links(of, "en")]
    assert links == [
        *(f"networks/{n}/page.en.html" for n in ("zuid", "noord", "leeg")),
        "networks/index.en.html", "networks/intake.en.html",
    ]  # fmt: skip
    assert not network_summary(
        NetworkStudy(table([]).reindex(columns=table().columns), PRACTICE, (), STUDY), "nl"
    )


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("type", NETWORK_TYPES)
def test_every_type_says_what_it_is_and_asks(language, type):
    words = Words(language)
    assert len(words(f"networks.type.{type}")) > 40 and len(words(f"networks.asks.{type}")) > 40


def test_of_a_check_list_of_rounds_the_hidden_one_is_named_and_has_no_strip():
    subjects = [f"good_practice:{part.id}:{met}" for part in CHECKLISTS[0].blocks for met in ("yes", "no")]
    found = [hidden("checklist", f"{s}:1", unit="zuid") for s in subjects]
    found += [quantity("checklist", 3.0, f"{s}:2", basis="private") for s in subjects]
    page = text_of(pages(found)["zuid/page.nl.html"])
    assert "In ronde 1 vulden minder dan 8 beoordelaars" in page
    assert ", ronde 2" in page and ", ronde 1" not in page

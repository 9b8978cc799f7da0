"""References at their sentence: every citation is in the list, and every entry of the list is cited."""

from __future__ import annotations

import re

import invented_checks as checks
import invented_reports as made
import pytest
from from_parts import build_article, build_report
from page_reader import part, read_page
from test_reports_doors import of_trial

from dww_analysis.language import LANGUAGES
from dww_analysis.reports.citations import (
    Citations,
    Cited,
    Reference,
    cited,
    filled,
    joined,
    parts_of,
    short_of,
)
from dww_analysis.reports.render.html import tight
from dww_analysis.reports.sections.methods import REFERENCES

HOLM = Reference("Holm (1979), Journal 6, 65-70", "holm")


@pytest.mark.parametrize(
    ("full", "short"),
    [("Holm (1979), Scandinavian Journal 6", "Holm, 1979"),
     ("Kenward & Roger (1997), Biometrics 53", "Kenward & Roger, 1997"),
     ("Bates, Mächler, Bolker & Walker (2015), Journal", "Bates et al., 2015"),
     ("Hadzibajramovic, Schaufeli & De Witte (2022). BMC 22; cut-offs Schaufeli et al. (2023).",
      "Hadzibajramovic et al., 2022"),
     ("Weiner et al. (2017). Implementation Science 12", "Weiner et al., 2017"),
     ("Degner, Sloan & Venkatesh (1997), Scale; used as validator in Other et al. (2015).", "Degner et al., 1997"),
     ("Single item in our own words; on such items see Wanous, Reichers & Hudy (1997).", ""),
     ("Programme scale of Doen Wat Werkt.", ""), ("", "")],
)  # fmt: skip
def test_how_a_reference_is_cited(full, short):
    assert short_of(full) == short


def test_every_reference_of_ours_is_cited_by_authors_and_year():
    for name, several in REFERENCES.items():
        for full in several:
            assert re.fullmatch(r"[^\d;]+, \d{4}", short_of(full)), name


def test_a_citation_stands_at_the_end_of_the_first_sentence():
    assert cited("One thing. Another.", [HOLM]) == "One thing (Holm, 1979). Another."
    assert cited("By a way (REML). So.", [HOLM, HOLM]) == "By a way (REML; Holm, 1979). So."
    assert cited("No stop", [HOLM]) == "No stop (Holm, 1979)" and cited("Nothing.", []) == "Nothing."
    assert cited("Smaller than .05 in all.", [HOLM]) == "Smaller than .05 in all (Holm, 1979)."


def test_parts_stay_when_sentences_are_joined_and_filled():
    together = joined([cited("One.", [HOLM]), "Two.", cited("Three.", [HOLM])])
    assert together == "One (Holm, 1979). Two. Three (Holm, 1979)."
    assert [p for p in parts_of(together) if isinstance(p, Reference)] == [HOLM, HOLM]
    assert not isinstance(joined(["One.", "Two."]), Cited)
    assert filled("By [[0]] and [[1]].", [["a (", HOLM, ")"], ["b"]]) == "By a (Holm, 1979) and b."


def test_what_is_cited_twice_is_listed_once_in_the_order_of_names():
    cite = Citations({"b": ("Zou (2009), J",), "a": ("Cronbach (1951), P", "Feldt (1965), P")})
    assert cite("One.", "b", "a") == "One (Zou, 2009; Cronbach, 1951; Feldt, 1965)."
    cite("Two.", "a")
    assert [(r.id, str(r)) for r in cite.listed()] == [
        ("a1", "Cronbach (1951), P"), ("a2", "Feldt (1965), P"), ("b", "Zou (2009), J"),
    ]  # fmt: skip


def test_a_link_is_made_where_there_is_a_list_and_everything_is_escaped():
    odd = Reference('A <b> & "B" (2001), J', "odd")
    text = Cited(["x < y (", odd, ")"])
    assert (
        tight(text, "nl")
        == 'x &lt; y (<a class="cite" href="#ref-odd-nl">A &lt;b&gt; &amp; &#34;B&#34;, 2001</a>)'
    )
    assert tight(text) == "x &lt; y (A &lt;b&gt; &amp; &#34;B&#34;, 2001)"


# --- in documents


def links(page, language):
    """What is cited and what is listed on a page, in order."""
    own = part(page, language)
    found = [a.get("href")[1:] for a in own.all("a") if a.get("class") == "cite"]
    return found, [li.get("id") for li in own.all("li") if li.get("id").startswith("ref-")]


def everything():
    """The trial with every check, at which each kind of sentence about methods stands."""
    own = made.trial()
    return {**own, "figures": [], "tables": {**own["tables"], **checks.tables()}}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("of", [everything, of_trial, lambda: {**made.waves_only(), "figures": []}])
def test_every_citation_is_listed_and_every_entry_is_cited(of, language):
    found, listed = links(read_page(build_report(**of())["index.html"]), language)
    assert set(found) == set(listed) and len(listed) == len(set(listed)) > 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_on_paper_the_same_references_are_cited_in_brackets(language):
    own = {k: v for k, v in of_trial().items() if k not in ("settings", "documents")}
    found = build_article(**own, settings=made.SETTINGS, language=language)
    queue, texts, listed = [*found.body, *found.appendix], [], []
    while queue:
        block = queue.pop()
        queue += block.folded
        texts += block.sentences
        listed += [p for p in block.points if isinstance(p, Reference)]
    text = " ".join(texts)
    assert listed and all(re.search(rf"[(;] ?{re.escape(r.short)}[;)]", text) for r in listed)
    page = links(read_page(build_report(**of_trial())["index.html"]), language)[1]
    assert sorted(page) == sorted(f"ref-{r.id}-{language}" for r in listed)

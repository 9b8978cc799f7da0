"""Check-lists about teams together: each list counts, and one that is about a single team is said to be hidden."""

from dataclasses import asdict, replace

import pandas as pd
import pytest
from invented_networks import CHECKLISTS, PRACTICE, STUDY, hidden, quantity

from dww_analysis.domain.networks import METS, UsedChecklist
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.sections.filled import filled_blocks

OF_TEAMS = replace(PRACTICE, checklists=(UsedChecklist("good_practice", "team"),))


def said(found, language):
    of_study = (asdict(replace(q, unit_level="study", unit="region")) for q in found)
    blocks = filled_blocks(
        pd.DataFrame(of_study), OF_TEAMS, CHECKLISTS[:1], Labels(STUDY, (), Words(language))
    )
    return " ".join(sentence for block in blocks for sentence in block.sentences)


@pytest.mark.parametrize(
    ("language", "why", "how"),
    [
        ("nl", "over maar één team of organisatie ingevuld", "zo vaak als er een lijst is ingevuld"),
        ("en", "about only one team or organisation", "as often as a list was filled in"),
    ],
)
def test_what_is_hidden_and_what_counts_is_said(language, why, how):
    subjects = [f"good_practice:{part.id}:{met}" for part in CHECKLISTS[0].blocks for met in METS]
    alone = said([hidden("checklist", s) for s in subjects], language)
    assert why in alone and how not in alone
    together = said([quantity("checklist", 4.0, s) for s in subjects], language)
    assert how in together and why not in together

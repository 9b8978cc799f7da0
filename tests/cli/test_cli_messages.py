"""Steps in words."""

import pytest

from dww_analysis.cli.messages import name_stage
from dww_analysis.stages.pieces import Piece


@pytest.mark.parametrize(
    ("language", "stage", "said"),
    [
        ("en", "calibrate", "try the tests of burnout on simulated trials, part 2 of 3"),
        ("nl", "curve", "schat burnout ook met andere keuzes, deel 2 van 3"),
        ("nl", "impute", "vul burnout aan waar antwoorden ontbreken, deel 2 van 3"),
    ],
)
def test_a_piece_is_its_step_and_which_part_of_it(language, stage, said):
    assert name_stage(language, "piece", str(Piece(stage, "burnout", 2, 3))) == said

"""Columns of ours with a name that nothing reads, beside an item that only other waves have."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from dww_analysis.config.misnamed import check_misnamed
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.yaml_file import YamlFile

SCALE = SimpleNamespace(columns=lambda: ["lp_1", "lp_2", "lp_3"])
STUDY = SimpleNamespace(background=[SimpleNamespace(name="function")])


def found(*waves, sample=None, numbers=None):
    """Problems of files whose columns have these names of ours, each of a wave of its own or of wave `numbers`."""
    sources = [
        {
            "id": f"w{i}",
            "file": f"w{i}.csv",
            "wave": numbers[i] if numbers else i,
            "columns": {"person": "code", **{name: f"V{j}" for j, name in enumerate(names.split())}},
            **({"sample": sample} if sample and i else {}),
        }
        for i, names in enumerate(waves)
    ]
    parts = {"study": STUDY, "sources": SourcesConfig.model_validate({"sources": sources})}
    file = YamlFile(Path("sources.yaml"), "config/s/sources.yaml", {}, {})
    return [(p.where, p.found, p.action) for p in check_misnamed(parts, [SCALE], {"sources": file})]


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("lp2", "lp_2"), ("ip_2", "lp_2"), ("lp_02", "lp_2"), ("lp_4", "lp_"), ("funtion", "function")],
)
def test_a_name_of_one_wave_that_is_nearly_an_item_of_another_is_refused(wrong, meant):
    kept = "lp_1 lp_2 lp_3 function".replace(meant if meant != "lp_" else "lp_3", wrong)
    ((_, said, action),) = found("lp_1 lp_2 lp_3 function", kept)
    assert f"`{wrong}`" in said and "`w1`" in said and meant in action


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("lp_1 lp_2 lp_3", "lp_1 lp_2"),  # a wave that lacks an item
        ("lp_1 lp_2 lp_3", "lp_1 lp_2 remark"),  # and asks something else
        ("lp_1 lp_2 lp_3 lp_4", "lp_1 lp_2 lp_4"),  # an item that no scale takes, in both waves
        ("lp_1 lp_2", "lp_1 lp_2 lp_33"),  # the item is in no other wave
        ("lp_1 lp_2 lp_3", "lp_1 lp_2 lp_3 lp_4"),  # nothing lacks
    ],
)
def test_a_wave_that_lacks_an_item_is_not(first, second):
    assert not found(first, second)


def test_two_files_of_one_wave_that_misspell_an_item_alike_are_one_wave():
    kept, misspelt = "lp_1 lp_2 lp_3", "lp_1 lp2 lp_3"
    one, other = (said for _, said, _ in found(kept, misspelt, misspelt, numbers=(0, 1, 1)))
    assert "`w1` has no `lp_2`" in one and "`w2` has no `lp_2`" in other
    assert not found(kept, misspelt, misspelt, numbers=(0, 1, 2)), "two waves have it on purpose"


def test_other_samples_have_questions_of_their_own():
    assert found("lp_1 lp_2 lp_3", "lp_1 lp_2 lp3")
    assert not found("lp_1 lp_2 lp_3", "lp_1 lp_2 lp3", sample="others")

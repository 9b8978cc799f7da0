"""An item whose codes differ between waves: `dww check` shows it and stops; a rule settles it; the codebook tells."""

import sys

import pandas as pd
import pytest
import yaml

from dww_analysis import storage
from dww_analysis.cli.app import run_app
from dww_analysis.storage.spss import write_sav

LOW = {1.0: "never", 2.0: "sometimes", 3.0: "often"}
HIGH = {1.0: "often", 2.0: "sometimes", 3.0: "never"}


@pytest.fixture
def root(tmp_path):
    """A study of two SPSS files in which the second wave turned the codes of Q1 round."""
    raw, folder = tmp_path / "data/raw/small", tmp_path / "config/small"
    raw.mkdir(parents=True), folder.mkdir(parents=True)
    for wave, labels in ((0, LOW), (1, HIGH)):
        table = pd.DataFrame({"CODE": ["a1", "b2", "c3"], "Q1": [1.0, 2.0, 3.0], "Q2": [1.0, 1.0, 2.0]})
        write_sav(table, raw / f"w{wave}.sav", {"Q1": "I ask"}, {"Q1": labels, "Q2": LOW})
    columns = {"person": "CODE", "asks": "Q1", "shares": "Q2"}
    files = {
        "study": {
            "study": "small",
            "title": "Small",
            "data": "invented",
            "delivered": "2026-01-01",
            "design": "waves_only",
            "waves": [{"number": 0, "label": "first"}, {"number": 1, "label": "second"}],
        },
        "sources": {
            "sources": [
                {"id": f"w{w}", "file": f"w{w}.sav", "wave": w, "columns": dict(columns)} for w in (0, 1)
            ]
        },
        "scales": {
            "scales": [{"id": n, "label": n, "delivered": n, "range": [1, 3]} for n in ("asks", "shares")]
        },
        "plan": {
            "families": {"main": {"adjust": "none", "label": "main"}},
            "primary": "main",
            "entries": [
                {
                    "id": "change",
                    "outcome": "asks",
                    "family": "main",
                    "question": "?",
                    "why": "-",
                    "formula": "asks ~ wave_number + (1 | person)",
                    "term": "wave_number",
                }
            ],
        },
        "reports": {"languages": ["en"]},
    }
    for name, values in files.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(values), encoding="utf-8")
    return tmp_path


def declare(root, **rules):
    path = root / "config/small/sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    values["sources"][1] |= rules
    path.write_text(yaml.safe_dump(values), encoding="utf-8")


@pytest.fixture
def dww(root, monkeypatch):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["dww", "--root", str(root), *words])
        return run_app()

    return call


def combined(root):
    """Answers and codebook as the jobs of a run leave them."""
    from dww_analysis.cli.stage import main

    for stage, name in (("ingest", "w0"), ("ingest", "w1"), ("combine", "study")):
        assert main(["--root", str(root), "--study", "small", "stage", stage, name]) == 0
    derived = root / "data/derived/small"
    answers = storage.load_frame(derived / "measurements.parquet").set_index(["wave", "person"])
    return answers, storage.load_frame(derived / "codebook.csv").set_index(["source", "name"])


@pytest.mark.parametrize("rules", [{}, {"conflicts": {"asks": "stop"}}], ids=["no rule", "stop"])
def test_a_conflict_without_a_rule_is_shown_and_stops(rules, root, dww, capsys):
    declare(root, **rules)
    assert dww("check", "small") == 2
    message = capsys.readouterr().err
    for words in ("1 = never", "1 = often", "asks", "wave 0", "wave 1", "recode", "keep_apart", "same"):
        assert words in message
    assert "shares" not in message and "1 problem found" in message
    assert not (root / "data/derived").exists()


def test_recode_settles_it(root, dww, capsys):
    declare(root, recode={"asks": {"1": "3", "3": "1"}})
    assert dww("check", "small") == 0, capsys.readouterr().err
    answers, codebook = combined(root)
    assert answers.loc[0, "asks"].tolist() == [1, 2, 3]
    assert answers.loc[1, "asks"].tolist() == [3, 2, 1]
    assert "recoded '1' to '3'" in codebook.loc[("w1", "asks"), "rules"]


def test_kept_apart_becomes_a_column_of_its_own(root, dww, capsys):
    declare(root, conflicts={"asks": "keep_apart"})
    assert dww("check", "small") == 0, capsys.readouterr().err
    answers, codebook = combined(root)
    assert answers.loc[0, "asks"].tolist() == [1, 2, 3] and answers.loc[1, "asks"].isna().all()
    assert answers.loc[1, "asks_w1"].tolist() == [1, 2, 3] and answers.loc[0, "asks_w1"].isna().all()
    assert "kept apart from the other waves, where it is asks" in codebook.loc[("w1", "asks_w1"), "rules"]


def test_declared_to_mean_the_same(root, dww, capsys):
    path = root / "data/raw/small/w1.sav"
    path.unlink()
    table = pd.DataFrame({"CODE": ["a1", "b2", "c3"], "Q1": [1.0, 2.0, 3.0], "Q2": [1.0, 1.0, 2.0]})
    write_sav(table, path, {}, {"Q1": {1.0: "hardly ever", 2.0: "now and then", 3.0: "a lot"}, "Q2": LOW})
    assert dww("check", "small") == 2
    declare(root, conflicts={"asks": "same"})
    assert dww("check", "small") == 0, capsys.readouterr().err
    answers, codebook = combined(root)
    assert answers.loc[1, "asks"].tolist() == [1, 2, 3]
    rules = codebook.loc[("w1", "asks"), "rules"]
    assert "declared to mean the same in every wave" in rules and "(same meaning)" in rules


def test_a_declaration_about_columns_without_labels_is_a_line(root, dww, capsys):
    (root / "data/raw/small/w1.sav").unlink()
    write_sav(
        pd.DataFrame({"CODE": ["a1", "b2"], "Q1": [1.0, 2.0], "Q2": [1.0, 1.0]}),
        root / "data/raw/small/w1.sav",
        {},
        {},
    )
    declare(root, conflicts={"asks": "same"})
    assert dww("check", "small") == 0
    assert "w1: conflicts same: asks: the file has no labels" in capsys.readouterr().out


def test_a_misspelt_column_of_one_wave_is_refused(root, dww, capsys):
    """The scale would have no answers in that wave, in silence."""
    path = root / "config/small/sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = values["sources"][1]["columns"]
    columns["askss"] = columns.pop("asks")
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert dww("check", "small") == 2
    said = capsys.readouterr().err
    assert "nothing reads the column `askss`" in said and "did you mean `asks`?" in said


def test_a_column_that_nothing_reads_and_a_wave_without_a_file_are_lines(root, dww, capsys):
    path = root / "config/small/sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = values["sources"][1]["columns"]
    columns["remark"] = columns.pop("asks")
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    study = yaml.safe_load((root / "config/small/study.yaml").read_text(encoding="utf-8"))
    study["waves"].append({"number": 2, "label": "later"})
    (root / "config/small/study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    dww("check", "small")
    said = capsys.readouterr().out
    assert "w1: columns that no scale and no background variable reads: remark" in said
    assert "wave 2: no source in sources.yaml is of this wave" in said
    values["sources"][1]["columns"] = {"person": "CODE"}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    dww("check", "small")
    assert "w1: no column of this source is an item or a score of a scale" in capsys.readouterr().out


def test_reversed_labels_never_mean_the_same(root, dww, capsys):
    declare(root, conflicts={"asks": "same"})
    assert dww("check", "small") == 2
    assert "the labels are reversed" in capsys.readouterr().err


def test_another_range_of_answers_needs_a_rule_too(root, dww, capsys):
    path = root / "data/raw/small/w1.sav"
    table = pd.DataFrame({"CODE": ["a1"], "Q1": [1.0], "Q2": [1.0]})
    path.unlink()
    write_sav(table, path, {}, {"Q1": LOW, "Q2": {0.0: "not at all", 1.0: "never", 2.0: "sometimes"}})
    scales = root / "config/small/scales.yaml"
    scales.write_text(scales.read_text(encoding="utf-8").replace("- 1\n", "- 0\n"), encoding="utf-8")
    assert dww("check", "small") == 2
    assert "shares" in capsys.readouterr().err


def test_a_rule_for_an_item_that_is_not_there_is_refused(root, dww, capsys):
    declare(root, conflicts={"aks": "same"})
    assert dww("check", "small") == 2
    assert "aks" in capsys.readouterr().err
    declare(root, conflicts={"asks": "keep"})
    assert dww("check", "small") == 2
    assert "keep_apart" in capsys.readouterr().err


def test_an_item_kept_apart_everywhere_is_missed_by_its_scale(root, dww, capsys):
    path = root / "config/small/sources.yaml"
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for source in values["sources"]:
        source["conflicts"] = {"asks": "keep_apart"}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert dww("check", "small") == 2
    assert "scales.yaml" in capsys.readouterr().err

"""`dww power`: options before power.yaml before study.yaml; a table, a curve and a sentence, or a refusal."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from dww_analysis import storage
from dww_analysis.cli.power import _size, _tried, power_study
from dww_analysis.cli.profiles import Profile, profile_of
from dww_analysis.errors import DwwError
from dww_analysis.language import Words
from dww_analysis.stages.places import POWER_GRID
from dww_analysis.stages.power import keep_grid, power_made
from dww_analysis.stages.project import open_project
from dww_analysis.stages.register import jobs

HOME = Path(__file__).parents[2]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "config/trial").mkdir(parents=True)
    shutil.copy(HOME / "config/example/study.yaml", tmp_path / "config/trial/study.yaml")
    return tmp_path


@pytest.mark.long
def test_the_command_says_it_and_writes_it(root):
    options = ["--teams", "12,16,24", "--icc", ".02,.05,.10", "--cac", ".8", "--dropout", ".2"]
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), "power", "trial", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("with 24 teams a trial finds an effect of 0.30 SD") == 3
    folder = root / "data/derived/trial/power"
    table = pd.read_csv(folder / "power.csv")
    assert len(table) == 9 and set(table["design"]) == {"parallel_cluster"} and set(table["waves"]) == {3}
    assert {f.name for f in folder.iterdir()} == {"power.csv"} | {
        f"power.{language}.{kind}" for language in ("nl", "en") for kind in ("svg", "png")
    }


def test_what_is_given_goes_before_the_file_and_that_before_the_study(root):
    text = "design: stepped_wedge\nwaves: 5\nteams: [8, 12]\nicc: 0.1\n"
    (root / "config/trial/power.yaml").write_text(text, encoding="utf-8")
    found = power_study(root, "trial", {"teams": "20"}, "nl")
    assert set(found.table["design"]) == {"stepped_wedge"} and set(found.table["teams"]) == {20}
    assert set(found.table["icc"]) == {0.1} and "met 20 teams vindt een proef" in found.sentences[0]
    assert "0,10" in found.sentences[0]


@pytest.mark.long
def test_a_grid_that_several_processes_work_out_is_the_same(root):
    given = {"teams": "12,16", "icc": ".02,.05", "cac": ".8,1"}
    one, many = (power_study(root, "trial", given, "en", chunks) for chunks in (1, 5))
    pd.testing.assert_frame_equal(one.table, many.table, check_exact=True)
    assert one.sentences == many.sentences
    with pytest.raises(DwwError, match=r"icc 1\.5"):
        power_study(root, "trial", {"icc": ".02,1.5"}, "en", 3)


@pytest.mark.long
def test_jobs_of_snakemake_make_the_files_that_processes_make(root):
    given = {"teams": "12,16", "icc": ".02,.05", "cac": ".8,1"}
    by_jobs = power_study(root, "trial", given, "en", 2, "default")
    made = {file: file.read_bytes() for file in by_jobs.files}
    record = root / "data/interim/trial/provenance/power.grid.json"
    assert by_jobs.code == 0 and record.is_file() and len(made) == 5
    assert not list(root.glob("data/interim/trial/pieces/*"))
    times = {file: file.stat().st_mtime_ns for file in made}
    again = power_study(root, "trial", given, "en", 3, "default")
    assert again.sentences == by_jobs.sentences and times == {file: file.stat().st_mtime_ns for file in made}
    here = power_study(root, "trial", given, "en")
    assert here.sentences == by_jobs.sentences and made == {file: file.read_bytes() for file in here.files}
    assert not record.exists(), "what processes made would count as what jobs made"


@pytest.mark.long
def test_trials_in_jobs_are_those_of_processes(root):
    given = {"teams": "12,16", "trials": "600"}
    made = [power_study(root, "trial", given, "nl", *how) for how in ((1,), (3,), (4, "default"))]
    assert made[0].sentences == made[1].sentences == made[2].sentences
    assert "Van 600 proeven die zo getrokken" in made[0].sentences[0]
    for other in made[1:]:
        pd.testing.assert_frame_equal(made[0].table, other.table, check_exact=True)
    with pytest.raises(DwwError, match="`trials` or `share`, not both"):
        power_study(root, "trial", {**given, "share": ".3", "effect": ".1"}, "en")


@pytest.mark.long
def test_what_jobs_refuse_is_what_processes_refuse(root, capsys):
    wrong = {"icc": ".02,.05", "teams": "2,12"}
    with pytest.raises(DwwError) as refused:
        power_study(root, "trial", wrong, "en")
    assert power_study(root, "trial", wrong, "en", 2, "default").code == 2
    assert str(refused.value) in capsys.readouterr().err


def test_the_order_of_the_grid_outlives_the_file_for_jobs(root):
    """Its keys are sorted, and the rows of the table are in the order in which the options were."""
    project = open_project(root, "trial", 3, planning=True)
    with pytest.raises(DwwError, match=r"dww power trial --profile"):
        list(jobs(project))
    varied = [["teams", [16, 12]], ["icc", [0.05, 0.02]], ["cac", [0.8]]]
    grid = {"assumed": {"design": "parallel_cluster", "teams": 16}, "varied": varied, "tries": None}
    keep_grid(project, grid)
    path = POWER_GRID.at(project.paths, "grid")
    before = path.stat().st_mtime_ns
    keep_grid(project, grid)
    assert path.stat().st_mtime_ns == before, "every piece would be made again"
    asked = next(power_made(project, "grid", {"grid": storage.load_json(path)}))
    assert len(asked) == 4 + 2
    one = next(power_made(project, "grid", {"grid": grid}))
    assert [asked[str(i)]() for i in range(4)] == [one[str(i)]() for i in range(4)]
    assert list(jobs(project)) == [
        ("power", "grid"),
        *(("piece", f"power-grid-{k}of3") for k in (1, 2, 3)),
    ]


def test_a_profile_is_one_that_is_there(root, tmp_path):
    with pytest.raises(DwwError, match=r"one of default, slurm, snellius, or a folder"):
        profile_of("absent")
    own = tmp_path / "own"
    own.mkdir()
    (own / "config.yaml").write_text("executor: no-such-queue\n")
    with pytest.raises(DwwError, match="snakemake-executor-plugin-no-such-queue"):
        profile_of(str(own))
    (own / "config.yaml").write_text("jobs: 3\n")
    assert profile_of(str(own)) == Profile(own, elsewhere=False) and not profile_of("default").elsewhere


@pytest.mark.parametrize(
    ("text", "given"),
    [("", {"teams": "many"}), ("", {"icc": "1.5"}), ("", {"design": "crossover"}), ("teems: 3\n", {}), ("- 1\n", {}),
     ("teams: []\n", {}), ("effect: 0\n", {})],
)  # fmt: skip
def test_what_cannot_be_is_refused(root, text, given):
    (root / "config/trial/power.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DwwError):
        power_study(root, "trial", given, "en")


def test_options_that_are_no_numbers_are_told_together_with_what_each_takes(root):
    given = {"teams": "12.5,16", "share": ".3,.4", "icc": "low"}
    with pytest.raises(DwwError) as refused:
        power_study(root, "trial", given, "en")
    told = {p.found: (p.expected, p.action) for p in refused.value.problems}
    assert told == {
        "--teams 12.5,16": ("whole numbers with commas between them", "e.g. --teams 12,16,24"),
        "--share .3,.4": ("one number between 0 and 1", "e.g. --share 0.3"),
        "--icc low": ("numbers with commas between them", "e.g. --icc 0.02,0.05"),
    }


def test_each_line_names_what_varies(root):
    found = power_study(root, "trial", {"cac": ".6,.9", "icc": ".05", "dropout": "0,.2"}, "en")
    assert len(set(found.sentences)) == 4
    assert all("lasting share" in s.lower() and "drop-out" in s for s in found.sentences)


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--cac", "1", "--iac", "1"], "iac 1 with more than one wave"), (["--cv", "nan"], "`cv.0` has a value nan"),
     (["--strata", "-3"], "strata -3"), (["--design", "stepped_wedge", "--waves", "5", "--strata", "4"], "strata 4")],
)  # fmt: skip
@pytest.mark.slow
def test_the_command_says_what_no_trial_can_be(root, options, said):
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), "power", "trial", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and said in done.stdout + done.stderr
    assert not (root / "data/derived/trial/power").exists()


@pytest.mark.parametrize(
    ("design", "said"), [("before_after", "difference in change"), ("waves_only", "a change of")]
)
def test_a_design_without_lot_is_told_without_effect_and_trial(root, design, said):
    (sentence,) = power_study(root, "trial", {"design": design, "icc": ".05"}, "en").sentences
    assert said in sentence and "trial" not in sentence and "effect" not in sentence


def test_without_a_study_the_options_are_named(tmp_path):
    with pytest.raises(DwwError, match="no --design and no --waves"):
        power_study(tmp_path, "none", {"teams": "12"}, "en")
    options = {"design": "waves_only", "waves": "2", "icc": ".1"}
    assert len(power_study(tmp_path, "none", options, "nl").table) == 3


@pytest.mark.parametrize(
    ("unit", "said"),
    [("organisation", "with 24 organisations a"), ("person", "with 24 teams of 10 persons each")],
)
def test_what_the_study_draws_is_what_the_sentence_says(root, unit, said):
    path = root / "config/trial/study.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count("unit: team") == 1
    path.write_text(
        text.replace("unit: team", f"unit: {unit}").replace("strata: organisation", ""), encoding="utf-8"
    )
    for given in ({}, {"design": "parallel_cluster", "waves": "3"}):
        (sentence,) = power_study(root, "trial", {"icc": ".05"} | given, "en").sentences
        assert said in sentence
    if unit == "organisation":
        given = {"design": "before_after", "persons": "20,40", "icc": ".05"}
        for sentence in power_study(root, "trial", given, "nl").sentences:
            assert (
                sentence.startswith("Personen per organisatie") and sentence.count("meer organisaties") == 1
            )


def test_the_transition_of_the_study_takes_answers_away(root):
    path = root / "config/trial/study.yaml"
    text = path.read_text(encoding="utf-8").replace("design: parallel_cluster", "design: stepped_wedge")
    text = text.replace("strata: organisation", "transition_waves: 1")
    text = text.replace("arms:\n", "  - {number: 3, label: later, date: '2026-12-01'}\narms:\n", 1)
    path.write_text(text, encoding="utf-8")
    found = power_study(root, "trial", {"icc": ".05"}, "en").table
    assert set(found["transition_waves"]) == {1} and set(found["design"]) == {"stepped_wedge"}
    (root / "config/trial/power.yaml").write_text("transition_waves: 0\n", encoding="utf-8")
    without = power_study(root, "trial", {"icc": ".05"}, "en").table
    assert (without["power"] > found["power"]).all()


def test_a_share_is_said_in_percentage_points(root):
    given = {"teams": "20", "icc": ".05", "waves": "1", "persons": "30", "dropout": "0", "share": ".3"}
    (said,) = power_study(root, "trial", {**given, "effect": ".15"}, "en").sentences
    assert "an effect of 15 percentage points (from 30% to 45%)" in said and " SD" not in said
    (said,) = power_study(root, "trial", {**given, "effect": "-.15"}, "nl").sentences
    assert "een effect van −15 procentpunten (van 30% naar 15%)" in said
    few = {**given, "teams": "4", "persons": "4", "share": ".9", "effect": ".05"}
    (said,) = power_study(root, "trial", few, "en").sentences
    assert (
        "Even the largest there can be, 10 percentage points (from 90% to 100%), is found in less than 80%"
        in said
    )
    with pytest.raises(DwwError, match="beside `share` an `effect`"):
        power_study(root, "trial", given, "en")


def test_a_share_near_none_or_all_has_a_decimal():
    """2 to 0.2 % was said to be 2 to 0 %."""
    asked = SimpleNamespace(share=0.02, hazard_ratio=[], rate=None)
    assert _size(-0.018, asked, "en", Words("en")) == "−1.8 percentage points (from 2.0% to 0.2%)"
    assert _size(0.18, asked, "en", Words("en")) == "18 percentage points (from 2% to 20%)"
    assert _size(-0.02, asked, "en", Words("en")) == "−2 percentage points (from 2% to 0%)"


def test_a_rate_is_said_with_both_rates_and_their_ratio(root):
    given = {"teams": "40", "icc": ".02", "waves": "1", "persons": "25", "dropout": "0", "rate": "2"}
    found = power_study(root, "trial", {**given, "effect": "-.5"}, "en")
    assert "an effect of −0.50 per person (from 2.00 to 1.50, 0.75 times as many)" in found.sentences[0]
    assert found.table.loc[0, "between_cv"] == pytest.approx(0.108, abs=0.001)
    (said,) = power_study(root, "trial", {**given, "effect": ".5"}, "nl").sentences
    assert "een effect van 0,50 per persoon (van 2,00 naar 2,50, 1,25 keer zoveel)" in said
    few = {**given, "teams": "4", "persons": "1", "rate": ".2", "effect": "-.1"}
    (said,) = power_study(root, "trial", few, "en").sentences
    assert "Even the largest there can be, −0.20 per person (from 0.20 to 0.00" in said
    for wrong, said in (({}, "beside `rate` an `effect`"), ({"effect": "1", "share": ".3"}, "not both")):
        with pytest.raises(DwwError, match=said):
            power_study(root, "trial", {**given, **wrong}, "en")


def test_what_a_persons_counts_have_in_common_is_no_more_than_their_dispersion_allows(root):
    given = {"icc": ".02", "waves": "2", "rate": "2", "effect": "-.5"}
    iac = [
        power_study(root, "trial", {**given, "dispersion": d}, "en").table["iac"][0]
        for d in ("1", "1.5", "3")
    ]
    assert iac == pytest.approx([0.0, 1 / 3, 0.5])
    with pytest.raises(DwwError, match=r"iac 0\.4 of counts with dispersion 1\.5"):
        power_study(root, "trial", {**given, "dispersion": "1.5", "iac": ".4"}, "en")


def test_a_hazard_ratio_is_a_difference_in_who_left(root):
    """Of .3 who leave, a ratio of .7 leaves 1 - .7 ** .7 = .221."""
    given = {
        "teams": "20",
        "icc": ".02",
        "persons": "30",
        "dropout": "0",
        "share": ".3",
        "hazard_ratio": ".7",
    }
    found = power_study(root, "trial", given, "en")
    assert "a hazard ratio of 0.70: −8 percentage points (from 30% to 22%)" in found.sentences[0]
    assert found.table.loc[0, ["effect", "waves"]].tolist() == pytest.approx([0.7 - 0.7**0.7, 1], abs=1e-9)
    (said,) = power_study(root, "trial", {**given, "teams": "3", "persons": "14"}, "nl").sentences
    assert "Zelfs het grootste dat kan, −30 procentpunten (van 30% naar 0%), wordt in minder dan 80%" in said
    with pytest.raises(DwwError, match="with design waves_only and 1 wave\n"):
        power_study(root, "trial", {**given, "design": "waves_only"}, "en")
    with pytest.raises(DwwError) as refused:
        power_study(root, "trial", {**given, "design": "stepped_wedge", "waves": "4"}, "en")
    assert "`hazard_ratio` with design stepped_wedge and 4 waves" in str(refused.value)
    with pytest.raises(DwwError, match="beside `hazard_ratio` a `share`"):
        power_study(root, "trial", {"hazard_ratio": ".7", "waves": "1"}, "en")


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ("parallel_cluster", "Of 100 trials that were drawn like this"),
        (
            "before_after",
            "Of 100 simulated studies that were analysed by the mixed model {} found a difference",
        ),
        ("waves_only", "Of 100 simulated studies that were analysed by the mixed model {} found a change of"),
    ],
)
def test_trials_are_said_in_the_words_of_their_design_and_never_without_a_margin(root, design, said):
    """Where all of 100 trials find it the standard error is 0, and the share they may miss 3 %."""
    settings = SimpleNamespace(design=design, share=None, rate=None)
    row = {"error_of_trials": 0.0, "trials": 100.0, "power_in_trials": 1.0, "effect": 0.8}
    told = _tried(row, settings, "en", Words("en"))
    assert told.startswith(said.format("100%")) and "give or take 3.0 percentage points" in told

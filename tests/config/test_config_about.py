"""about.yaml and discussion.md: optional, checked with everything else, in the report's plan and in no estimate's."""

import shutil
from pathlib import Path

import pytest
import yaml

from dww_analysis.config.discussion import LARGEST_BYTES, read_discussion
from dww_analysis.domain.about import PROMPTS, About, Passage
from dww_analysis.errors import ConfigError
from dww_analysis.stages.job import plan_of
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project
from dww_analysis.stages.register import jobs, stage

ROOT = Path(__file__).parents[2]
HEAD = "---\nby: A. de Vries\ndate: 2026-07-10\n---\n"
WRITTEN = HEAD + "One line\nand its end.\n\n## So what\n- a point\n- another\n\nLast.\n"


@pytest.fixture
def example(tmp_path):
    """The example's configuration with other files in it; None takes a file away."""
    folder = tmp_path / "config" / "example"
    shutil.copytree(ROOT / "config" / "example", folder)
    shutil.copytree(ROOT / "data" / "raw" / "example", tmp_path / "data" / "raw" / "example")

    def with_files(documents=("factsheet", "report"), **files):
        reports = yaml.safe_load((folder / "reports.yaml").read_text(encoding="utf-8"))
        (folder / "reports.yaml").write_text(
            yaml.safe_dump(reports | {"documents": list(documents)}), "utf-8"
        )
        for name, text in files.items():
            path = folder / name.replace("__", ".")
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_text(text, encoding="utf-8")
        return Project(Paths(tmp_path, "example"))

    return with_files


def refused(project):
    with pytest.raises(ConfigError) as error:
        _ = project.files
    return str(error.value)


def test_every_prompt_may_be_left_out_and_an_empty_one_was_not_answered(example):
    assert example(about__yaml=None).files.about == About()
    about = example(about__yaml='setting: here\nfunding: {nl: "", en: ""}\nauthors: [A, B]\n').files.about
    assert about.setting == {"nl": "here", "en": "here"}
    assert about.given() == {"setting", "authors"}
    assert set(PROMPTS) > {"setting", "funding", "sample_size", "concealment", "blinding", "ethics"}


def test_what_nobody_asked_is_refused_with_everything_else(example):
    said = refused(example(about__yaml="seting: here\nauthors: [A, A]\n"))
    assert "unknown key `seting`" in said and "did you mean `setting`?" in said
    assert "every name once" in said and "about.yaml, line 2" in said


def test_what_no_document_prints_is_refused(example):
    said = refused(example(documents=("factsheet",), discussion__md=WRITTEN))
    assert "nobody reads about.yaml" in said and "nobody reads discussion.md" in said
    said = refused(example(discussion__de__md=WRITTEN))
    assert "nobody reads discussion.de.md" in said and "discussion.nl.md, discussion.en.md" in said


def test_a_discussion_says_who_wrote_it_and_when(example):
    files = example(
        discussion__md=WRITTEN, discussion__en__md=WRITTEN.replace("One line", "In English")
    ).files
    found = files.discussion("nl")
    assert (found.by, found.date) == ("A. de Vries", "2026-07-10")
    assert found.passages == (
        Passage("", ("One line and its end.",)),
        Passage("So what", (), ("a point", "another")),
        Passage("", ("Last.",)),
    )
    assert files.discussion("en").passages[0].paragraphs == ("In English and its end.",)
    assert example(discussion__md=None, discussion__en__md=None).files.discussion("nl") is None


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("no head", ["does not begin with a head", "`by` is missing", "`date` is missing"]),
        ("---\nby: A\ndate: 2026-13-01\nmood: good\n---\n", ["2026-13-01", "`mood: good`", "no text below"]),
        ("---\nby: A\nby: B\ndate: 2026-01-01\n---\ntext", ["`by: B` in the head"]),
        ("x" * (LARGEST_BYTES + 1), ["too large, or no text"]),
    ],
)
def test_all_that_is_wrong_with_a_discussion_is_said_at_once(tmp_path, text, messages):
    path = tmp_path / "discussion.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read_discussion(path, "config/s/discussion.md")
    for message in messages:
        assert message in str(error.value)


def test_what_people_tell_makes_the_report_stale_and_no_estimate(example):
    def plans(project):
        return {
            (id, name): str(plan_of(project, stage(id), name))
            for id, name in (
                ("estimate", "burnout"),
                ("describe", "study"),
                ("article", "nl"),
                ("article", "en"),
            )
        }

    before = plans(example(about__yaml=None))
    told = plans(example(about__yaml="setting: here\n"))
    written = plans(example(discussion__nl__md=WRITTEN))
    assert {job for job in before if told[job] != before[job]} == {("article", "nl"), ("article", "en")}
    assert {job for job in told if written[job] != told[job]} == {("article", "nl"), ("article", "en")}
    reworded = plans(example(discussion__nl__md=WRITTEN + "More.\n"))
    assert {job for job in told if written[job] != reworded[job]} == {("article", "nl")}


def test_without_the_document_there_is_no_such_step(example):
    project = example(documents=("factsheet",), about__yaml=None)
    assert not {"article", "article_tables"} & {id for id, _ in jobs(project)}
    assert "scale_correlations" not in stage("report").reads(project, "study")["tables"]

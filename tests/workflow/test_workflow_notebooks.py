"""The notebooks that need no finished study run, and the README names every notebook."""

import pytest
from workflow_runs import ROOT, run_notebook

NOTEBOOKS = ROOT / "notebooks"


def test_what_a_team_sheet_may_say_runs():
    run_notebook(NOTEBOOKS / "04_what_a_team_sheet_may_say.py")


@pytest.mark.slow
@pytest.mark.workflow
def test_your_first_report_runs_from_two_messy_files(tmp_path):
    run_notebook(NOTEBOOKS / "03_your_first_report.py", DWW_PLACE=str(tmp_path))
    page = (tmp_path / "study" / "reports" / "mine" / "index.html").read_text(encoding="utf-8")
    assert "leerklimaat" in page and "learning climate" in page


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_the_readme_and_the_documents_name_every_notebook(page):
    readme = (ROOT / page).read_text(encoding="utf-8")
    names = sorted(p.name for p in NOTEBOOKS.glob("*.py"))
    assert len(names) >= 4 and [n for n in names if n not in readme] == []

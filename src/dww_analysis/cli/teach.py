"""`dww teach`: a folder for education with an invented twin study, a reader, assignments, a notebook, and answers."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dww_analysis.cli.closing import all_estimated, warning_lines
from dww_analysis.cli.paths import Paths
from dww_analysis.cli.run import make
from dww_analysis.cli.simulate import write_invented
from dww_analysis.cli.teach_answers import Answered, answered
from dww_analysis.errors import ConfigError
from dww_analysis.language import Words
from dww_analysis.reports.documents.teaching import answers, assignments, praatplaat, reader
from dww_analysis.simulate.twin import TWIN_SEED, draw_twin
from dww_analysis.simulate.twin_config import TWIN, twin_config
from dww_analysis.stages import places
from dww_analysis.stages.exit_codes import DONE, NOT_ALL_ESTIMATED
from dww_analysis.stages.project import Project
from dww_analysis.storage import load_bytes, save_bytes, save_json


def write_twin(root: Path, seed: int = TWIN_SEED) -> Mapping[str, Any]:
    """The twin study below `root`: delivered files and configuration; what is true of it."""
    drawn = draw_twin(seed)
    write_invented(Paths(root, TWIN), drawn.tables, lambda checksums: twin_config(checksums, seed))
    return drawn.truth


def teach(out: Path, level: str, language: str, seed: int, terminal: str, cores: int) -> int:
    """Write the pack into `out`, which must be new or empty; the exit code of the run it rests on.

    The study is run in a folder of its own, and the answers are made from what that run wrote. Nothing is left in `out`
    when the run fails.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError.of(
            found=f"{out} is not empty",
            where="dww teach",
            expected="a new folder",
            action="give another folder",
        )
    with tempfile.TemporaryDirectory(prefix="dww-teach-") as folder:
        root = Path(folder)
        truth = write_twin(root, seed)
        project = Project(Paths(root, TWIN))
        code = make(project, terminal, cores)
        if code == DONE and not all_estimated(project):
            print("\n".join(warning_lines(project, terminal)), file=sys.stderr)
            code = NOT_ALL_ESTIMATED
        if code != DONE:
            return code
        found = answered(project, truth, Words(language))
        for file, content in pack(project, found, level, language).items():
            save_bytes(content, out / file)
        save_json({"truth": dict(truth), "found": found.plain}, out / "answers" / "answers.json")
    return DONE


def pack(project: Project, found: Answered, level: str, language: str) -> dict[str, bytes]:
    """File -> its bytes, in the order of names. The sheet of one team comes along as material. OSError where the
    study of `project` has not been run with sheets."""
    words, paths = Words(language), project.paths
    study = [*sorted(paths.config.iterdir()), *sorted(paths.raw.iterdir())]
    sheet = places.SHEETS.at(paths) / f"team-{found.team}" / f"sheet.{language}.html"
    pages = {
        "README.md": words("teach.readme", level=words(f"teach.level.{level}")),
        "reader.html": reader(words),
        "assignments.html": assignments(words, level),
        "praatplaat.html": praatplaat(words),
        "notebook.py": notebook(words),
        "material/table_with_a_leak.csv": found.leak,
        "answers/answers.html": answers(words, found.parts),
    }
    files = {file.relative_to(paths.root).as_posix(): load_bytes(file) for file in study}
    files["material/looked_back.csv"] = load_bytes(paths.raw / "looked_back.csv")
    files["material/team_sheet.html"] = load_bytes(sheet)
    return dict(sorted({**files, **{name: text.encode("utf-8") for name, text in pages.items()}}.items()))


def notebook(words: Words) -> str:
    """A notebook (percent cells) that works out what the report says, from `data/derived/twin` beside it."""
    cells = {
        "open": 'from pathlib import Path\n\nimport pandas as pd\n\nderived = Path("data/derived/twin")',
        "means": 'scores = pd.read_parquet(derived / "scores" / "learning_potential.parquet")\n'
        'main = scores[(scores["sample"] == "main") & (scores["wave"] == 1)]\n'
        'main = main[main["scale"] == "learning_potential"]\n'
        'main.groupby("arm", observed=True)["score"].agg(["size", "mean", "std"]).round(2)',
        "model": 'estimates = pd.read_csv(derived / "tables" / "estimates.csv")\n'
        'estimates.loc[estimates["primary"] & estimates["sd_used"].isna(),'
        ' ["outcome", "estimate", "conf_low", "conf_high", "p_adjusted"]].round(3)',
    }
    parts = [
        f"# %% [markdown]\n# {words(f'teach.notebook.{name}')}\n\n# %%\n{code}\n"
        for name, code in cells.items()
    ]
    return "\n".join(parts)

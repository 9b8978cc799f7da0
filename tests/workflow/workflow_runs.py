"""Running the program as a user would, in a root folder of its own."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pypdfium2

ROOT = Path(__file__).parents[2]


def copy_study(study: str, target: Path) -> Path:
    """config and raw data of one study, in a root of its own."""
    for part in (Path("config") / study, Path("data/raw") / study):
        shutil.copytree(ROOT / part, target / part)
    return target


MADE = ("data/interim", "data/derived", "reports", "logs")


def copy_made(study: str, target: Path) -> bool:
    """What a run in the repository itself made of a study, with its times; False where none was made."""
    records = [Path(".snakemake") / part for part in ("metadata", "incomplete")]
    for part in (*(Path(part) / study for part in MADE), *records):
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, target / part)
    return (target / "reports" / study).is_dir()


def dww(root: Path, *arguments: str, timeout: int = 900) -> subprocess.CompletedProcess:
    """The program as a user would call it."""
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=root)


def read_shown(path: Path) -> str:
    """The text of a file; of a PDF what a reader sees."""
    if path.suffix != ".pdf":
        return path.read_text(encoding="utf-8")
    sides = (side.get_textpage().get_text_range() for side in pypdfium2.PdfDocument(path))
    return " ".join(" ".join(sides).split())


WORD = re.compile(r"[\w.@+-]+")  # what identifiers are made of


def holding(secrets: Iterable[str], texts: Mapping[str, str]) -> dict[str, int]:
    """Name of a text -> how many of the secrets stand in it, also within a word; only texts that have any."""
    words = {name: "\n".join(set(WORD.findall(text))) for name, text in texts.items()}
    everything = "\n".join({word for text in words.values() for word in text.split("\n")})
    present = [secret for secret in secrets if secret in everything]
    counts = {name: sum(secret in text for secret in present) for name, text in words.items()}
    return {name: count for name, count in counts.items() if count}


def files_below(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if p.is_file()}


def run_notebook(path: Path, **variables: str) -> None:
    """Execute a notebook (percent cells) in its own folder."""
    import jupytext
    from nbclient import NotebookClient

    client = NotebookClient(
        jupytext.read(path),
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    client.execute(env={**os.environ, **variables})

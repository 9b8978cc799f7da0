"""Which tests stay in one worker: those that look at the same finished run, and those of a file that runs its own.

By file, because the scheduler sees names of tests only.
"""

from functools import cache
from pathlib import Path

WHOLE_RUNS = Path(__file__).parent / "workflow"
RUNS = (
    "finished_example",
    "finished_own_codes",
    "finished_workplace",
)  # in the order in which tests ask for them


@cache
def runs_of(file: Path) -> tuple[str, ...]:
    """The finished runs that the tests of a file look at."""
    text = file.read_text(encoding="utf-8") if file.parent == WHOLE_RUNS else ""
    return tuple(name for name in RUNS if name in text)


def group_of(file: Path) -> str:
    """The group of a file of whole runs; "" for other files, each of which goes by itself."""
    if file.parent != WHOLE_RUNS:
        return ""
    runs = runs_of(file)
    if not runs:
        return file.stem
    return "own_codes" if runs == ("finished_own_codes",) else "workflow"


def runs_of_group(group: str) -> tuple[str, ...]:
    """The finished runs that some file of a group looks at."""
    files = [f for f in WHOLE_RUNS.glob("test_*.py") if group_of(f) == group]
    return tuple(name for name in RUNS if any(name in runs_of(f) for f in files))

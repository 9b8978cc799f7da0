"""`dww simulate`: the raw files of an invented study."""

from __future__ import annotations

from pathlib import Path

from dww_analysis.cli.paths import Paths
from dww_analysis.errors import ConfigError


def simulate_study(root: Path, study: str, out: Path | None) -> list[Path]:
    """Write the raw files and return their paths."""
    from dww_analysis.simulate import EXAMPLE_SEED, simulate_example

    if study != "example":
        raise ConfigError.of(
            found=f"no invented study `{study}`",
            where="dww simulate",
            expected="example",
            action="use `dww simulate example`",
        )
    folder = out or Paths(root, study).raw
    return list(simulate_example(EXAMPLE_SEED, folder))

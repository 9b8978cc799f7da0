"""`dww simulate`: the files of an invented study."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dww_analysis.cli.paths import Paths
from dww_analysis.errors import ConfigError, Problem

if TYPE_CHECKING:
    import pandas as pd

EXAMPLE, REGION = "example", "region"


def simulate_study(root: Path, study: str, out: Path | None, teams: int | None = None) -> list[Path]:
    """Write the files of an invented study and return their paths: the same bytes every time.

    example: its delivered files. region: delivered files of `teams` teams (without, 3 000), and their configuration
    where `out` names no other folder. ConfigError for another study, a number of teams that cannot be, and a study
    that has a configuration already.
    """
    _refuse(study, teams)
    if study == REGION:
        return _region(Paths(root, REGION), out, teams)
    from dww_analysis.simulate import EXAMPLE_SEED, simulate_example

    return list(simulate_example(EXAMPLE_SEED, out or Paths(root, study).raw))


def _refuse(study: str, teams: int | None) -> None:
    problems = []
    if study not in (EXAMPLE, REGION):
        problems.append(
            Problem(
                found=f"no invented study `{study}`",
                where="dww simulate",
                expected=f"one of {EXAMPLE}, {REGION}",
                action=f"use `dww simulate {EXAMPLE}` or `dww simulate {REGION}`",
            )
        )
    elif teams is not None and study != REGION:
        problems.append(
            Problem(
                found=f"--teams {teams} for `{study}`",
                where="dww simulate",
                expected=f"a number of teams for `{REGION}` only",
                action="leave --teams out",
            )
        )
    elif teams is not None and (teams < 20 or teams % 10):
        problems.append(
            Problem(
                found=f"--teams {teams}",
                where="dww simulate",
                expected="a multiple of ten from 20 on: an organisation has ten teams",
                action=f"give for example --teams {max(20, teams // 10 * 10)}",
            )
        )
    if problems:
        raise ConfigError(problems)


def _region(paths: Paths, out: Path | None, teams: int | None) -> list[Path]:
    from dww_analysis.simulate.region import TEAMS, draw_region, region_config
    from dww_analysis.simulate.writers import write_tables

    if out is None and paths.config.exists():
        raise ConfigError.of(
            found=f"study `{paths.study}` exists already",
            where=paths.shown(paths.config),
            expected="no such folder",
            action="remove it, or write the delivered files elsewhere with --out",
        )
    tables = draw_region(TEAMS if teams is None else teams)
    return write_tables(tables, out) if out else write_invented(paths, tables, region_config)


def write_invented(
    paths: Paths,
    tables: Mapping[str, pd.DataFrame],
    configured: Callable[[Mapping[str, str]], Mapping[str, Any]],
) -> list[Path]:
    """Write an invented study: its delivered files, by name, and what `configured` makes of their checksums; the paths.

    configured: delivered file -> SHA-256 becomes file of the configuration -> its values.
    """
    import yaml

    from dww_analysis.simulate.writers import write_tables
    from dww_analysis.storage import save_text, sha256_of

    class Plain(yaml.SafeDumper):
        """Writes values that occur twice in full: the configuration knows no aliases."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    files = write_tables(tables, paths.raw)
    for name, values in configured({file.name: sha256_of(file) for file in files}).items():
        text = yaml.dump(values, Dumper=Plain, sort_keys=False, allow_unicode=True, width=110)
        files.append(save_text(text, paths.config / f"{name}.yaml"))
    return files

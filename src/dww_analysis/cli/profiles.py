"""Profiles of Snakemake: where the jobs of a run are done, and with what."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dww_analysis.cli.bundle import bundle
from dww_analysis.config.yaml_file import read_yaml
from dww_analysis.errors import ConfigError

PROFILES = "profiles"
FILE = "config.yaml"


@dataclass(frozen=True)
class Profile:
    """folder: that of its config.yaml. elsewhere: whether its jobs are done by something else than this process, such
    as the queue of a cluster, which says how many at a time."""

    folder: Path
    elsewhere: bool


def profile_of(name: str) -> Profile:
    """A folder with a config.yaml, or the profile of that name that comes with the program. ConfigError where there is
    none, and where what it needs is not installed."""
    folder = next((f for f in (Path(name), bundle() / PROFILES / name) if (f / FILE).is_file()), None)
    if folder is None:
        known = ", ".join(sorted(f.parent.name for f in (bundle() / PROFILES).glob(f"*/{FILE}")))
        raise ConfigError.of(
            found=f"there is no profile {name[:100]!r}",
            where="--profile",
            expected=f"one of {known}, or a folder with a {FILE} of Snakemake",
            action="give one of these",
        )
    values = read_yaml(folder / FILE, f"{folder.name}/{FILE}").values
    executor = str(values.get("executor", "local")) if isinstance(values, dict) else "local"
    _refuse_absent(executor, folder)
    return Profile(folder.resolve(), executor != "local")


def _refuse_absent(executor: str, folder: Path) -> None:
    plugin = f"snakemake_executor_plugin_{executor.replace('-', '_')}"
    if executor != "local" and find_spec(plugin) is None:
        raise ConfigError.of(
            found=f"the profile has jobs done by {executor[:100]!r}, for which nothing is installed",
            where=f"{folder.name}/{FILE}",
            expected=f"the plugin {plugin.replace('_', '-')}",
            action='install it, e.g. pip install "dww-analysis[slurm]", in the environment that runs dww',
        )

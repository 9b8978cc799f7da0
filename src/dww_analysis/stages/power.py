"""Stage power: what trials of some design could find, before there is a study: the grid that `dww power` wrote down.

`dww power` does its parts in processes of one machine; where a profile of Snakemake is given they are jobs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dww_analysis import storage
from dww_analysis.errors import ConfigError
from dww_analysis.parts import Work
from dww_analysis.stages import places
from dww_analysis.stages.places import Place
from dww_analysis.stages.project import Project
from dww_analysis.stages.stage import Made, Split, Stage

NAME = "grid"


def keep_grid(project: Project, grid: Mapping[str, Any]) -> None:
    """Write down what is assumed, for jobs: `assumed`, fields of `effects.power.Assumptions`, `varied`, pairs of a
    field and its values in the order of the table, and `tries`, fields of `power_trials.Tries` or None. What is written
    already keeps its time, so that nothing is done again for it."""
    path = places.POWER_GRID.at(project.paths, NAME)
    if not path.is_file() or storage.load_json(path) != grid:
        storage.save_json(grid, path)


def power_made(project: Project, name: str, tables: Mapping[str, Any]) -> Work[Made]:
    """The table of all combinations, and its curve in each language. tables: `grid`, as `keep_grid` has it."""
    from dww_analysis.effects.power import Assumptions
    from dww_analysis.effects.power_grid import power_work
    from dww_analysis.effects.power_trials import Tries

    grid = tables["grid"]
    tries = Tries(**grid["tries"]) if grid["tries"] else None
    table = yield from power_work(Assumptions(**grid["assumed"]), dict(grid["varied"]), tries)
    from dww_analysis.figures.power import draw_power  # not where only parts are done
    from dww_analysis.language import LANGUAGES, Words

    made: dict[str, Any] = {"table": table}
    for language in sorted(LANGUAGES):
        drawing = draw_power(table, words=Words(language))
        made |= {f"{language}.svg": drawing.svg(), f"{language}.png": drawing.png()}
    return Made(made)


def _makes(project: Project) -> dict[str, Place]:
    from dww_analysis.language import LANGUAGES

    curves = ((language, kind) for language in sorted(LANGUAGES) for kind in ("svg", "png"))
    return {"table": places.POWER, **{".".join(curve): places.power_curve(*curve) for curve in curves}}


def _most(project: Project, name: str) -> int:
    from dww_analysis.effects.power_grid import parts_of_power

    grid = storage.load_json(places.POWER_GRID.at(project.paths, name))
    return parts_of_power(dict(grid["varied"]), grid["tries"]["trials"] if grid["tries"] else 0)


def _names(project: Project) -> list[str]:
    """The one job of a study that is planned; ConfigError where nothing is written down for it."""
    if not project.planning:
        return []
    path = places.POWER_GRID.at(project.paths, NAME)
    if not path.is_file():
        raise ConfigError.of(
            found="there is no grid to work out",
            where=project.paths.shown(path),
            expected="what `dww power` writes down for jobs",
            action=f"run `dww power {project.paths.study} --profile PROFILE`, which starts them too",
        )
    return [NAME]


def _nothing(_: Project, __: str) -> tuple[Any, ...]:
    """What is assumed is a file of its own, which is compared as such."""
    return ()


SPLIT = Split(power_made, _most)
STAGE = Stage(
    "power",
    per="study",
    reads=lambda project, name: {"grid": places.POWER_GRID.at(project.paths, name)},
    makes=_makes,
    config=_nothing,
    run=SPLIT.run,
    names=_names,
    split=SPLIT,
    planning=True,
)

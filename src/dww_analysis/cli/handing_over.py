"""Commands that hand something to others: to teams, colleagues, other regions, a data station, students."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dww_analysis.cli.settings import CORES, Cores, Language, Settings, Study


class Level(StrEnum):
    mbo = "mbo"
    hbo = "hbo"
    master = "master"


def forms(
    context: typer.Context,
    study: Study = None,
    unit: Annotated[str, typer.Option(help="One team or organisation; without it all, and the study.")] = "",
    round: Annotated[
        int | None, typer.Option(help="Round of measurement; without it the last one with answers.")
    ] = None,
    lang: Annotated[
        Language | None, typer.Option(help="Language of the forms; without it the first of the report.")
    ] = None,
) -> None:
    """Write a workbook for every team and organisation to write back in: what they say, agree on and count."""
    from dww_analysis.cli.forms import write_forms

    settings: Settings = context.obj
    written = write_forms(settings.project(study), lang.value if lang else None, unit, round)
    settings.say("forms", n=len(written.made))
    for path in (*written.made, written.sources):
        typer.echo(f"  {path}")
    if written.kept:
        settings.say("forms_kept", n=len(written.kept))
    for path in written.kept:
        typer.echo(f"  {path}")


def export(context: typer.Context, study: Study = None) -> None:
    """Write the scored data as .sav and .csv with labels, for colleagues in SPSS."""
    from dww_analysis.cli.export import export_study

    settings: Settings = context.obj
    project = settings.project(study)
    written = export_study(project, settings.language)
    settings.say("exported_sessions" if project.of_sessions else "exported")
    for path in written:
        typer.echo(f"  {path}")


def bundle(context: typer.Context, study: Study = None) -> None:
    """Write one file with what the sessions and the agenda of a study published, for a national agenda; no persons."""
    from dww_analysis.cli.regions import write_bundle

    settings: Settings = context.obj
    project = settings.project(study)
    settings.say("bundled", file=project.paths.shown(write_bundle(project)))


def agenda(
    context: typer.Context,
    bundles: Annotated[list[Path], typer.Argument(help="Files that regions made with `dww bundle`.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; without it reports/agenda.")] = None,
) -> None:
    """Join bundles of regions: one learning agenda, with the gaps both ways; the stricter minimum counts."""
    from dww_analysis.cli.regions import join_bundles

    settings: Settings = context.obj
    settings.say("joined", n=len(bundles), folder=join_bundles(settings.root, bundles, out))


def archive(
    context: typer.Context,
    study: Study = None,
    private: Annotated[
        bool, typer.Option("--private", help="With scores of single persons, where that was agreed.")
    ] = False,
) -> None:
    """Make what a data station takes: RO-Crate with codebook (DDI), report, plan, code versions and checksums."""
    from dww_analysis.cli.archive import archive_study
    from dww_analysis.reports.archive_readme import agreements

    settings: Settings = context.obj
    project = settings.project(study)
    folder, count = archive_study(project, settings.language, private)
    shown = project.paths.shown(folder)
    settings.say("archived_private" if private else "archived", files=count, folder=shown)
    if not private and not project.of_sessions:
        settings.say("archive_agree")
        for line in agreements(settings.language):
            typer.echo(f"  {line}")


def teach(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="A new folder.")],
    level: Annotated[Level, typer.Option(help="For whom: mbo, hbo or master.")] = Level.mbo,
    lang: Annotated[Language, typer.Option(help="Language of the pack.")] = Language.nl,
    seed: Annotated[int, typer.Option(help="Another class gets other answers.", min=0)] = 4101,
    cores: Cores = CORES,
) -> None:
    """A teaching pack: an invented twin study, a reader, six assignments, a notebook, and the answers apart."""
    from dww_analysis.cli.teach import teach as write_pack

    settings: Settings = context.obj
    code = write_pack(out.resolve(), level.value, lang.value, seed, settings.language, cores)
    if code == 0:
        settings.say("teach", path=out)
    raise typer.Exit(code)


COMMANDS = (forms, export, bundle, agenda, archive, teach)

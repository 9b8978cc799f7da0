"""The commands a researcher types. Each one opens a project, calls a small module and turns its outcome into words."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer

from dww_analysis import __version__
from dww_analysis.cli.handing_over import COMMANDS as HANDING_OVER
from dww_analysis.cli.messages import tell
from dww_analysis.cli.paths import check_name, default_root, default_study, named_study
from dww_analysis.cli.settings import (
    CORES,
    Chunks,
    Cores,
    GridChunks,
    Jobs,
    Language,
    Options,
    Settings,
    Study,
)
from dww_analysis.errors import ConfigError, DwwError, Problem
from dww_analysis.stages.exit_codes import BAD_INPUT, INTERNAL, INTERRUPTED, MACHINE
from dww_analysis.stages.machine import refusal_of
from dww_analysis.stages.pieces import check_chunks
from dww_analysis.stages.project import Project

HELP = """From delivered survey files to reports you can defend.

A study is a folder config/STUDY with five small YAML files, and its delivered files in data/raw/STUDY.
The example study is invented; `dww run` in an empty folder puts it there and takes it from raw files to
reports/example/index.html.

\b
Start with your own data:
  dww power STUDY           before there are data: what a trial of this design could find
  dww new STUDY FILE...     write a first configuration from the labels in your files
  dww add STUDY FILE        add a wave that came later
  dww check STUDY           list everything that is wrong, before anything is computed
  dww run STUDY             raw files to reports; run it again after any change
  dww report STUDY --open   the documents, or only some of them: --only factsheet
  dww seal STUDY            seal the analysis plan; later changes show as deviations

\b
Exit codes: 0 done; 1 internal error; 2 bad input or configuration;
3 done, but something could not be estimated (the report says what and why);
4 the machine refused: disk full, read-only, no permission, no memory.
"""


app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help=HELP,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that holds config/, data/ and reports/; keeps a private study apart."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the terminal.")] = Language.en,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    context.obj = Settings((root or default_root()).resolve(), lang.value)


@app.command()
def run(
    context: typer.Context,
    study: Study = None,
    cores: Cores = CORES,
    chunks: Chunks = "1",
    profile: Jobs = "",
) -> None:
    """Raw files to reports. Does only what is missing or stale; run it again after a stop.

    In a folder without studies it puts the invented example there and runs that.
    """
    from dww_analysis.cli.bundle import EXAMPLE, put_example
    from dww_analysis.cli.profiles import profile_of
    from dww_analysis.cli.run import run_study

    settings: Settings = context.obj
    where = profile_of(profile) if profile else None
    wanted = study or named_study(settings.root)
    put = put_example(settings.root) if wanted in ("", EXAMPLE) else None
    if put is not None:
        settings.say("example_put", config=put.shown(put.config), raw=put.shown(put.raw))
    raise typer.Exit(run_study(settings.project(study, chunks), settings.language, cores, where))


@app.command()
def report(
    context: typer.Context,
    study: Study = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Name of a document, such as factsheet or team; may be given again."),
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="Team or organisation whose sheet is wanted, such as T17.")
    ] = None,
    lang: Annotated[Language | None, typer.Option(help="Language of the documents; without it all.")] = None,
    show: Annotated[bool, typer.Option("--open", help="Open the first of them.")] = False,
    cores: Cores = CORES,
) -> None:
    """Make documents that are missing or stale, and say where they lie: all of them, or those that are named."""
    from dww_analysis.cli.report import report_study
    from dww_analysis.stages.documents import asked

    settings: Settings = context.obj
    project = settings.project(study)
    wanted = asked(project, only or [], unit or [], [lang.value] if lang else [])
    raise typer.Exit(report_study(project, wanted, settings.language, cores, show))


@app.command()
def check(
    context: typer.Context,
    study: Study = None,
    privacy: Annotated[
        bool, typer.Option("--privacy", help="Also scan inputs and outputs for identifiers of persons.")
    ] = False,
) -> None:
    """Find every problem of configuration and raw files before anything is computed."""
    from dww_analysis.cli.check import check_study

    settings: Settings = context.obj
    project = settings.project(study)
    checked = check_study(project)
    problems = list(checked.problems)
    if privacy:
        problems = list(dict.fromkeys([*problems, *_check_privacy(project, settings, problems)]))
    for line in checked.lines:
        typer.echo(line)
    if problems:
        for problem in problems:
            typer.echo(str(problem), err=True)
        typer.echo(tell(settings.language, "problems", n=len(problems)), err=True)
        raise typer.Exit(BAD_INPUT)
    files = project.files
    settings.say(
        "check_ok", sources=len(files.sources), scales=len(files.scales), entries=len(files.plan.entries)
    )


def _check_privacy(project: Project, settings: Settings, others: list[Problem]) -> list[Problem]:
    """What the scan finds, also in files with other problems; nothing where the configuration cannot be read."""
    from dww_analysis.cli.privacy_check import check_privacy

    try:
        found = check_privacy(project, settings.language)
    except ConfigError:
        if not others:
            raise
        return []
    for line in found.stopped:
        typer.echo(line)
    if not found.problems:
        settings.say("privacy_ok")
    return list(found.problems)


@app.command()
def new(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Name for the study: lower case, digits, underscores.")],
    files: Annotated[
        list[Path], typer.Argument(help="Delivered files in the order of the waves, and a list of arms.")
    ],
    option: Options = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of the workbooks.")] = None,
    header_line: Annotated[str | None, typer.Option(help="Line in which the names stand.")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Between the columns of text.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of text.")] = None,
) -> None:
    """Write a first configuration for new files from what they say; guesses are marked as guesses."""
    from dww_analysis.cli.new import new_study

    settings: Settings = context.obj
    short = {"sheet": sheet, "header_line": header_line, "delimiter": delimiter, "encoding": encoding}
    options = [*(f"{name}={value}" for name, value in short.items() if value is not None), *(option or [])]
    for line in new_study(settings.root, study, files, options):
        typer.echo(line)


@app.command()
def add(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Name of the study.")],
    files: Annotated[list[Path], typer.Argument(help="Files of a later wave, or other records.")],
    option: Options = None,
) -> None:
    """Add delivered files to a study: a wave that came later, with the names that the study has given."""
    from dww_analysis.cli.add import add_files

    settings: Settings = context.obj
    for line in add_files(settings.project(study), files, option or []):
        typer.echo(line)


@app.command()
def explain(context: typer.Context, study: Study = None, chunks: Chunks = "1") -> None:
    """Say in words which steps would run, and why."""
    from dww_analysis.cli.explain import explain_study

    settings: Settings = context.obj
    for line in explain_study(settings.project(study, chunks), settings.language):
        typer.echo(line)


@app.command()
def seal(
    context: typer.Context,
    study: Study = None,
    date: Annotated[str, typer.Option(help="Date of registration, YYYY-MM-DD.")] = "",
) -> None:
    """Seal the analysis plan: from now on a change of what is estimated shows as a deviation."""
    from dww_analysis.cli.seal import seal_study

    settings: Settings = context.obj
    made = seal_study(settings.project(study), date)
    settings.say("sealed", date=made.sealed, count=len(made.entries), hash=made.hash[:12])
    if made.before_data:
        settings.say("sealed_before_data")
    else:
        settings.say("sealed_after_data", count=len(made.answers))


@app.command()
def power(
    context: typer.Context,
    study: Study = None,
    design: Annotated[
        str,
        typer.Option(help="One of the designs of study.yaml, e.g. stepped_wedge; else the one it has."),
    ] = "",
    unit: Annotated[
        str, typer.Option(help="What is drawn: person, team or organisation; else as study.yaml.")
    ] = "",
    teams: Annotated[
        str, typer.Option(help="Numbers of teams (or organisations, if these are drawn), e.g. 12,16,24.")
    ] = "",
    persons: Annotated[
        str, typer.Option(help="Persons a team (or organisation, if these are drawn) has at the first wave.")
    ] = "",
    waves: Annotated[str, typer.Option(help="Numbers of waves; else as study.yaml.")] = "",
    icc: Annotated[str, typer.Option(help="Correlation of two persons of a team, e.g. .02,.05.")] = "",
    cac: Annotated[str, typer.Option(help="Share of it that lasts from wave to wave.")] = "",
    iac: Annotated[str, typer.Option(help="Correlation of a person with itself beyond the team.")] = "",
    cv: Annotated[str, typer.Option(help="Spread of team sizes as a share of their mean.")] = "",
    dropout: Annotated[str, typer.Option(help="Share of persons lost at the last wave.")] = "",
    effect: Annotated[
        str, typer.Option(help="Effect in standard deviations, or a difference of shares or rates.")
    ] = "",
    share: Annotated[
        str, typer.Option(help="Share of persons who say yes (or leave) without the effect, e.g. .3.")
    ] = "",
    hazard_ratio: Annotated[
        str, typer.Option(help="Of leaving, instead of an effect on the share that leaves, e.g. .7.")
    ] = "",
    rate: Annotated[str, typer.Option(help="Counts per person and wave without the effect, e.g. 2.4.")] = "",
    dispersion: Annotated[
        str, typer.Option(help="Variance of a count within a team over its mean; 1 is Poisson.")
    ] = "",
    covariate_r: Annotated[str, typer.Option(help="Correlation of a covariate with the outcome.")] = "",
    strata: Annotated[str, typer.Option(help="Groups within which arms are drawn.")] = "",
    trials: Annotated[
        str,
        typer.Option(
            help="Trials to draw and analyse for each combination, e.g. 1000; else the formula alone."
        ),
    ] = "",
    chunks: GridChunks = "1",
    profile: Jobs = "",
) -> None:
    """Say before there are data what a trial of this design could find; reads power.yaml where there is one."""
    from dww_analysis.cli.power import power_study

    settings: Settings = context.obj
    given = {n: v for n, v in context.params.items() if n not in ("study", "chunks", "profile")}
    name, pieces = check_name(study or default_study(settings.root)), check_chunks(chunks)
    found = power_study(settings.root, name, given, settings.language, pieces, profile)
    for line in [*found.sentences, *(f"  {path}" for path in found.files)]:
        typer.echo(line)
    raise typer.Exit(found.code)


@app.command()
def scales(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(help="Id of one scoring key to explain.")] = None,
) -> None:
    """List the scoring keys of the library, or explain one."""
    from dww_analysis.cli.keys_in_words import describe_keys, explain_key

    settings: Settings = context.obj
    if key is not None:
        typer.echo(explain_key(key, settings.language))
        return
    for row in describe_keys(settings.language).to_dict("records"):
        mark = tell(settings.language, "verified") if row["verified"] else ""
        typer.echo(f"{row['id']:<18}{row['n_items']:>4}  {row['range']:<7}{mark:<14}{row['name']}")
    settings.say("scales_more")


@app.command()
def simulate(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Which invented study: example, or region.")],
    out: Annotated[Path | None, typer.Option(help="Folder to write to; without it data/raw/STUDY.")] = None,
    teams: Annotated[int | None, typer.Option(help="How many teams a region has; without it 3000.")] = None,
) -> None:
    """Write the raw files of an invented study, the same bytes every time; of a region also its configuration."""
    from dww_analysis.cli.simulate import simulate_study

    settings: Settings = context.obj
    for path in simulate_study(settings.root, study, out, teams):
        typer.echo(str(path))


for _command in HANDING_OVER:
    app.command()(_command)

key_app = typer.Typer(no_args_is_help=True, help="The key that makes pseudonyms of a private study.")
app.add_typer(key_app, name="key")


@key_app.command("new")
def key_new(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Name of the study.")],
) -> None:
    """Make a key outside the repository. Keep a copy in a safe place apart from the data."""
    from dww_analysis.privacy.pseudonyms import key_path, new_key

    settings: Settings = context.obj
    path = new_key(key_path(check_name(study), os.environ, Path.home()))
    settings.say("key", path=path)


@app.command()
def schema(context: typer.Context) -> None:
    """Write JSON schemas of the configuration files to config/schemas/, for editors."""
    from dww_analysis.cli.schema import write_schemas

    settings: Settings = context.obj
    for path in write_schemas(settings.root):
        typer.echo(str(path))


def run_app() -> int:
    """The whole command line; every refusal becomes text and an exit code."""
    try:
        result = app(standalone_mode=False)
    except DwwError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except typer.Abort:
        return INTERRUPTED
    except (
        Exception
    ) as error:  # the outermost edge: usage errors of the command line, and the program's own faults
        return _last_words(error)
    return int(result or 0)


def _last_words(error: Exception) -> int:
    show = getattr(error, "show", None)  # usage errors know how to show themselves
    if show is not None:
        show()
        return BAD_INPUT
    refusal = refusal_of(error)
    if refusal is not None:
        print(refusal, file=sys.stderr)
        return MACHINE
    traceback.print_exc()
    print(tell("en", "internal"), file=sys.stderr)
    return INTERNAL

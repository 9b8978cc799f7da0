"""Stage ingest: delivered files to typed tables per source, then all sources together to Measurements."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from dww_analysis import storage
from dww_analysis.cli.project import Project
from dww_analysis.cli.provenance import write_provenance
from dww_analysis.delivery.rows import rows_of_source
from dww_analysis.domain.measurements import Ingested
from dww_analysis.domain.study import Source
from dww_analysis.errors import SourceError
from dww_analysis.storage.delivered import delivered_path

PARTS = ("answers", "missing", "flow", "codebook", "rules")


def raw_file(project: Project, source: Source) -> Path:
    """The delivered file, inside the study's raw folder and with the declared checksum; SourceError otherwise."""
    path = project.paths.raw / source.file
    shown = project.paths.shown(path)
    if not path.is_file():
        raise SourceError.of(
            "the file is not there",
            shown,
            "the file that sources.yaml names",
            "deliver it, or correct `file`",
        )
    if not path.resolve().is_relative_to(project.paths.raw.resolve()):
        raise SourceError.of(
            "the file is a link out of the study's folder", shown, "a file in data/raw", "copy it there"
        )
    if source.sha256 is not None and storage.sha256_of(path) != source.sha256:
        raise SourceError.of(
            "the file is not the one that was declared: its checksum differs",
            shown,
            f"SHA-256 {source.sha256[:12]}... as in sources.yaml",
            "find out who changed it; a new delivery needs its own checksum in sources.yaml",
        )
    return path


def read_raw(project: Project, source: Source) -> storage.Table:
    """The delivered table of one source."""
    options = dict(source.options)
    if source.format != "auto":
        options["format"] = source.format
    path = raw_file(project, source)
    for beside in ("structure", "catalog"):  # further files of the same delivery
        if beside in options:
            delivered_path(path.parent, str(options[beside]))
    table = storage.read_table(path, **options)
    return table if source.rows is None else rows_of(table, source)


def rows_of(table: storage.Table, source: Source) -> storage.Table:
    """The rows of a table that belong to the source, in a file with several waves below each other."""
    keep = rows_of_source(table.data, source)
    data = table.data[keep].reset_index(drop=True)
    data.attrs.update(table.data.attrs, delivered_rows=len(keep))
    lines = table.lines[keep] if len(table.lines) == len(keep) else table.lines
    return replace(table, data=data, lines=lines)


def pseudonymiser(project: Project) -> Callable[[str, str], str]:
    """sample, code -> pseudonym, with the study's key."""
    from dww_analysis.privacy import pseudonyms

    key = pseudonyms.key_for(project.files.study, os.environ, Path.home())
    return partial(pseudonyms.pseudonym, key)


def ingest_one(project: Project, source: Source, links: pd.DataFrame | None = None) -> Ingested:
    """One source of answers as typed tables, nothing written. `links`: who is who, for persons with own codes."""
    from dww_analysis.ingest import ingest_source
    from dww_analysis.ingest.linkage import persons_in

    table = read_raw(project, source)
    pseudonymise = partial(pseudonymiser(project), source.sample)
    ranges = project.files.item_ranges()
    persons = None if links is None else persons_in(links, source, len(table.data))
    study, lines = project.files.study, table.lines
    return ingest_source(
        table.data,
        table.variables,
        source,
        study,
        ranges,
        pseudonymise,
        lines=lines,
        persons=persons,
        scales=project.files.scales,
    )


def allocation_of(project: Project) -> pd.DataFrame | None:
    """The allocation of teams to arms, nothing written; None for designs without arms."""
    from dww_analysis.ingest import read_allocation

    design = project.files.study.allocation
    if design is None:
        return None
    source = project.source(design.source)
    table = read_raw(project, source)
    study = project.files.study
    return read_allocation(table.data, source, study, lines=table.lines, variables=table.variables)


def run_ingest(project: Project, name: str) -> None:
    """Read one source of answers and save its four tables."""
    source = project.source(name)
    inputs, links = [project.paths.raw / source.file], None
    if source.persons == "code":
        inputs.append(project.paths.interim / "linkage.parquet")
        links = storage.load_frame(inputs[-1])
    ingested = ingest_one(project, source, links)
    folder = project.paths.interim / name
    for part in PARTS:
        storage.save_frame(getattr(ingested, part), folder / f"{part}.parquet")
    write_provenance(project, "ingest", name, inputs, source)


def run_allocate(project: Project, name: str) -> None:
    """Read the allocation and save it."""
    source = project.source(name)
    allocation = allocation_of(project)
    assert allocation is not None
    storage.save_frame(allocation, project.paths.derived / "allocation.parquet")
    write_provenance(project, "allocate", name, [project.paths.raw / source.file], source)


def run_combine(project: Project, name: str) -> None:
    """Lay all sources together: Measurements, flow and codebook."""
    from dww_analysis.ingest import codebook_html, codebook_table, combine

    paths, study = project.paths, project.files.study
    files = [paths.interim / s.id / f"{part}.parquet" for s in project.answer_sources() for part in PARTS]
    parts = [
        Ingested(**{part: storage.load_frame(paths.interim / s.id / f"{part}.parquet") for part in PARTS})
        for s in project.answer_sources()
    ]
    allocation = None
    if study.has_arms:
        files.append(paths.derived / "allocation.parquet")
        allocation = storage.load_frame(files[-1])
    measurements, flow = combine(parts, allocation, study)
    codebook = codebook_table(parts)
    storage.save_frame(measurements.answers, paths.derived / "measurements.parquet")
    storage.save_frame(measurements.missing, paths.derived / "missing.parquet")
    storage.save_frame(measurements.pairs, paths.derived / "link_plausibility.csv")
    storage.save_frame(flow, paths.derived / "flow.csv")
    storage.save_frame(codebook, paths.derived / "codebook.csv")
    storage.save_text(
        codebook_html(codebook, study, project.files.reports.languages[0]), paths.derived / "codebook.html"
    )
    write_provenance(project, "combine", name, files, study)

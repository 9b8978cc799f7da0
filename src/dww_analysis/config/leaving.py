"""Entries about leaving: what the records and the design have to give, and what such an entry may not ask."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dww_analysis.config.plan import EntryConfig
from dww_analysis.config.sources import SourceConfig
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain.exposure import HrRules
from dww_analysis.domain.records import LEFT, OFFERED
from dww_analysis.errors import Problem

REFUSED = ("formula", "term", "covariates", "wave", "exposure", "mediators")


def about_answers(entries: Iterable[EntryConfig], scores: Collection[str]) -> list[EntryConfig]:
    """The entries whose outcome persons answered. scores: the outcomes of the scales."""
    return [e for e in entries if e.outcome in scores or e.outcome not in OFFERED]


def check_leaving(
    entry: EntryConfig,
    study: StudyConfig,
    sources: Iterable[SourceConfig],
    scores: Collection[str],
    where: str,
) -> Iterator[Problem]:
    """Problems of an entry whose outcome comes from personnel records. scores: the outcomes of the scales."""
    if entry.outcome in scores:
        expected, action = "one meaning for each outcome", "rename the scale in scales.yaml"
        yield Problem(
            found=f"`{entry.outcome}` is a scale and what personnel records offer",
            where=where,
            expected=expected,
            action=action,
        )
    records = [s.id for s in sources if s.kind == "hr" and s.sample == entry.sample]
    if len(records) > 1:
        yield Problem(
            found=(
                f"entry `{entry.id}` is about leaving, and sample `{entry.sample}` has "
                f"{len(records)} sources of records"
            ),
            where=where,
            expected="one source of kind hr, which knows of every person when she left the employer",
            action="join the records into one file, or give them samples of their own",
        )
    unit = study.allocation.unit if study.allocation is not None else None
    if study.design != "parallel_cluster" or unit not in ("team", "organisation"):
        yield Problem(
            found=f"entry `{entry.id}` compares leaving in a study of design {study.design}"
            + (f" that allocated by {unit}" if unit else ""),
            where=where,
            expected="two groups of teams or organisations side by side (parallel_cluster, or a list with `arm`)",
            action="remove the entry; the table of who stayed and left describes it",
        )
    by_wave = entry.outcome == LEFT
    asked = [n for n in REFUSED if getattr(entry, n) not in (None, []) and not (by_wave and n == "wave")]
    asked += ["baseline"] if entry.baseline != "constrained" else []
    if entry.estimand is not None and entry.estimand.population != "answered_once":
        asked.append("population")
    if not entry.team_by_wave:
        asked.append("team_by_wave")
    for name in asked:
        yield Problem(
            found=f"entry `{entry.id}` is about leaving and has `{name}`",
            where=where,
            expected="who of those at the start had left by the wave"
            if by_wave
            else "the hazard of every month after the start, of everybody in the records",
            action=f"remove `{name}`",
        )


def check_directions(sources: Sequence[SourceConfig], file: YamlFile) -> Iterator[Problem]:
    """Problems of sources of personnel records that call leaving favourable and unfavourable: it is one outcome of
    the study. Of those that differ from the first one."""
    said = {i: (s.hr or HrRules()).direction for i, s in enumerate(sources) if s.kind == "hr"}
    first = next(iter(said.items()), None)
    for index, direction in said.items():
        if first is not None and direction != first[1]:
            yield Problem(
                found=f"`direction: {direction}` in source `{sources[index].id}`, "
                f"and `{first[1]}` in `{sources[first[0]].id}`",
                where=file.where(("sources", index, "hr")),
                expected=(
                    "one direction of leaving in all personnel records (without `direction`: "
                    f"{HrRules().direction})"
                ),
                action="make the two agree",
            )

"""What the seal says of a study: which values differ from it, of which entries."""

from __future__ import annotations

from dww_analysis.config.seal import Seal
from dww_analysis.domain.theory import THEORY
from dww_analysis.stages.project import Project

SEAL, DEVIATIONS = "seal", "deviations"  # in `Project.kept`


def seal_of_study(project: Project) -> Seal | None:
    """The seal of the plan; None where nothing was sealed. Read once for a project."""
    from dww_analysis.config.seal import read_seal

    paths = project.paths
    if SEAL not in project.kept:
        project.kept[SEAL] = read_seal(paths.config, paths.shown(paths.config))
    found: Seal | None = project.kept[SEAL]
    return found


def deviations(project: Project) -> list[dict[str, str]]:
    """What differs from the sealed plan; none where nothing was sealed. Compared once for a project."""
    from dww_analysis.config.deviations import deviation_rows

    if DEVIATIONS not in project.kept:
        project.kept[DEVIATIONS] = deviation_rows(project.files, seal_of_study(project))
    return [dict(row) for row in project.kept[DEVIATIONS]]


def deviating(project: Project) -> list[str]:
    """Ids of the sealed entries that are not as they were sealed, those that are gone among them; [] without a seal
    (None)."""
    seal = seal_of_study(project)
    sealed = seal.entries if seal is not None else {}
    return [n for n in dict.fromkeys(row["entry"] for row in deviations(project)) if n in sealed]


def theory_deviates(project: Project) -> bool:
    """Whether there is a theory of change that is not as the one that was sealed."""
    seal = seal_of_study(project)
    if seal is None or seal.theory is None or project.files.theory is None:
        return False
    return any(row["entry"] == THEORY for row in deviations(project))


def recomputed(project: Project) -> bool:
    """Whether anything that was sealed is estimated as it was sealed, beside what it is now."""
    return bool(deviating(project)) or theory_deviates(project)

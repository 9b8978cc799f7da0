"""plan.yaml: the analysis plan, written before the data came."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dww_analysis.config.strict import Name, Strict, Words
from dww_analysis.domain import plan as domain


class FamilyConfig(Strict):
    adjust: Literal["holm", "BH", "none"]
    label: Words


class EntryConfig(Strict):
    id: Name
    outcome: str = Field(
        pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", description="scale or scale.subscale"
    )
    sample: Name = "main"
    family: Name
    question: Words
    why: str = ""
    status: Literal["planned", "exploratory"] = "planned"
    formula: str | None = Field(None, description="lme4 syntax; without it the design decides the model")
    term: str | None = Field(None, description="the coefficient of `formula` that is the estimate")
    wave: int | None = Field(None, description="wave of the primary contrast; without it the last")
    exposure: Literal["mean"] | int | None = Field(
        None, description="stepped wedge: waves since the start of the primary contrast; without it the mean"
    )
    mediators: list[Name] = Field(
        default_factory=list,
        description="covariates of `formula` measured after the start, meant as mediators",
    )
    team_by_wave: bool = Field(True, description="false leaves (1 | team:wave) out, with a warning")
    sesoi: float | None = Field(None, gt=0, description="smallest effect of interest, units of the outcome")
    unit: Words | None = None
    standardise: bool = True
    deviation: str = Field("", description="what changed after the plan was sealed, and why")


class PlanConfig(Strict):
    """What is estimated and why. `dww seal` writes `sealed` entries beside it; later changes show as deviations."""

    conf_level: float = Field(0.95, gt=0.5, lt=1)
    organisations_fixed_below: int = Field(10, ge=0)
    primary: Name = "primary"
    families: dict[str, FamilyConfig]
    entries: list[EntryConfig] = Field(min_length=1)

    def to_domain(self, seal: dict[str, str], sealed: str | None) -> domain.Plan:
        """The frozen plan; `seal` maps entry ids to the fingerprints they had when the plan was sealed."""
        return domain.Plan(
            entries=tuple(self._entry(e, seal) for e in self.entries),
            families={k: domain.Family(k, f.adjust, f.label) for k, f in self.families.items()},
            primary=self.primary,
            conf_level=self.conf_level,
            organisations_fixed_below=self.organisations_fixed_below,
            sealed=sealed,
        )

    def _entry(self, entry: EntryConfig, seal: dict[str, str]) -> domain.PlanEntry:
        from dww_analysis.config.seal import fingerprint_entry

        values = entry.model_dump()
        values["mediators"] = tuple(entry.mediators)
        values["status"] = _status(entry, seal, fingerprint_entry(self, entry))
        return domain.PlanEntry(**values)


def _status(entry: EntryConfig, seal: dict[str, str], fingerprint: str) -> domain.Status:
    if entry.status == "exploratory":
        return "exploratory"
    if not seal:
        return "planned, not sealed"
    if entry.id not in seal:
        return "exploratory"  # added after the plan was sealed
    return "registered" if seal[entry.id] == fingerprint else "deviation"

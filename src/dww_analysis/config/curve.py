"""plan.yaml, `curve`: choices that could have been made otherwise."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dww_analysis.config.strict import Strict, each_once
from dww_analysis.domain import plan as domain

MOST_POINTS = 512
NONE = "none"  # no covariates


def _names(option: Any) -> Any:
    """Covariates that enter together: a list, one name, or `none`."""
    if isinstance(option, str):
        return [] if option == NONE else [option]
    return option


Covariates = Annotated[list[str], BeforeValidator(_names), AfterValidator(each_once)]


class CurveConfig(Strict):
    """All combinations of these options are estimated; the plan's own is among the options of each choice."""

    scoring: list[Literal["rule", "complete_items"]] = Field(
        default_factory=list,
        description="rule: as the scoring key says; complete_items: only scores of all items",
    )
    covariates: list[Covariates] = Field(
        default_factory=list, description="none, a covariate, or a list of covariates that enter together"
    )
    missing: list[Literal["likelihood", "imputed"]] = Field(
        default_factory=list, description="imputed: needs `missing: imputation`"
    )
    linkage: list[Literal["fuzzy", "exact"]] = Field(
        default_factory=list, description="rule of linking codes that persons made themselves"
    )
    careless: list[Literal["keep", "drop"]] = Field(
        default_factory=list, description="drop: without answers that were given carelessly"
    )
    leave_out: Literal["unit"] | None = Field(
        None, description="unit: each unit of allocation is left out in turn, beside the combinations"
    )

    @model_validator(mode="after")
    def _something_varies(self) -> CurveConfig:
        sets = [",".join(sorted(names)) for names in self.covariates]
        options = [sets if n == "covariates" else list(getattr(self, n)) for n in domain.CHOICES]
        if any(len(set(found)) < len(found) for found in options):
            raise ValueError("each option once")
        points = prod(max(len(found), 1) for found in options)
        if points == 1 and self.leave_out is None:
            raise ValueError("a choice with two options, or `leave_out: unit`")
        if points > MOST_POINTS:
            raise ValueError(f"at most {MOST_POINTS} combinations, and these are {points}")
        return self

    def to_domain(self) -> domain.Curve:
        """The frozen form."""
        options: dict[str, Any] = {name: tuple(getattr(self, name)) for name in domain.CHOICES}
        options["covariates"] = tuple(tuple(names) for names in self.covariates)
        return domain.Curve(**options, leave_out=self.leave_out)

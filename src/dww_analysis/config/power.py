"""power.yaml: what is assumed of a trial before there are data. Every key may hold one value or a list of them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from dww_analysis.config.strict import Strict
from dww_analysis.domain.study import Design

Numbers = list[float]
LISTS = ("teams", "persons", "waves", "icc", "cac", "iac", "cv", "dropout", "effect", "covariate_r", "strata")


class PowerConfig(Strict):
    """All combinations of the lists are computed. Correlations and shares lie between 0 and 1."""

    design: Design | None = Field(None, description="without it as study.yaml has it")
    unit: Literal["person", "team", "organisation"] | None = Field(
        None, description="what is drawn; without it as study.yaml has it, or teams"
    )
    transition_waves: int | None = Field(
        None, ge=0, description="after a start, left out; without it as study.yaml has it, or none"
    )
    teams: list[int] = Field(default=[12, 16, 24], min_length=1)
    persons: list[int] = Field(default=[10], min_length=1, description="that a team has at the first wave")
    waves: list[int] = Field(default_factory=list, description="without it as many as study.yaml has")
    icc: Numbers = Field(default=[0.02, 0.05, 0.10], min_length=1, description="two persons, same wave")
    cac: Numbers = Field(default=[0.8], min_length=1, description="share of the icc that lasts between waves")
    iac: Numbers = Field(default=[0.5], min_length=1, description="one person, two waves, beyond the team")
    cv: Numbers = Field(default=[0.0], min_length=1, description="SD of team sizes, as a share of their mean")
    dropout: Numbers = Field(
        default=[0.2], min_length=1, description="share of persons lost at the last wave"
    )
    effect: Numbers = Field(
        default=[0.3],
        min_length=1,
        description="in standard deviations of one answer, or a difference of shares or rates",
    )
    share: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="of persons who say yes, or leave, without the effect",
    )
    hazard_ratio: Numbers = Field(
        default_factory=list, description="instead of `effect`: of leaving, of which `share` is the risk"
    )
    rate: float | None = Field(None, gt=0, description="counts per person and wave, without the effect")
    dispersion: float | None = Field(
        None, ge=1, description="variance of a count within a team, as a multiple of its mean; without it 1"
    )
    covariate_r: Numbers = Field(default=[0.0], min_length=1, description="correlation of a covariate")
    strata: list[int] = Field(default=[1], min_length=1, description="groups within which arms are drawn")
    alpha: float = Field(0.05, gt=0, lt=1)
    trials: int | None = Field(
        None, ge=100, le=100_000, description="drawn and analysed for each combination, beside the formula"
    )
    seed: int = Field(1, ge=0, description="of these trials")

    @model_validator(mode="after")
    def _a_share_with_its_effect(self) -> PowerConfig:
        given = "effect" in self.model_fields_set or self.hazard_ratio
        if self.share is not None and not given:
            raise ValueError("beside `share` an `effect`, a difference of shares such as 0.1")
        return self

    @model_validator(mode="after")
    def _trials_of_numbers(self) -> PowerConfig:
        for name in ("share", "rate"):
            if self.trials is not None and getattr(self, name) is not None:
                raise ValueError(f"`trials` or `{name}`, not both: trials are of outcomes that are numbers")
        return self

    @model_validator(mode="after")
    def _a_rate_with_its_effect(self) -> PowerConfig:
        if self.rate is not None and self.share is not None:
            raise ValueError("`share` (yes or no) or `rate` (a count), not both")
        if self.rate is not None and "effect" not in self.model_fields_set:
            raise ValueError("beside `rate` an `effect`, a difference of rates such as -0.5")
        if self.dispersion is not None and self.rate is None:
            raise ValueError("`rate` beside `dispersion`, which is about counts")
        return self

    @model_validator(mode="after")
    def _a_hazard_ratio_with_its_share(self) -> PowerConfig:
        if not self.hazard_ratio:
            return self
        if self.share is None or "effect" in self.model_fields_set:
            raise ValueError(
                "beside `hazard_ratio` a `share` (who leaves without the effect), and no `effect`"
            )
        if any(ratio <= 0 or ratio == 1 for ratio in self.hazard_ratio):
            raise ValueError("a `hazard_ratio` above 0 that is not 1")
        return self

    @field_validator(*LISTS, "hazard_ratio", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return value if isinstance(value, list) else [value]

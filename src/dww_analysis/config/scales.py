"""scales.yaml: which scoring keys, with which item columns; scores delivered as such; the study's own keys."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from dww_analysis.config.strict import (
    Code,
    Name,
    OwnName,
    Strict,
    Words,
    each_once,
    expand_names,
    plain_values,
)
from dww_analysis.domain.scales import MeasurementSettings

Direction = Literal["higher is better", "lower is better", "neutral"]


class ScaleConfig(Strict):
    id: OwnName
    label: Words
    short: Words | None = Field(
        None, description="the label for narrow places, shorter in each of its languages"
    )
    key: str | None = Field(None, description="id of a scoring key: `dww scales` lists them")
    items: Annotated[list[str], BeforeValidator(expand_names), AfterValidator(each_once)] = Field(
        default_factory=list, description="our columns, in the order of the key's items"
    )
    delivered: str | None = Field(None, description="our column of a score that was delivered as such")
    range: tuple[float, float] | None = Field(None, description="lowest and highest possible delivered score")
    samples: Annotated[list[Name], AfterValidator(each_once)] = Field(default_factory=lambda: ["main"])
    direction: Direction | None = Field(None, description="of a delivered score; a key has its own")
    team_property: bool = Field(False, description="whether the team mean is meant as a property of the team")
    unit: Words | None = None
    measure: Literal["continuous", "yes_no", "ordered", "count"] | None = Field(
        None,
        description="kind of its scores as an outcome, the data are checked against it; without it a delivered score "
        "or a single item of range [0, 1] is yes_no and any other continuous",
    )

    @model_validator(mode="after")
    def _key_or_delivered(self) -> ScaleConfig:
        if (self.key is None) == (self.delivered is None):
            raise ValueError("either `key` (with items) or `delivered` (with range), not both")
        if self.delivered is not None and self.range is None:
            raise ValueError("`range` for a delivered score")
        if self.delivered is not None and self.items:
            raise ValueError("`items` beside `key`: a delivered score has none")
        if self.key is not None and (self.range is not None or self.direction is not None):
            raise ValueError("`range` and `direction` beside `delivered`: a scoring key has its own")
        return self

    def kind(
        self, of_item: tuple[float, float] | None = None
    ) -> Literal["continuous", "yes_no", "ordered", "count"]:
        """The kind of its scores: as declared, else as the range of a delivered score, or of a single item, says."""
        return self.measure or ("yes_no" if (0, 1) in (self.range, of_item) else "continuous")


Items = Annotated[list[Code], BeforeValidator(expand_names)]


class SubscaleConfig(Strict):
    name: Words | None = None
    items: Items | None = None


class BandConfig(Strict):
    name: Code | None = None
    from_: float | None = Field(None, alias="from")
    to: float | None = None


class OwnKeyConfig(Strict):
    """A scoring key in the form of the library's files; what it must hold is checked when it is read as a key."""

    id: Name
    version: Code | None = None
    name: Words | None = None
    reference: str | None = None
    items: Items | None = None
    range: tuple[float, float] | None = None
    reversed: Items | None = None
    subscales: dict[Name, SubscaleConfig] | None = None
    total: bool | None = None
    method: str | None = None
    min_answered: float | None = None
    transform: Annotated[dict[str, Any], AfterValidator(plain_values)] | None = None
    score_range: tuple[float, float] | None = None
    direction: str | None = None
    bands: list[BandConfig] | None = None
    text_licence: str | None = None
    text_included: bool | None = None
    verified: bool | None = None
    checked: str | None = None
    notes: str | None = None

    def as_written(self) -> dict[str, Any]:
        """The fields that were given, with ranges of items written out."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class ScalesConfig(Strict):
    """The study's scales. `own_keys` holds scoring keys in the form of the library's files."""

    scales: list[ScaleConfig] = Field(
        default_factory=list, description="at least one, unless all sources are about sessions"
    )
    measurement: MeasurementSettings = MeasurementSettings()
    own_keys: list[OwnKeyConfig] = Field(default_factory=list)

    @field_validator("measurement")
    @classmethod
    def _way_of_the_estimator(cls, said: MeasurementSettings) -> MeasurementSettings:
        if said.estimator == "WLSMV" and said.missing == "fiml":
            raise ValueError("`missing: pairwise` or `listwise` beside WLSMV, which has no likelihood")
        if said.estimator != "WLSMV" and said.missing == "pairwise":
            raise ValueError(f"`missing: fiml` or `listwise` beside {said.estimator}; pairwise is of WLSMV")
        return said

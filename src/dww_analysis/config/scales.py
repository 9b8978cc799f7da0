"""scales.yaml: which scoring keys, with which item columns; scores delivered as such; the study's own keys."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from dww_analysis.config.strict import Name, Strict, Words, expand
from dww_analysis.domain.scales import MeasurementSettings

Direction = Literal["higher is better", "lower is better", "neutral"]


class ScaleConfig(Strict):
    id: Name
    label: Words
    key: str | None = Field(None, description="id of a scoring key: `dww scales` lists them")
    items: list[str] = Field(default_factory=list, description="our columns, in the order of the key's items")
    delivered: str | None = Field(None, description="our column of a score that was delivered as such")
    range: tuple[float, float] | None = Field(None, description="lowest and highest possible delivered score")
    samples: list[Name] = Field(default_factory=lambda: ["main"])
    direction: Direction | None = Field(None, description="of a delivered score; a key has its own")
    team_property: bool = Field(False, description="whether the team mean is meant as a property of the team")
    unit: Words | None = None
    measure: Literal["continuous", "yes_no", "ordered", "count"] = Field(
        "continuous", description="kind of its scores as an outcome; the data are checked against it"
    )

    @field_validator("items", mode="before")
    @classmethod
    def _expand_items(cls, items: Any) -> Any:
        listed = [items] if isinstance(items, str) else items
        return [name for pattern in listed for name in expand(pattern)] if isinstance(listed, list) else items

    @model_validator(mode="after")
    def _key_or_delivered(self) -> ScaleConfig:
        if (self.key is None) == (self.delivered is None):
            raise ValueError("either `key` (with items) or `delivered` (with range), not both")
        if self.delivered is not None and self.range is None:
            raise ValueError("`range` for a delivered score")
        return self


class MeasurementConfig(Strict):
    """How sameness of measurement over waves and arms is judged."""

    cutoffs: Literal["chen2007", "cheung_rensvold2002"] = "chen2007"
    estimator: Literal["ML", "MLR", "WLSMV"] = "MLR"
    missing: Literal["listwise", "fiml"] = "fiml"

    def to_domain(self) -> MeasurementSettings:
        """The frozen value the other rooms see."""
        return MeasurementSettings(**self.model_dump())


class ScalesConfig(Strict):
    """The study's scales. `own_keys` holds scoring keys in the form of the library's files."""

    scales: list[ScaleConfig] = Field(min_length=1)
    measurement: MeasurementConfig = MeasurementConfig()
    own_keys: list[dict[str, Any]] = Field(default_factory=list)

"""How a design is to be solved, checked at the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .errors import MethodError

DEFAULT_MEMORY = 4 * 1024**3  # bytes a dense computation may take
LINKS = {
    "gaussian": ("identity",),
    "binomial": ("logit", "cloglog"),
    "poisson": ("log",),
    "nbinom2": ("log",),
    "zip": ("log",),
    "ordinal": ("logit",),
}
FAMILIES = tuple(LINKS)


def _unknown(what: str, found: Any, known: Sequence[str]) -> MethodError:
    return MethodError(f"Unknown {what} {found!r}; known are {', '.join(known)}.")


@dataclass(frozen=True)
class Options:
    """How a design is to be solved; the same options solve it again for new responses or fewer clusters."""

    method: str = "REML"
    family: str = "gaussian"
    quadrature: int = 1
    residual_variance: str | None = None
    residual_correlation: str | None = None
    link: str | None = None  # None: the first of the family's LINKS

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise _unknown("family", self.family, FAMILIES)
        if self.link not in (None, *LINKS[self.family]):
            raise _unknown(f"link for family {self.family!r}:", self.link, LINKS[self.family])
        if self.method not in ("REML", "ML", "OLS"):
            raise _unknown("method", self.method, ("REML", "ML"))
        if self.family == "gaussian" and self.quadrature != 1:
            raise MethodError(
                "Quadrature is for yes/no, count and ordinal outcomes; a Gaussian likelihood is exact. Leave it out."
            )
        if self.family != "gaussian" and self.structured:
            raise MethodError(
                "residual_variance and residual_correlation are for family 'gaussian'; leave them out."
            )

    @property
    def kind(self) -> str:
        """The kind of model, under which its engine is registered: "gaussian", "structured" (residual variances or
        correlations), "generalised", "ordinal" or "least squares"."""
        if self.method == "OLS":
            return "least squares"
        if self.family != "gaussian":
            return "ordinal" if self.family == "ordinal" else "generalised"
        return "structured" if self.structured else "gaussian"

    @property
    def structured(self) -> bool:
        """Whether residual variances differ or residuals correlate (`residual_variance`, `residual_correlation`)."""
        return self.residual_variance is not None or self.residual_correlation is not None

    def extra_columns(self) -> list[str]:
        """Data columns that the residual structure names."""
        if not self.structured:
            return []
        from .residual.structure import residual_columns

        return list(residual_columns(self.residual_variance, self.residual_correlation))

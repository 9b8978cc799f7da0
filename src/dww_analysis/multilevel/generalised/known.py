"""The register of response distributions by name and link."""

from __future__ import annotations

from ..errors import MethodError
from ..model import Design
from .counts import negative_binomial
from .extra_zeros import zero_inflated, zero_inflated_by
from .families import BINOMIAL, CLOGLOG, POISSON, Family

FAMILIES: dict[tuple[str, str], Family] = {
    ("binomial", "logit"): BINOMIAL,
    ("binomial", "cloglog"): CLOGLOG,
    ("poisson", "log"): POISSON,
    ("nbinom2", "log"): negative_binomial(),
    ("zip", "log"): zero_inflated(),
}


def family_named(name: str, link: str | None = None) -> Family:
    """The family of that name and link (its first where None); refuses an unknown one by listing the known ones."""
    for (known, known_link), family in FAMILIES.items():
        if known == name and link in (None, known_link):
            return family
    known_ones = ", ".join(f"{n} ({k})" for n, k in FAMILIES)
    raise MethodError(f"family {name!r} with link {link!r} has no Laplace fit; known are {known_ones}")


def family_of(design: Design, name: str, link: str | None = None) -> Family:
    """The family of that name and link for a design, which may say what extra zeros depend on."""
    return family_named(name, link) if design.zero is None else zero_inflated_by(design.zero)

"""Response distributions with their canonical links: what the Laplace approximation needs of them, per row.

Each function takes the linear predictor eta and the response; nothing here knows of random effects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, xlogy

from ..errors import DesignError, MethodError
from ..model import Array


@dataclass(frozen=True)
class Family:
    """A one-parameter exponential family with canonical link; b is the cumulant function.

    McCullagh and Nelder (1989), chapter 2. `weight`, numbers of trials or prior weights, multiplies every term.
    """

    name: str
    link: str
    mean: Callable[[Array], Array]  # b'(eta)
    cumulant: Callable[[Array], Array]  # b(eta)
    variance: Callable[[Array], Array]  # b''(eta) as a function of the mean
    third: Callable[[Array], Array]  # b'''(eta) as a function of the mean
    link_function: Callable[[Array], Array]
    constant: Callable[[Array, Array], Array]  # log of the base measure of each row, given y and weight
    saturated: Callable[[Array, Array], Array]  # largest log-likelihood of each row, constant left out

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) log-likelihood of each row without its constant."""
        return weight * (y * eta - self.cumulant(eta))

    def kernel(self, eta: Array, y: Array, weight: Array) -> float:
        """Log-likelihood without its constant."""
        return float(np.sum(self.kernel_rows(eta, y, weight)))


def _log1pexp(eta: Array) -> Array:
    return np.logaddexp(0.0, eta)


def _binomial_constant(y: Array, trials: Array) -> Array:
    yes = y * trials
    return gammaln(trials + 1) - gammaln(yes + 1) - gammaln(trials - yes + 1)


BINOMIAL = Family(
    name="binomial",
    link="logit",
    mean=expit,
    cumulant=_log1pexp,
    variance=lambda mu: mu * (1.0 - mu),
    third=lambda mu: mu * (1.0 - mu) * (1.0 - 2.0 * mu),
    link_function=lambda mu: np.log(mu) - np.log1p(-mu),
    constant=_binomial_constant,
    saturated=lambda y, n: n * (xlogy(y, y) + xlogy(1.0 - y, 1.0 - y)),
)

POISSON = Family(
    name="poisson",
    link="log",
    mean=np.exp,
    cumulant=np.exp,
    variance=lambda mu: mu,
    third=lambda mu: mu,
    link_function=np.log,
    constant=lambda y, w: -w * gammaln(y + 1.0),
    saturated=lambda y, w: w * (xlogy(y, y) - y),
)

FAMILIES = {"binomial": BINOMIAL, "poisson": POISSON}


def family_named(name: str) -> Family:
    """The family of that name; refuses an unknown one by listing the known ones."""
    try:
        return FAMILIES[name]
    except KeyError:
        known = ", ".join(sorted(FAMILIES))
        raise MethodError(f"family {name!r} has no Laplace fit; known are {known}") from None


def check_response(family: Family, response: str, y: Array, weight: Array) -> None:
    """Refuse a response that the family cannot have, or that does not vary."""
    if not np.isfinite(y).all() or not np.isfinite(weight).all():
        raise DesignError(
            f"response {response!r} or its weights contain infinite values; remove or recode them"
        )
    if family.name == "binomial":
        _check_binomial(response, y, weight)
    elif (y < 0).any() or (np.abs(y - np.round(y)) > 1e-8).any():
        raise DesignError(
            f"response {response!r} has negative or fractional values; a Poisson model needs counts. "
            "Correct the values, or use another family"
        )
    elif not y.any():
        raise DesignError(
            f"response {response!r} is 0 in all rows; a Poisson model needs some events. Look at how "
            "the outcome was made"
        )


def _check_binomial(response: str, y: Array, trials: Array) -> None:
    if (y < 0).any() or (y > 1).any():
        bad = int(((y < 0) | (y > 1)).sum())
        raise DesignError(
            f"response {response!r} has {bad} values outside 0-1; a binomial model needs 0/1, proportions with "
            "numbers of trials as weights, or cbind(yes, no)"
        )
    yes = y * trials
    if (trials < 0).any() or (np.abs(yes - np.round(yes)) > 1e-6).any():
        raise DesignError(
            f"response {response!r}: proportion times number of trials is not a whole number in "
            f"{int((np.abs(yes - np.round(yes)) > 1e-6).sum())} rows; pass the numbers of trials as weights"
        )
    if not yes.any() or not (trials - yes).any():
        raise DesignError(
            f"response {response!r} has the same outcome in every row; there is nothing to explain. "
            "Look at how the outcome was made, or leave it out"
        )

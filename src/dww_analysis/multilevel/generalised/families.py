"""Response distributions with their links: what the Laplace approximation needs of them, per row.

Each function takes the linear predictor eta and the response; nothing here knows of random effects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from scipy.special import expit, gammaln, xlogy

from ..errors import DesignError
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
    first_mean: Callable[
        [Array, Array], Array
    ]  # means to start from, pulled off the edge, given y and weight
    far: Callable[[Array], bool]  # whether linear predictors hint at an infinite estimate
    extreme: Callable[
        [Array], Array
    ]  # of y: where a row's likelihood rises for ever, 1, -1, or 0 for an inner top
    draw: Callable[[np.random.Generator, Array, Array], Array]  # responses with these means and weights
    separated: str  # how a separated response is said
    needs_both: bool  # whether a level with one outcome only has an infinite effect

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) log-likelihood of each row without its constant."""
        return weight * (y * eta - self.cumulant(eta))

    def slope_and_weight(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        """(n,) slope of each row's log-likelihood in eta, and minus its curvature."""
        mu = self.mean(eta)
        return weight * (y - mu), weight * self.variance(mu)

    def weight_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) slope of that weight in eta."""
        return weight * self.third(self.mean(eta))

    def kernel(self, eta: Array, y: Array, weight: Array) -> float:
        """Log-likelihood without its constant."""
        return float(np.sum(self.kernel_rows(eta, y, weight)))

    def expected_weight(self, eta: Array, y: Array, weight: Array) -> Array | None:
        """(n,) expected curvature of each row; None where it is the curvature itself, as for canonical links."""
        return None

    def expected_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) slope of the expected curvature in eta."""
        return self.weight_slope(eta, y, weight)

    def bend(self, leverage: Array, eta: Array, y: Array, weight: Array) -> Array:
        """(n,) slope in eta of a determinant in which each row counts with its leverage (n,)."""
        return leverage * self.expected_slope(eta, y, weight)

    def secure_weight(self, eta: Array, y: Array, weight: Array) -> Array | None:
        """(n,) curvatures that are always positive, to scale a search by; None where the real ones always are."""
        return None

    def softened(self) -> Family | None:
        """The same family with a determinant that a search may follow from afar; None where its own does."""
        return None

    # ---- parameters of the distribution besides the mean
    @property
    def n_shapes(self) -> int:
        """How many there are."""
        return 0

    @property
    def first_shapes(self) -> Array:
        """(n_shapes,) where a search begins."""
        return np.zeros(0)

    def at(self, shapes: Array) -> Family:
        """The family with these parameters (n_shapes,)."""
        return self

    @property
    def at_edge(self) -> tuple[str, ...]:
        """Names of those that stand at the edge of their range."""
        return ()

    @property
    def shapes_are_roots(self) -> bool:
        """Whether the likelihood is an even function of each, whose edge is zero."""
        return True

    def onto_shapes(self, rows: Array) -> Array:
        """(n_shapes,) slopes in the parameters, from slopes (n,) in what they are for each row."""
        return np.array([float(rows.sum())])

    def shape_slopes(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array, Array]:
        """(n,) slopes in the parameter of each row's log-likelihood without its constant, of its slope in eta, and of
        minus its curvature."""
        raise NotImplementedError

    def constant_slope(self, y: Array, weight: Array) -> Array:
        """(n,) slope in the parameter of the constant of each row."""
        raise NotImplementedError


def _log1pexp(eta: Array) -> Array:
    return np.logaddexp(0.0, eta)


def _binomial_constant(y: Array, trials: Array) -> Array:
    yes = y * trials
    return gammaln(trials + 1) - gammaln(yes + 1) - gammaln(trials - yes + 1)


def _draw_binomial(rng: np.random.Generator, mu: Array, trials: Array) -> Array:
    """Shares of successes."""
    n = np.round(trials).astype(int)[:, None]
    return np.asarray(rng.binomial(n, mu) / np.maximum(n, 1), dtype=np.float64)


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
    first_mean=lambda y, n: (n * y + 0.5) / (n + 1.0),
    far=lambda eta: bool(np.abs(eta).max() > 12.0),
    extreme=lambda y: (y >= 1.0) * 1.0 - (y <= 0.0) * 1.0,
    draw=_draw_binomial,
    separated="0 and 1 are",
    needs_both=True,
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
    first_mean=lambda y, w: y + 0.1,
    far=lambda eta: bool((eta < -14.0).any()),
    extreme=lambda y: np.asarray((y > 0.0) - 1.0, dtype=np.float64),
    draw=lambda rng, mu, w: rng.poisson(mu).astype(float),
    separated="zero counts are",
    needs_both=False,
)


@dataclass(frozen=True)
class Hazard(Family):
    """Yes/no outcomes with the complementary log-log link: mu = 1 - exp(-m), m = exp(eta).

    With a row for every person and month this is the discrete-time proportional hazards model, and exp(beta) is a ratio
    of hazards (Prentice & Gloeckler 1978). The link is not canonical: the curvature depends on the outcome.
    """

    def kernel_rows(self, eta: Array, y: Array, weight: Array) -> Array:
        m = _exp(eta)
        return weight * (xlogy(y, -np.expm1(-m)) - (1.0 - y) * m)

    def slope_and_weight(self, eta: Array, y: Array, weight: Array) -> tuple[Array, Array]:
        m, g, h = _yes_slopes(eta)
        return weight * (y * g - (1.0 - y) * m), weight * ((1.0 - y) * m - y * h)

    def weight_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        m, g, h = _yes_slopes(eta)
        third = h * (1.0 - m - 2.0 * g) - g * m
        return weight * ((1.0 - y) * m - y * third)

    def expected_weight(self, eta: Array, y: Array, weight: Array) -> Array | None:
        m, g, _ = _yes_slopes(eta)
        return weight * m * g

    def expected_slope(self, eta: Array, y: Array, weight: Array) -> Array:
        m, g, h = _yes_slopes(eta)
        return weight * m * (g + h)


def _exp(eta: Array) -> Array:
    return np.exp(np.clip(eta, -700.0, 500.0))


def _yes_slopes(eta: Array) -> tuple[Array, Array, Array]:
    """m = exp(eta), and first and second slope in eta of log(1 - exp(-m)): g = m / (exp(m) - 1), h = g (1 - m - g)."""
    m = _exp(eta)
    with np.errstate(over="ignore"):
        g = m / np.expm1(m)
    return m, g, g * (1.0 - m - g)


CLOGLOG = Hazard(
    **{
        **{part.name: getattr(BINOMIAL, part.name) for part in fields(BINOMIAL)},
        "link": "cloglog",
        "mean": lambda eta: -np.expm1(-_exp(eta)),
        "link_function": lambda mu: np.log(-np.log1p(-mu)),
    }
)


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
            f"response {response!r} has negative or fractional values; family {family.name!r} needs counts. "
            "Correct the values, or use another family"
        )
    elif not y.any():
        raise DesignError(
            f"response {response!r} is 0 in all rows; family {family.name!r} needs some events. Look at how "
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

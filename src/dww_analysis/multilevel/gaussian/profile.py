"""Profile-likelihood intervals of the ML deviance, on the scale of standard deviations and correlations.

As lme4::profile and confint: for one parameter held at a value, the deviance is minimised over all others;
the limits are where the signed root of the rise in deviance reaches the normal quantile (Bates et al. 2015,
section 5.1). Limits are found by solving for them, without interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtri

from ..errors import MethodError
from ..model import Array, Design, Solution
from ..shapes import shape_names
from ..spreads import spread_names, spreads
from .blup import criterion_of
from .coordinates import Coordinates
from .derivatives import entries
from .likelihood import Criterion, profile_out
from .minima import Deviance, Minimiser, Objective, between_spreads
from .search import search

TINY = 1e-10
GRADIENT = 1e-5  # at which a minimisation ends; of n rows, whose curvature grows with n, times the root of n
BEYOND = 1.15  # how far a curve goes, in distances from the estimate to a limit
LOST_SPREAD = 1e-3  # relative SD below which a search has lost it
LIFT = 0.1  # relative SD at which every minimisation starts at least: at zero the gradient vanishes whatever is true


def parameter_names(design: Design, family: str = "gaussian") -> tuple[str, ...]:
    """Names as lme4 gives them: sd_(Intercept)|team, cor_time.(Intercept)|team, sigma (in other families what they have
    besides their mean), then the fixed effects.
    """
    return (
        *spread_names(design.random),
        *(("sigma",) if family == "gaussian" else shape_names(family, design.zero)),
        *design.x_names,
    )


def sd_and_correlations(design: Design, theta: Array, sigma: float) -> Array:
    """(k + 1,) standard deviations and correlations in the order of `parameter_names`, then sigma."""
    return np.array([*spreads(design.random, theta, sigma), sigma])


def profiler(solution: Solution, conf_level: float = 0.95) -> Profiler:
    """The profiles of a Gaussian fit with independent residuals, by maximum likelihood."""
    criterion = criterion_of(solution).with_method("ML")
    theta = search(criterion, criterion.scaled_theta(solution.theta)).theta
    return Profiler(criterion, theta, normal_quantile(conf_level))


def normal_quantile(conf_level: float) -> float:
    """What the root of the rise in deviance reaches at a limit."""
    return float(ndtri(0.5 + conf_level / 2))


@dataclass(frozen=True, eq=False)
class Path:
    """One parameter: its estimate, range, a step, and the deviance minimised over the others at a value."""

    estimate: float
    low: float
    high: float
    step: float
    deviance: Deviance


def spread_path(estimate: float, deviance: Deviance) -> Path:
    """Of a standard deviation, or another number that ends at zero."""
    return Path(estimate, 0.0, np.inf, max(0.15 * estimate, 0.02), deviance)


def correlation_path(estimate: float, deviance: Deviance) -> Path:
    return Path(estimate, -1.0, 1.0, 0.3, deviance)


class Profiler:
    """Deviance profiles of one ML fit. Works on scaled columns; results are in the units of the data."""

    def __init__(self, criterion: Criterion, theta: Array, quantile: float) -> None:
        self.criterion, self.theta, self.quantile = criterion, theta, quantile
        self.best = criterion.value(theta)
        fit = criterion.profile(theta)
        self.sigma = float(np.sqrt(fit.rss / criterion.divisor))
        self.fit = fit
        self.k, self.sizes = len(theta), criterion.sizes
        self._pivots = np.array([i == j for _, i, j in self._places()])

    @property
    def names(self) -> tuple[str, ...]:
        return parameter_names(self.criterion.design)

    def table(self, terms: list[str] | None = None) -> pd.DataFrame:
        """Columns term, estimate (ML), conf_low, conf_high. `terms` limits the table to some of `names`.

        A limit that the deviance never reaches is the end of the parameter's range: 0 for a standard deviation,
        -1 or 1 for a correlation. Limits are missing where the columns of a random term are so nearly dependent (an
        intercept and a calendar year) that a standard deviation or correlation says nothing; centre the variable.
        """
        rows = [(name, *self.limits(self.names.index(name))) for name in self._known(terms)]
        return pd.DataFrame(rows, columns=["term", "estimate", "conf_low", "conf_high"])

    def curves(self, terms: list[str] | None = None, points: int = 21) -> pd.DataFrame:
        """Columns term, value, root: between the limits of each parameter and a little beyond, the root of the rise in
        deviance when it is held at a value. A parameter without limits has no rows."""
        rows: list[tuple[str, float, float]] = []
        for name in self._known(terms):
            rows += [(name, *point) for point in self._curve(self.names.index(name), points)]
        return pd.DataFrame(rows, columns=["term", "value", "root"])

    def _known(self, terms: list[str] | None) -> list[str]:
        unknown = [t for t in terms or [] if t not in self.names]
        if unknown:
            raise MethodError(f"Unknown parameters {unknown}; known are {', '.join(self.names)}.")
        return list(self.names) if terms is None else terms

    def limits(self, index: int) -> tuple[float, float, float]:
        """(estimate, lower, upper) in the units of the data."""
        if not self._of_data(index):
            theta = self.criterion.original_theta(self.theta)
            sigma = self.sigma * self.criterion.response.scale
            return float(sd_and_correlations(self.criterion.design, theta, sigma)[index]), np.nan, np.nan
        path = self._path(index)
        low, high = self._solve(path, -1), self._solve(path, 1)
        return self._shown(index, path.estimate), self._shown(index, low), self._shown(index, high)

    def _path(self, index: int) -> Path:
        return self._variance_path(index) if index <= self.k else self._fixed_path(index - self.k - 1)

    def _shown(self, index: int, value: float) -> float:
        """A value of a path in the units of the data."""
        return self._scale(index) * value if index <= self.k else value

    def _curve(self, index: int, points: int) -> list[tuple[float, float]]:
        """(value, root) in order: from the estimate down and from the estimate up, each from the value before."""
        if not self._of_data(index):
            return []
        path = self._path(index)
        low, high = self._solve(path, -1), self._solve(path, 1)
        if not np.isfinite([low, high]).all():
            return []
        found = {path.estimate: 0.0}
        for reach in (low, high):
            state: Array | None = None
            outer = path.estimate + BEYOND * (reach - path.estimate)
            outer = float(np.clip(outer, path.low, path.high))
            for value in np.linspace(path.estimate, outer, points // 2 + 1)[1:].tolist():
                deviance, state = path.deviance(value, state)
                found[value] = float(np.sqrt(max(deviance - self.best, 0.0)))
        return sorted((self._shown(index, value), root) for value, root in found.items())

    def _scale(self, index: int) -> float:
        """From scaled units to those of the data: standard deviations carry the scale of y and of their
        column.
        """
        scale = self.criterion.response.scale
        if index == self.k:
            return scale
        term, i, j = self._places()[index]
        return scale * float(self.criterion.scaling.z_bases[term][i, i]) if i == j else 1.0

    def _of_data(self, index: int) -> bool:
        """Whether a parameter is one of the scaled columns too: of an orthogonal basis only the last SD is."""
        if index >= self.k:
            return True
        term, i, j = self._places()[index]
        return self.criterion.scaling.z_scales[term] is not None or i == j == self.sizes[term] - 1

    def _places(self) -> list[tuple[int, int, int]]:
        return [(r, i, j) for r, q in enumerate(self.sizes) for i, j in entries(q)]

    def _solve(self, path: Path, direction: int) -> float:
        """Where the root of the rise in deviance reaches the quantile; the end of the range where it does
        not.
        """
        end = path.high if direction > 0 else path.low
        memory: dict[str, Array | None] = {"state": None}

        def excess(value: float) -> float:
            deviance, memory["state"] = path.deviance(value, memory["state"])
            return np.sqrt(max(deviance - self.best, 0.0)) - self.quantile

        inner, step = path.estimate, path.step * self.quantile
        at_inner = -self.quantile
        for _ in range(60):
            outer = inner + direction * step
            if (outer - end) * direction >= 0:
                outer = end
                if not np.isfinite(end) or excess(end) <= 0:
                    return end
            at_outer = excess(outer)
            if at_outer > 0:
                return float(brentq(excess, inner, outer, xtol=1e-7 * max(path.step, 1e-8), rtol=1e-9))
            slope = (at_outer - at_inner) / step
            step = min(
                max(1.05 * -at_outer / slope if slope > 0 else 2 * step, 0.1 * path.step), 2 * path.step
            )
            inner, at_inner = outer, at_outer
        return end

    # ---- fixed effects
    def _fixed_path(self, j: int) -> Path:
        """Holding beta_j (data units) at b: the model with response y - b x_j and the other columns."""
        criterion = self.criterion
        T, scale, start = criterion.scaling.T, criterion.response.scale, criterion.response.start
        p = len(start)
        back = np.linalg.inv(T)  # scaled columns = X T, so X = (scaled columns) T^-1
        others = [i for i in range(p) if i != j]
        estimate = float(start[j] + scale * (T @ self.fit.beta)[j])
        error = float(np.sqrt((self.sigma * scale) ** 2 * (T @ self.fit.inverse @ T.T)[j, j]))
        find = self._minimiser()

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            C = np.zeros((p + 1, p))
            C[:p, : p - 1] = back[:, others]
            C[:p, -1] = -(value - start[j]) / scale * back[:, j]
            C[p, -1] = 1.0
            theta = self.theta if state is None else state
            lifted = np.where(self._pivots, np.maximum(np.abs(theta), LIFT), theta)
            return find(self._objective_of_theta(C), lifted)

        return Path(estimate, -np.inf, np.inf, error, deviance)

    def _minimiser(self) -> Minimiser:
        return Minimiser(GRADIENT * np.sqrt(self.criterion.design.n))

    def _objective_of_theta(self, C: Array) -> Objective:
        """Of the model whose columns and response are combinations C of the scaled ones."""
        criterion, m = self.criterion, self.criterion.divisor

        def objective(t: Array) -> tuple[float, Array]:
            seen = []

            def adjoint(log_det: float, G: Array) -> Array:
                fit = profile_out(log_det, C.T @ G @ C)
                seen.append(fit)
                b = C @ fit.direction
                return m / fit.rss * np.outer(b, b)

            factors = criterion.factors(t)
            _, _, bars = criterion.kernel.gradient([f @ f.T for f in factors], adjoint)
            slope = [
                (2 * (B + B.T) / 2 @ f)[i, j]
                for B, f in zip(bars, factors, strict=True)
                for i, j in entries(len(f))
            ]
            fit = seen[0]
            return fit.log_det_v + m * np.log(fit.rss) + criterion.constant, np.array(slope)

        return objective

    # ---- standard deviations, correlations, sigma
    def _variance_path(self, index: int) -> Path:
        places = self._places()
        pairs = None if index == self.k else places[index]
        layout = Coordinates(self.sizes, pairs)
        start = layout.read(self.criterion.factors(self.theta), self.sigma)
        estimate, find = self._estimate(pairs), self._minimiser()

        def objective(value: float) -> Objective:
            return lambda free: self._absolute(layout, value, free)

        def lifted(free: Array) -> Array:
            return np.where(layout.is_sd, np.maximum(np.abs(free), LIFT * self.sigma), free)

        def deviance(value: float, state: Array | None) -> tuple[float, Array]:
            return find.inside(objective(value), lifted(start if state is None else state), layout.is_tie)

        if pairs is None or pairs[1] == pairs[2]:
            return spread_path(estimate, deviance)
        small = LOST_SPREAD * self.sigma

        def search(of: Objective, begin: Array) -> tuple[float, Array]:
            return self._minimiser().inside(of, lifted(begin), layout.is_tie)

        return correlation_path(estimate, between_spreads(search, objective, start, layout.pair, small))

    def _estimate(self, place: tuple[int, int, int] | None) -> float:
        if place is None:
            return self.sigma
        term, i, j = place
        factor = self.sigma * self.criterion.factors(self.theta)[term]
        cov = factor @ factor.T
        if i == j:
            return float(np.sqrt(cov[i, i]))
        bottom = np.sqrt(cov[i, i] * cov[j, j])
        return float(cov[i, j] / bottom) if bottom > TINY else 0.0

    def _absolute(self, layout: Coordinates, value: float, free: Array) -> tuple[float, Array]:
        """ML deviance (sigma not profiled out) and its gradient in the free coordinates."""
        covariances, sigma = layout.write(value, free)
        criterion, m = self.criterion, self.criterion.divisor
        variance = sigma**2
        seen = []

        def adjoint(log_det: float, G: Array) -> Array:
            fit = profile_out(log_det, G)
            seen.append(fit)
            return np.outer(fit.direction, fit.direction) / variance

        relative = [S / variance for S in covariances]
        _, _, bars = criterion.kernel.gradient(relative, adjoint)
        fit = seen[0]
        deviance = fit.log_det_v + m * np.log(variance) + fit.rss / variance + self._offset()
        bars = [(B + B.T) / 2 for B in bars]
        through = sum(float(np.sum(B * S)) for B, S in zip(bars, relative, strict=True))
        d_variance = m / variance - fit.rss / variance**2 - through / variance
        slope = layout.pull_back(value, free, [B / variance for B in bars], 2 * sigma * d_variance)
        return deviance, slope

    def _offset(self) -> float:
        """Constant that makes the unprofiled deviance equal the criterion at its minimum."""
        m = self.criterion.divisor
        return self.criterion.constant - m + m * np.log(m)

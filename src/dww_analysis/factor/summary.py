"""What every model on the same answers shares: moments, saturated estimates, and their information for robust tests.

Computing it once lets a ladder of models over the same data pay for it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dww_analysis.factor import normal
from dww_analysis.factor.data import GroupData, Prepared
from dww_analysis.factor.errors import FactorError
from dww_analysis.factor.moments import Moments, from_rows, from_statistics
from dww_analysis.factor.ram import vech_index
from dww_analysis.factor.robust import Saturated, moment_cross_product, moment_information
from dww_analysis.factor.saturated import saturated

Array = NDArray[Any]
SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix that still counts as positive definite


@dataclass(frozen=True)
class Summary:
    """Moments of each group in the order of `columns`, with what the saturated model says about them."""

    prepared: Prepared
    moments: tuple[Moments, ...]
    means: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return self.prepared.columns

    @property
    def n_obs(self) -> int:
        return int(sum(m.total for m in self.moments))

    @property
    def complete(self) -> bool:
        return all(m.complete for m in self.moments)

    @cached_property
    def saturated(self) -> tuple[Saturated, ...]:
        """Saturated mean, covariance and log-likelihood of each group, by EM where answers are missing; without A and
        B (None)."""
        found = []
        for moments in self.moments:
            mean, cov = saturated(moments)
            found.append(Saturated(mean, cov, normal.log_likelihood(moments, mean, cov), moments.total))
        return tuple(found)

    @cached_property
    def saturated_with_information(self) -> tuple[Saturated, ...]:
        """The same with the information A, cross-products B and complete information of the moments, each of shape
        (m, m)."""
        return tuple(
            Saturated(
                h1.mean,
                h1.cov,
                h1.log_likelihood,
                h1.n,
                moment_information(m, h1.mean, h1.cov, self.means),
                moment_cross_product(m, h1.mean, h1.cov, self.means),
                moment_information(from_statistics(h1.n, h1.mean, h1.cov), h1.mean, h1.cov, self.means),
            )
            for m, h1 in zip(self.moments, self.saturated, strict=True)
        )

    def without_gaps(self) -> tuple[Moments, ...]:
        """The saturated estimates as if they were complete data: a good place to start a search from."""
        return tuple(from_statistics(h1.n, h1.mean, h1.cov) for h1 in self.saturated)

    def modelled_moments(self, covariates: tuple[str, ...]) -> NDArray[np.bool_]:
        """(m,) which entries of (mu, vech Sigma) the model speaks about: all but those among covariates."""
        given = np.array([name in covariates for name in self.columns])
        rows, cols = vech_index(len(given))
        entries = ~(given[rows] & given[cols])
        return np.concatenate([~given, entries]) if self.means else entries


def summarise(prepared: Prepared, means: bool) -> Summary:
    """Moments of each group. Refuses covariances that are not positive definite."""
    moments = tuple(from_rows(g.values, g.cluster) for g in prepared.groups)
    several = len(prepared.groups) > 1
    for m, group in zip(moments, prepared.groups, strict=True):
        if m.complete:
            _check_definite(m.cov[0], group, prepared.columns, several)
        else:
            where = f"group {group.label}" if several else "factor model data"
            check_coverage(group.values, prepared.columns, where)
        check_clusters(group)
    return Summary(prepared, moments, means)


def check_clusters(group: GroupData) -> None:
    """FactorError for a group whose persons are all in one cluster."""
    if group.cluster is not None and group.cluster.max() < 1:
        raise FactorError.of(
            found="one cluster",
            where=f"group {group.label}",
            expected="two clusters or more",
            action="fit without cluster",
        )


def check_coverage(values: Array, columns: tuple[str, ...], where: str) -> None:
    """FactorError where two items were answered together by fewer than two persons, which leaves their covariance
    unknown. values: shape (n, p), NaN for absent answers."""
    seen = (~np.isnan(values)).astype(float)
    together = seen.T @ seen
    first, second = np.unravel_index(int(together.argmin()), together.shape)
    if together[first, second] < 2:
        raise FactorError.of(
            found=f"{columns[first]} and {columns[second]} answered together by {int(together[first, second])} persons",
            where=where,
            expected="persons who answered both, for every pair of items",
            action="drop one of the items, or analyse the parts of the questionnaire apart",
        )


def _check_definite(cov: Array, group: GroupData, columns: tuple[str, ...], several: bool) -> None:
    sd = np.sqrt(np.diag(cov))
    values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
    if values[0] > SINGULAR:
        return
    involved = [name for name, weight in zip(columns, np.abs(vectors[:, 0]), strict=True) if weight > 0.1]
    raise FactorError.of(
        found=f"a covariance matrix that is not positive definite ({', '.join(involved)} depend on each other)",
        where=f"group {group.label}" if several else "factor model data",
        expected="items that are not copies or sums of each other",
        action="drop one of them",
    )

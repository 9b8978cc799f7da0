"""What a reader must know of any factor model, whatever found it; an estimator adds sentences of its own.

A search that failed leaves nothing that looks like a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dww_analysis.factor import fit_indices
from dww_analysis.factor.fit_indices import NAN
from dww_analysis.factor.model import Block
from dww_analysis.factor.ram import Implied
from dww_analysis.factor.result import FactorFit

WORDS = ("lhs", "op", "rhs", "group", "level", "label", "free")  # columns of parameters that hold no number


def with_cautions(
    fit: FactorFit, blocks: Sequence[Block], at: Sequence[Implied], notes: Sequence[str], own: Sequence[str]
) -> FactorFit:
    """The fit with all its sentences, or without numbers when the search failed.

    `at`: what the model implies in each of `blocks`. `notes`: of the answers. `own`: of the estimator, for a model that
    was found.
    """
    if not fit.converged:
        said = "the search did not converge: no estimate, standard error or fit index is given"
        return replace(without_numbers(fit), warnings=(*notes, said))
    return replace(fit, warnings=(*notes, *_common(fit, blocks, at), *own))


def _common(fit: FactorFit, blocks: Sequence[Block], at: Sequence[Implied]) -> Iterator[str]:
    if fit.heywood:
        yield f"Heywood case: negative variance of {', '.join(fit.heywood)}"
    several = any(block.level == 2 for block in blocks)
    for block, implied in zip(blocks, at, strict=True):
        psi = implied.C[implied.p :, implied.p :]
        if len(psi) and np.linalg.eigvalsh((psi + psi.T) / 2)[0] < -1e-8:
            level = ("", ", within teams", ", between teams")[block.level if several else 0]
            yield f"the covariance matrix of the factors is not positive definite (group {block.group}{level})"
    if fit.n_parameters > fit.n_obs:
        yield f"{fit.n_obs} persons for {fit.n_parameters} free parameters: little can be trusted"
    if not np.all(np.isfinite(fit.parameters["std_error"])):
        yield "some standard errors cannot be computed: the information matrix is not positive definite"


def without_numbers(fit: FactorFit) -> FactorFit:
    """The same without any number of the model, NaN in its place; columns of names (`WORDS`), and what the baseline
    and saturated models say of the answers, stay."""
    frame = fit.parameters.copy()
    frame[[c for c in frame.columns if c not in WORDS]] = NAN
    nothing = fit_indices.unknown(fit.df)
    return replace(
        fit,
        parameters=frame,
        heywood=(),
        shown=nothing,
        unscaled=nothing,
        scaled=None,
        robust=None,
        theta=np.full_like(fit.theta, NAN),
        covariance=np.full_like(fit.covariance, NAN),
        srmr=NAN,
        log_likelihood=NAN,
    )


def few_clusters(fit: FactorFit) -> list[str]:
    """Of errors that rest on sums over clusters."""
    if fit.n_clusters is None or fit.n_clusters >= fit.n_parameters:
        return []
    return [
        f"{fit.n_clusters} clusters for {fit.n_parameters} free parameters: robust errors lean on few teams"
    ]

"""From persons to teams: ICC(1), ICC(2), the reliability of each team mean, and whether a team mean may be used.

Computed from the one-way analysis of variance unless REML is asked for; the two differ when teams differ in size, so
every result names its method.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dww_analysis.errors import ScaleError
from dww_analysis.scales.items_matrix import check_level
from dww_analysis.scales.rows import beside, one_column

Array = NDArray[np.float64]


@dataclass(frozen=True)
class OneWay:
    """One-way analysis of variance of values in groups."""

    ms_between: float
    ms_within: float
    df_between: int
    df_within: int
    sizes: Array  # members of each group, in the order of `groups`
    groups: tuple[object, ...]

    @property
    def f(self) -> float:
        """MSB / MSW; infinite where nothing varies within groups."""
        return self.ms_between / self.ms_within if self.ms_within > 0 else np.inf

    @property
    def p_value(self) -> float:
        from scipy.special import fdtrc

        return float(fdtrc(self.df_between, self.df_within, self.f)) if np.isfinite(self.f) else 0.0

    @property
    def mean_size(self) -> float:
        return float(self.sizes.mean())

    @property
    def n0(self) -> float:
        """The size that makes the ANOVA estimator unbiased with unequal groups (Snedecor & Cochran)."""
        N = self.sizes.sum()
        return float((N - (self.sizes**2).sum() / N) / self.df_between)

    @property
    def eta2(self) -> float:
        between = self.ms_between * self.df_between
        return between / (between + self.ms_within * self.df_within)


@dataclass(frozen=True)
class ICC:
    """An intraclass correlation with its interval and the F test of no difference between groups."""

    estimate: float
    conf_low: float
    conf_high: float
    conf_level: float
    method: str  # what the estimate and the interval are
    group_size: float  # the size in the formula
    f: float
    df_between: int
    df_within: int
    p_value: float
    n: int
    n_groups: int
    note: str  # "" or what to know, e.g. that the estimate is negative


def one_way(values: pd.Series, group: pd.Series, what: str = "ICC") -> OneWay:
    """The analysis of variance of values between and within groups, over rows with both.

    Refuses one group only, groups of one member each, and values that do not differ at all.
    """
    column = one_column(values, what)
    v, g = column.to_numpy(), beside(column, group, what)
    known = np.isfinite(v) & g.notna().to_numpy()
    v, codes_of = v[known], pd.factorize(g[known], sort=True)
    codes, labels = codes_of
    J, N = len(labels), len(v)
    if J < 2 or N <= J:
        raise ScaleError.of(
            found=f"{N} values in {J} group{'s' if J != 1 else ''}",
            where=what,
            expected="at least two groups, some with more than one member",
            action="check the team column; one team cannot show differences between teams",
        )
    sizes = np.bincount(codes).astype(float)
    means = np.bincount(codes, v) / sizes
    ss_within = float(((v - means[codes]) ** 2).sum())
    ss_between = float((sizes * (means - v.mean()) ** 2).sum())
    if ss_within + ss_between <= 1e-24 * max(1.0, float((v**2).sum())):
        raise ScaleError.of(
            found="the same value everywhere",
            where=what,
            expected="values that differ",
            action="check the scores",
        )
    return OneWay(ss_between / (J - 1), ss_within / (N - J), J - 1, N - J, sizes, tuple(labels))


def icc1(
    values: pd.Series,
    group: pd.Series,
    size: str = "mean",
    conf_level: float = 0.95,
    method: str = "anova",
) -> ICC:
    """ICC(1): share of the variance of single persons' values that lies between groups.

    values, group: one row a person, of equal length. anova: (MSB - MSW) / (MSB + (k - 1) MSW) (Bartko 1976; Bliese
    2000), with the interval from the F distribution (Searle 1971), exact for equal sizes. size: "mean" takes k as
    the mean group size (as multilevel::ICC1), "n0" as the ANOVA size. method "reml": variance between over total of
    a random-intercept model by REML, without interval. A negative estimate is kept and noted. Missing values and
    groups are left out. ScaleError for values and groups of other lengths, for fewer than two groups, for nothing
    but groups of one, and for another size or method.
    """
    anova = one_way(values, group, "ICC(1)")
    if method == "reml":
        rho = _reml_icc(values, group)
        return _icc(anova, rho, (np.nan, np.nan), conf_level, "REML", anova.mean_size)
    k = _size(anova, size, method)
    low_f, high_f = _f_limits(anova, conf_level)
    return _icc(
        anova,
        _icc1_of(anova.f, k),
        (_icc1_of(low_f, k), _icc1_of(high_f, k)),
        conf_level,
        f"one-way ANOVA, group size {size}, F interval",
        k,
    )


def icc2(values: pd.Series, group: pd.Series, conf_level: float = 0.95, method: str = "anova") -> ICC:
    """ICC(2): reliability of group means, (MSB - MSW) / MSB (Bliese 2000), with the interval from F.

    values, group: as of `icc1`, whose refusals hold. method "reml": Spearman-Brown of the REML ICC(1) at the mean
    group size, without interval.
    """
    anova = one_way(values, group, "ICC(2)")
    if method == "reml":
        rho, k = _reml_icc(values, group), anova.mean_size
        return _icc(
            anova, k * rho / (1 + (k - 1) * rho), (np.nan, np.nan), conf_level, "REML, mean group size", k
        )
    _size(anova, "mean", method)
    low_f, high_f = _f_limits(anova, conf_level)
    limits = (_icc2_of(low_f), _icc2_of(high_f))
    return _icc(anova, _icc2_of(anova.f), limits, conf_level, "one-way ANOVA, F interval", anova.mean_size)


def group_mean_reliability(values: pd.Series, group: pd.Series, icc: float | None = None) -> pd.DataFrame:
    """Reliability of each group's own mean, n rho / (1 + (n - 1) rho): columns group, n, value.

    icc: ICC(1) to use; by default the REML one. Reproduces multilevel::GmeanRel.
    """
    anova = one_way(values, group, "reliability of group means")
    rho = _reml_icc(values, group) if icc is None else icc
    n = anova.sizes
    return pd.DataFrame(
        {"group": list(anova.groups), "n": n.astype(int), "value": n * rho / (1 + (n - 1) * rho)}
    )


def between_covariance(items: pd.DataFrame, group: pd.Series) -> Array:
    """Covariance between groups by moments: (between mean products - within mean products) / n0 (Muthen 1994).

    items: complete rows. Not positive definite where groups hardly differ; no factor between groups can then be found.
    """
    X = items.to_numpy(dtype=float)
    codes = pd.factorize(pd.Series(np.asarray(group)))[0]
    sizes = np.bincount(codes).astype(float)
    J, N = len(sizes), len(X)
    means = np.column_stack([np.bincount(codes, x) for x in X.T]) / sizes[:, None]
    within = X - means[codes]
    centred = (means - X.mean(axis=0)) * np.sqrt(sizes)[:, None]
    n0 = (N - (sizes**2).sum() / N) / (J - 1)
    return np.asarray((centred.T @ centred / (J - 1) - within.T @ within / (N - J)) / n0, dtype=float)


@dataclass(frozen=True)
class AggregationVerdict:
    """Whether a team mean may stand for the team, and each criterion: name, value, needed, met."""

    allowed: bool
    criteria: tuple[tuple[str, float, float, bool], ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the criteria that are not met."""
        return tuple(name for name, _, _, met in self.criteria if not met)


LEAST_AGREEMENT, LEAST_ICC2, ALPHA = 0.70, 0.70, 0.05


def aggregation_verdict(median_rwg_j: float, icc1: float, icc2: float, p_value: float) -> AggregationVerdict:
    """May a team mean be used? Agreement within teams, differences between teams and reliable means are all needed.

    Criteria: median rwg(j) >= .70, ICC(1) > 0 with F test p < .05, ICC(2) >= .70 (Bliese 2000; LeBreton & Senter 2008).
    A criterion that could not be computed (NaN) is not met.
    """
    criteria = (
        ("median rwg(j)", median_rwg_j, LEAST_AGREEMENT, bool(median_rwg_j >= LEAST_AGREEMENT)),
        ("ICC(1) F test p", p_value, ALPHA, bool(p_value < ALPHA and icc1 > 0)),
        ("ICC(2)", icc2, LEAST_ICC2, bool(icc2 >= LEAST_ICC2)),
    )
    return AggregationVerdict(all(met for *_, met in criteria), criteria)


def team_scores(
    values: pd.Series,
    group: pd.Series,
    least_members: int = 3,
    team_size: pd.Series | None = None,
    least_share: float = 0.5,
) -> pd.DataFrame:
    """Team means of enough members: columns group, n, share, mean, reason.

    least_members: the fewest answers a mean may rest on. team_size: members by group; where given, at least
    `least_share` of them must have answered. Without enough, the mean is NaN and `reason` says why.
    """
    column = one_column(values, "team scores")
    frame = pd.DataFrame({"group": beside(column, group, "team scores"), "value": column.to_numpy()})
    frame = frame.dropna(subset=["group"])
    out = frame.groupby("group", observed=True)["value"].agg(["count", "mean"]).reset_index()
    out = out.rename(columns={"count": "n"})
    sizes = np.nan if team_size is None else out["group"].map(team_size).to_numpy(dtype=float)
    out["share"] = out["n"] / sizes
    few, thin = out["n"] < least_members, out["share"] < least_share
    out["reason"] = np.where(
        few,
        f"fewer than {least_members} answers",
        np.where(thin, f"fewer than {least_share:.0%} answered", ""),
    )
    out["mean"] = out["mean"].where(~(few | thin))
    return out[["group", "n", "share", "mean", "reason"]]


def _size(anova: OneWay, size: str, method: str) -> float:
    if method != "anova" or size not in ("mean", "n0"):
        raise ScaleError.of(
            found=f"method {method!r}, size {size!r}",
            where="ICC",
            expected="method anova or reml, size mean or n0",
            action="choose one",
        )
    return anova.mean_size if size == "mean" else anova.n0


def _icc1_of(f: float, k: float) -> float:
    return float((f - 1) / (f + k - 1)) if np.isfinite(f) else 1.0


def _icc2_of(f: float) -> float:
    return float(1 - 1 / f) if f > 0 else -np.inf


def _f_limits(anova: OneWay, conf_level: float) -> tuple[float, float]:
    from scipy.special import fdtri

    check_level(conf_level)
    tail = (1 - conf_level) / 2
    low = anova.f / fdtri(anova.df_between, anova.df_within, 1 - tail)
    high = anova.f / fdtri(anova.df_between, anova.df_within, tail)
    return float(low), float(high)


def _icc(
    anova: OneWay, estimate: float, limits: tuple[float, float], conf_level: float, method: str, k: float
) -> ICC:
    negative = "negative: groups differ less than chance would make them" if estimate < 0 else ""
    return ICC(
        estimate=estimate,
        conf_low=limits[0],
        conf_high=limits[1],
        conf_level=conf_level,
        method=method,
        group_size=k,
        f=anova.f,
        df_between=anova.df_between,
        df_within=anova.df_within,
        p_value=anova.p_value,
        n=int(anova.sizes.sum()),
        n_groups=len(anova.sizes),
        note=negative,
    )


def _reml_icc(values: pd.Series, group: pd.Series) -> float:
    """Variance between over total by REML: one ratio to search, everything else has a closed form."""
    from scipy.optimize import minimize_scalar

    v = one_column(values, "ICC").reset_index(drop=True)
    g = beside(one_column(values, "ICC"), group, "ICC")
    known = v.notna() & g.notna()
    codes = pd.factorize(g[known], sort=True)[0]
    y = v[known].to_numpy()
    n = np.bincount(codes).astype(float)
    means = np.bincount(codes, y) / n
    ss_within, N = float(((y - means[codes]) ** 2).sum()), len(y)

    def criterion(log_ratio: float) -> float:
        ratio = np.exp(log_ratio)  # variance between over variance within
        w = n / (1 + n * ratio)
        mu = (w * means).sum() / w.sum()
        rss = ss_within + (w * (means - mu) ** 2).sum()
        return float((N - 1) * np.log(rss) + np.log1p(n * ratio).sum() + np.log(w.sum()))

    found = minimize_scalar(criterion, bounds=(-25.0, 15.0), method="bounded", options={"xatol": 1e-10})
    at_zero = criterion(-40.0) <= found.fun + 1e-9
    return 0.0 if at_zero else float(np.exp(found.x) / (1 + np.exp(found.x)))

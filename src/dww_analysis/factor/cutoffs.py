"""When a loss of fit counts as a loss of invariance: published cut-offs as records that a study can replace."""

from __future__ import annotations

from dataclasses import dataclass

from dww_analysis.factor.errors import FactorError


@dataclass(frozen=True)
class Limits:
    """Changes at which equality is rejected: a fall in CFI, supported by a rise in RMSEA or in SRMR."""

    cfi: float  # fall, e.g. 0.010
    rmsea: float | None = None  # rise; nothing when the rule does not use it
    srmr_loadings: float | None = None
    srmr_intercepts: float | None = None  # and residual variances


@dataclass(frozen=True)
class Cutoffs:
    """A rule for steps of the ladder and a floor for its first step."""

    name: str
    reference: str
    large: Limits  # more than `large_from` persons
    small: Limits
    large_from: int = 300
    configural_cfi: float = 0.90  # the first step is rejected below this CFI when RMSEA or SRMR is high too
    configural_rmsea: float = 0.10
    configural_srmr: float = 0.10

    def limits(self, n_obs: int) -> Limits:
        """The row of limits for that many persons in all groups together: `large` above `large_from`, else `small`."""
        return self.large if n_obs > self.large_from else self.small


CHEN_2007 = Cutoffs(
    name="Chen 2007",
    reference="Chen, F. F. (2007). Structural Equation Modeling, 14, 464-504",
    large=Limits(cfi=0.010, rmsea=0.015, srmr_loadings=0.030, srmr_intercepts=0.010),
    small=Limits(cfi=0.005, rmsea=0.010, srmr_loadings=0.025, srmr_intercepts=0.005),
)
CHEUNG_RENSVOLD_2002 = Cutoffs(
    name="Cheung & Rensvold 2002",
    reference="Cheung, G. W., & Rensvold, R. B. (2002). Structural Equation Modeling, 9, 233-255",
    large=Limits(cfi=0.010),
    small=Limits(cfi=0.010),
)
CUTOFFS = {"chen2007": CHEN_2007, "cheung_rensvold2002": CHEUNG_RENSVOLD_2002}


def cutoffs_named(choice: str | Cutoffs) -> Cutoffs:
    """A record as it is, or the published one of that name; FactorError for a name that `CUTOFFS` has not."""
    if isinstance(choice, Cutoffs):
        return choice
    if choice not in CUTOFFS:
        raise FactorError.of(
            found=f"cutoffs={choice!r}",
            where="invariance",
            expected=f"a Cutoffs record or one of {', '.join(CUTOFFS)}",
            action="correct it",
        )
    return CUTOFFS[choice]


@dataclass(frozen=True)
class Judgement:
    accepted: bool
    reason: str


def judge_configural(cutoffs: Cutoffs, cfi: float, rmsea: float, srmr: float) -> Judgement:
    """Whether the factors describe the items at all: poor CFI together with poor RMSEA or SRMR says no. The Judgement
    names all three, to three decimals."""
    poor = cfi < cutoffs.configural_cfi and (
        rmsea > cutoffs.configural_rmsea or srmr > cutoffs.configural_srmr
    )
    numbers = f"CFI {cfi:.3f}, RMSEA {rmsea:.3f}, SRMR {srmr:.3f}"
    if poor:
        return Judgement(False, f"the same factors do not describe the items everywhere: {numbers}")
    return Judgement(True, f"the same factors describe the items everywhere: {numbers}")


def judge_step(
    cutoffs: Cutoffs,
    kind: str,
    n_obs: int,
    d_cfi: float,
    d_rmsea: float,
    d_srmr: float,
    cfi_alone: bool = False,
) -> Judgement:
    """Whether one more set of equalities holds. `kind`: loadings, intercepts or residuals.

    With `cfi_alone` a fall in CFI needs no support; the search for partial invariance uses it, so that it does not
    stop at a model that a hair's breadth of RMSEA has let through.
    """
    limits = cutoffs.limits(n_obs)
    srmr_limit = limits.srmr_loadings if kind == "loadings" else limits.srmr_intercepts
    size = "n > " if limits is cutoffs.large and cutoffs.large != cutoffs.small else "n <= "
    rule = cutoffs.name if cutoffs.large == cutoffs.small else f"{cutoffs.name}, {size}{cutoffs.large_from}"
    change = f"CFI {d_cfi:+.4f}"
    if d_cfi > -limits.cfi:
        return Judgement(True, f"{change} is above -{limits.cfi:.3f} ({rule})")
    support = []
    if limits.rmsea is not None and d_rmsea >= limits.rmsea:
        support.append(f"RMSEA {d_rmsea:+.4f} reaches {limits.rmsea:.3f}")
    if srmr_limit is not None and d_srmr >= srmr_limit:
        support.append(f"SRMR {d_srmr:+.4f} reaches {srmr_limit:.3f}")
    alone = cfi_alone or (limits.rmsea is None and srmr_limit is None)
    if alone or support:
        return Judgement(False, f"{', '.join([f'{change} reaches -{limits.cfi:.3f}', *support])} ({rule})")
    return Judgement(
        True, f"{change} reaches -{limits.cfi:.3f}, but neither RMSEA nor SRMR supports it ({rule})"
    )


def check_shares(**given: object) -> None:
    """FactorError for a number that is not above 0 and at most 1."""
    for name, value in given.items():
        if not (isinstance(value, (int, float)) and 0 < value <= 1):
            raise FactorError.of(
                found=f"{name}={value!r}",
                where="invariance",
                expected="a number above 0, at most 1",
                action="correct it",
            )

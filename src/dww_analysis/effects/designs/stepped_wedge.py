"""Units start one after the other: waves as categories, and the effect by the number of waves since the start.

The planned estimand is the mean over exposure times. A single constant effect is a check only: where the effect grows
with exposure it can even have the wrong sign (Kenny, Voldal, Xia, Heagerty & Hughes 2022; Maleyeff, Li, Haneuse & Wang
2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from dww_analysis.domain.contrasts import CONSTANT_EXPOSURE, MEAN_EXPOSURE, Contrast
from dww_analysis.domain.design import cell_at
from dww_analysis.domain.plan import Plan, PlanEntry
from dww_analysis.domain.study import Study
from dww_analysis.effects.designs.terms import Parts, modelled, scored_waves, wave_terms
from dww_analysis.effects.models import Model, Target
from dww_analysis.errors import FitError

CONSTANT = "exposed"  # 1 from the start on


def prepare(frame: pd.DataFrame, entry: PlanEntry, study: Study) -> pd.DataFrame:
    """Without rows of transition waves, with a 0/1 column per exposure time and one for any exposure."""
    at = zip(frame["start"], frame["wave_number"], strict=True)
    cells = [cell_at(s, int(w), study.transition_waves) for s, w in at]
    exposure = np.array([c.exposure for c in cells])
    frame = frame.assign(exposure=exposure, **{CONSTANT: (exposure > 0).astype(float)})
    frame = frame[[c.condition != "transition" for c in cells]].reset_index(drop=True)
    times = exposure_times(frame)
    _require_exposure(frame, times, entry, study)
    return frame.assign(**{exposure_column(k): (frame["exposure"] == k).astype(float) for k in times})


def model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """score ~ wave + one effect per exposure time + strata + (1 | unit) + (1 | unit:wave) + ... + (1 | person).

    frame: a row per person and wave, with column exposure. Effects at an exposure time of fewer persons than the
    minimum are estimated but no contrast, but for the planned one; nor are those that cannot be told from the waves.
    FitError where the planned one cannot.
    """
    times, arms = exposure_times(frame), (study.treated_arm, study.reference_arm)
    shares = {exposure_column(k): 1 / len(times) for k in times}
    planned = str(entry.exposure or MEAN_EXPOSURE)
    targets = [Target(shares, Contrast(*arms, exposure=MEAN_EXPOSURE), planned == MEAN_EXPOSURE)]
    targets += [
        Target({exposure_column(k): 1.0}, Contrast(*arms, exposure=str(k)), planned == str(k))
        for k in times
        if planned == str(k) or persons_at(frame, k) >= study.min_cell_size
    ]
    apart = _told_apart(frame, times)
    if not apart(next(t.weights for t in targets if t.primary)):
        raise _as_the_waves(entry)
    targets = [t for t in targets if apart(t.weights)]
    return _with(
        tuple(exposure_column(k) for k in times),
        sorted(targets, key=lambda t: not t.primary),
        (entry, plan, study, frame),
    )


def _told_apart(frame: pd.DataFrame, times: list[int]) -> Callable[[Mapping[str, float]], bool]:
    """Whether a sum of effects (column -> weight) can be told from the means of the waves: whether it is a sum of rows
    of these columns."""
    names = [exposure_column(k) for k in times]
    seen = frame.loc[frame["score"].notna(), ["wave", *names]].drop_duplicates()
    X = np.column_stack([pd.get_dummies(seen["wave"].astype(str), dtype=float), seen[names]])

    def apart(weights: Mapping[str, float]) -> bool:
        c = np.concatenate([np.zeros(X.shape[1] - len(names)), [weights.get(name, 0.0) for name in names]])
        left = c - X.T @ np.linalg.lstsq(X.T, c, rcond=None)[0]
        return bool(np.abs(left).max() < 1e-9)

    return apart


def _as_the_waves(entry: PlanEntry) -> FitError:
    return FitError.of(
        found=f"`{entry.id}` cannot be estimated: its effect cannot be told from the waves",
        where=f"plan.yaml, entry {entry.id}, sample {entry.sample}",
        expected="waves at which some units have not started while others have, and are out of their transition",
        action="look at the table of the design: it needs units that start later or never, or fewer "
        "`transition_waves`; where all start at one wave it is no stepped wedge",
    )


def constant_model(entry: PlanEntry, plan: Plan, study: Study, frame: pd.DataFrame) -> Model:
    """The same model with one effect at every exposure time: the check, not the plan."""
    contrast = Contrast(study.treated_arm, study.reference_arm, exposure=CONSTANT_EXPOSURE)
    return _with((CONSTANT,), [Target({CONSTANT: 1.0}, contrast, True)], (entry, plan, study, frame))


def equality_of_exposures(frame: pd.DataFrame) -> list[dict[str, float]]:
    """The hypotheses that exposure does not matter: each effect that can be told from the waves equals the first of
    them, as column -> weight. [] with fewer than two."""
    times = exposure_times(frame)
    apart = _told_apart(frame, times)
    first, *others = [name for name in map(exposure_column, times) if apart({name: 1.0})] or [""]
    return [{name: 1.0, first: -1.0} for name in others]


def exposure_column(k: int) -> str:
    """Name of the indicator of the k-th wave since the start."""
    return f"exposure{k}"


def exposure_times(frame: pd.DataFrame) -> list[int]:
    """The exposure times (1 and more) at which there are rows with a score, in order."""
    exposed = frame.loc[frame["score"].notna() & (frame["exposure"] > 0), "exposure"]
    return sorted(int(k) for k in exposed.unique())


def persons_at(frame: pd.DataFrame, k: int) -> int:
    """Persons with a score at an exposure time."""
    rows = frame[frame["score"].notna() & (frame["exposure"] == k)]
    return int(rows["person"].nunique())


def _with(
    effects: tuple[str, ...], targets: list[Target], given: tuple[PlanEntry, Plan, Study, pd.DataFrame]
) -> Model:
    entry, frame = given[0], given[-1]
    own = Parts((*wave_terms(frame), *effects), ("stepped_wedge",), _one_wave(entry, frame))
    parts = modelled(own, *given)
    return Model("score ~ " + " + ".join(parts.terms), tuple(targets), parts.methods, parts.warnings)


def _one_wave(entry: PlanEntry, frame: pd.DataFrame) -> tuple[str, ...]:
    first, *others = scored_waves(frame)
    said = f"{entry.id}: scores at wave {first} only; who had started by then is compared with who had not."
    return () if others else (said,)


def _require_exposure(frame: pd.DataFrame, times: list[int], entry: PlanEntry, study: Study) -> None:
    before = frame.loc[frame["score"].notna() & (frame["exposure"] == 0), "person"].nunique()
    after = frame.loc[frame["score"].notna() & (frame["exposure"] > 0), "person"].nunique()
    wanted = entry.exposure
    absent = wanted is not None and wanted != MEAN_EXPOSURE and int(wanted) not in times
    if min(before, after) >= study.min_cell_size and not absent:
        return
    side = "before the start" if before < after else "after the start"
    few = f"answers of fewer than {study.min_cell_size} persons" if min(before, after) else "no answers"
    found = f"no answers at exposure {wanted}" if absent else f"{few} {side}"
    expected = (
        f"answers of at least {study.min_cell_size} persons under both conditions, at the planned exposure"
    )
    action = "look at the table of the design (unit, wave, condition, exposure) and at the flow table"
    if absent and times:
        expected = f"`mean`, or an exposure that units reach by their starts and the waves: {_range(times)}"
        action = f"name one of these, or starts and waves that reach {wanted}"
    raise FitError.of(
        found=f"`{entry.id}` cannot be estimated: {found}",
        where=f"plan.yaml, entry {entry.id}, sample {entry.sample}",
        expected=expected,
        action=action,
    )


def _range(times: list[int]) -> str:
    """Exposure times as text: "2 to 4" where none is left out between, else one by one."""
    whole = len(times) > 1 and times == list(range(times[0], times[-1] + 1))
    return f"{times[0]} to {times[-1]}" if whole else ", ".join(map(str, times))

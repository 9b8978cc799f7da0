"""Which names may be covariates: what is known of the persons of a sample as at the first wave."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dww_analysis.config.study import StudyConfig


def covariates_known(
    study: StudyConfig, outcomes: Mapping[str, Collection[str]], sample: str
) -> dict[str, None]:
    """Scores that the sample has, then background.

    outcomes: score (scale, or scale.subscale) -> the samples that have it.
    """
    scores = [name for name, samples in outcomes.items() if sample in samples]
    return dict.fromkeys([*scores, *(b.name for b in study.background)])

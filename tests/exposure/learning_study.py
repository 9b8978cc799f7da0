"""A study of two waves without arms, for the tests of workplace learning."""

from dww_analysis.domain.study import Study, Wave

STUDY = Study(
    id="trial",
    title={"en": "Trial"},
    data="invented",
    delivered="2026-06-30",
    design="waves_only",
    waves=(Wave(0, {"en": "first"}, "2026-03-01"), Wave(1, {"en": "second"}, "2026-06-01")),
    arms=(),
    allocation=None,
    samples={"main": {"en": "all"}},
    level_labels={},
    background=(),
)

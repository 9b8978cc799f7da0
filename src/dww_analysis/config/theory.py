"""theory.yaml, optional: the theory of change, every name of which is held against the study."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from dww_analysis.config.covariates import covariates_known
from dww_analysis.config.rules import unknown, unused
from dww_analysis.config.sources import SourcesConfig
from dww_analysis.config.strict import Name, Strict, Words, each_once
from dww_analysis.config.study import StudyConfig
from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.domain import theory as domain
from dww_analysis.domain.exposure import DOSES
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import STARTS
from dww_analysis.errors import Problem


class DoseConfig(Strict):
    """How much of something a person met or did up to a wave. Nobody was given it by lot."""

    source: Name = Field(description="id of a diary, an app log or observations")
    feature: Name


class NodeConfig(Strict):
    """`arm: true`, a `scale` or a `dose`; with none of them a node that was not measured, drawn in grey."""

    label: Words
    short: Words | None = Field(
        None, description="the label for narrow places, shorter in each of its languages"
    )
    arm: bool = False
    scale: str | None = Field(
        None, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$", description="scale or scale.subscale"
    )
    dose: DoseConfig | None = None
    level: Literal["team", "person"] = Field(
        "person", description="a scale of the team acts through its mean; not where persons are allocated"
    )

    @model_validator(mode="after")
    def _one_measure(self) -> NodeConfig:
        if self.arm + (self.scale is not None) + (self.dose is not None) > 1:
            raise ValueError("one of `arm: true`, `scale` and `dose`")
        return self

    @property
    def measured(self) -> bool:
        """Whether there are data of it."""
        return self.arm or self.scale is not None or self.dose is not None

    def to_domain(self, id: str) -> domain.Node:
        """The frozen node."""
        dose = (self.dose.source, self.dose.feature) if self.dose else None
        return domain.Node(id, self.label, self.arm, self.scale, dose, self.level, self.short or {})


class ArrowConfig(Strict):
    from_: Name = Field(alias="from")
    to: Name
    lag: int = Field(1, ge=0, le=100, description="waves from cause to outcome; from the arm since the start")
    sign: Literal["+", "-", ""] = Field("", description="which way the theory expects")
    status: Literal["planned", "exploratory"] = "planned"


class PathConfig(Strict):
    through: list[Name] = Field(
        min_length=3, max_length=3, description="cause, mediator and outcome, an arrow between each two"
    )
    status: Literal["planned", "exploratory"] = "planned"


class ModerationConfig(Strict):
    of: list[Name] = Field(min_length=2, max_length=2, description="where the arrow starts and ends")
    by: Name = Field(description="a background number, or a node with a scale, as at the first wave")
    status: Literal["planned", "exploratory"] = "planned"


class StopConfig(Strict):
    """A place on the road of the talking picture."""

    label: Words
    nodes: Annotated[list[Name], AfterValidator(each_once)] = Field(
        default_factory=list,
        description="nodes whose arrows the road follows; what they measure is told here",
    )
    outcomes: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list, description="outcomes of the plan that are told here too"
    )


class TheoryConfig(Strict):
    """What is expected to move what. Associations stay associations: only the arm was given by lot."""

    nodes: dict[Name, NodeConfig] = Field(min_length=2)
    arrows: list[ArrowConfig] = Field(min_length=1)
    paths: list[PathConfig] = Field(default_factory=list, description="indirect effects to estimate")
    moderations: list[ModerationConfig] = Field(
        default_factory=list, description="arrows that are expected to depend on something"
    )
    sample: Name = "main"
    adjust: Annotated[list[str], AfterValidator(each_once)] = Field(
        default_factory=list, description="background or scales as at the first wave, in every model"
    )
    draws: int = Field(20_000, ge=1000, le=1_000_000, description="Monte Carlo draws of an indirect effect")
    seed: int = Field(1, ge=0)
    stops: list[StopConfig] = Field(
        default_factory=list,
        description="the road of the talking picture; without it the five of docs/praatplaat.md",
    )

    @field_validator("nodes")
    @classmethod
    def _one_arm(cls, nodes: dict[str, NodeConfig]) -> dict[str, NodeConfig]:
        if sum(n.arm for n in nodes.values()) > 1:
            raise ValueError("one node with `arm: true`")
        return nodes

    def to_domain(self) -> domain.Theory:
        """The frozen theory."""
        return domain.Theory(
            nodes=tuple(n.to_domain(id) for id, n in self.nodes.items()),
            arrows=tuple(domain.Arrow(a.from_, a.to, a.lag, a.sign, a.status) for a in self.arrows),
            paths=tuple(
                domain.Path((p.through[0], p.through[1], p.through[2]), p.status) for p in self.paths
            ),
            moderations=tuple(domain.Moderation(m.of[0], m.of[1], m.by, m.status) for m in self.moderations),
            sample=self.sample,
            adjust=tuple(self.adjust),
            draws=self.draws,
            seed=self.seed,
        )


def check_theory(
    parts: Mapping[str, Any], scales: Iterable[Scale], measured: dict[str, tuple[str, ...]], file: YamlFile
) -> list[Problem]:
    """Every name of the theory that leads nowhere, and every arrow and path that no data of this design can carry: a
    Problem each, with file and line.

    parts: theory, study and sources, as written. measured: outcome name (scale, or scale.subscale) -> samples in
    which it is measured.
    """
    config, study, sources = parts["theory"], parts["study"], parts["sources"]
    by_id = {s.id: s for s in scales}
    return [
        *_nodes(config, study, by_id, measured, file),
        *_levels(config, file),
        *_alone(config, file),
        *_doses(config, sources, file),
        *_arrows(config, study, file),
        *_paths(config, study, file),
        *_moderations(config, study, file),
        *_adjusted(config, study, measured, file),
    ]


def _nodes(
    config: TheoryConfig, study: StudyConfig, scales: dict[str, Scale], measured: dict[str, tuple[str, ...]],
    file: YamlFile,
) -> Iterator[Problem]:  # fmt: skip
    if config.sample not in study.samples:
        yield unknown("sample", config.sample, study.samples, file.where(("sample",)))
    for id, node in config.nodes.items():
        where = file.where(("nodes", id))
        if node.arm and not study.arms:
            yield Problem(
                found=f"node `{id}` is the arm",
                where=where,
                expected="a design with arms",
                action="leave `arm` out",
            )
        yield from _level(id, node, study, where)
        if node.scale is None:
            continue
        if node.scale not in measured:
            yield unknown("scale", node.scale, measured, where)
        elif config.sample in study.samples and config.sample not in measured[node.scale]:
            yield unknown("sample of this scale", config.sample, measured[node.scale], where)
        elif (kind := scales[node.scale.split(".")[0]].measure) != "continuous":
            yield Problem(
                found=f"node `{id}` has a scale with `measure: {kind}`",
                where=where,
                expected="continuous scales: effects along a path are multiplied, and odds cannot be",
                action="leave `scale` out: the node is then drawn without data",
            )


def _level(id: str, node: NodeConfig, study: StudyConfig, where: str) -> Iterator[Problem]:
    by_person = study.allocation is not None and study.allocation.unit == "person"
    if node.level == "team" and by_person:
        yield Problem(
            found=f"node `{id}` has `level: team` where persons are allocated",
            where=where,
            expected="scores of persons, which enter the models as they are",
            action="leave `level` out",
        )


def _levels(config: TheoryConfig, file: YamlFile) -> Iterator[Problem]:
    for id, node in config.nodes.items():
        if node.level == "team" and node.scale is None and node.dose is None:
            yield Problem(
                found=f"node `{id}` has `level: team`, and it has no scores",
                where=file.where(("nodes", id)),
                expected="a node with a scale or a dose, which acts through the team's mean",
                action="leave `level` out",
            )


def _alone(config: TheoryConfig, file: YamlFile) -> Iterator[Problem]:
    """Nodes that nothing leads to or from, and that no arrow depends on."""
    named = {end for a in config.arrows for end in (a.from_, a.to)} | {m.by for m in config.moderations}
    for id in config.nodes:
        if id not in named:
            yield unused(
                f"no arrow and no moderation names the node `{id}`",
                file.where(("nodes", id)),
                "an arrow from or to every node, or one that depends on it",
                "add it",
            )


def _doses(config: TheoryConfig, sources: SourcesConfig, file: YamlFile) -> Iterator[Problem]:
    known = {s.id: s for s in sources.sources if s.kind in DOSES and s.sample == config.sample}
    for id, node in config.nodes.items():
        where = file.where(("nodes", id, "dose"))
        if node.dose is None:
            continue
        source = known.get(node.dose.source)
        if source is None:
            yield unknown("diary, app log or observations", node.dose.source, known, where)
        elif node.dose.feature not in DOSES[source.kind]:
            yield unknown(f"feature of {source.kind}", node.dose.feature, DOSES[source.kind], where)


def _arrows(config: TheoryConfig, study: StudyConfig, file: YamlFile) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for index, arrow in enumerate(config.arrows):
        where, ends = file.where(("arrows", index)), (arrow.from_, arrow.to)
        named = f"the arrow from `{arrow.from_}` to `{arrow.to}`"
        absent = [n for n in dict.fromkeys(ends) if n not in config.nodes]
        yield from (unknown("node", n, config.nodes, where) for n in absent)
        if ends in seen:
            yield Problem(
                found=f"{named} occurs twice", where=where, expected="each arrow once", action="remove one"
            )
        seen.add(ends)
        if absent:
            continue
        if config.nodes[arrow.to].arm:
            yield Problem(
                found=named,
                where=where,
                expected="no arrow that ends in the arm: it was allocated",
                action="remove it",
            )
        yield from _lag(arrow, named, config, study, where)
    yield from _circle(config, file)


def _lag(
    arrow: ArrowConfig, named: str, config: TheoryConfig, study: StudyConfig, where: str
) -> Iterator[Problem]:
    if not (_measured(arrow.from_, config) and _measured(arrow.to, config)):
        return
    if config.nodes[arrow.from_].arm:
        first, last = study.first_exposure, _most_waves_since_start(study)
        which = "the first wave after the transition" if first > 1 else "the first wave after the start"
        expected = f"a lag of {first} ({which}) to {last}"
    else:
        first, last = 0, len(study.waves) - 1
        expected = f"a lag of 0 (the same wave) to {last}: the study has {len(study.waves)} waves"
    if not first <= arrow.lag <= last:
        yield Problem(
            found=f"{named} has lag {arrow.lag}", where=where, expected=expected, action="correct `lag`"
        )


def _most_waves_since_start(study: StudyConfig) -> int:
    """Waves that a unit can have behind it since its start: all, or those after the baseline."""
    return len(study.waves) if study.design in STARTS else max(len(study.waves) - 1, 1)


def _measured(id: str, config: TheoryConfig) -> bool:
    node = config.nodes.get(id)
    return node is not None and node.measured


def _circle(config: TheoryConfig, file: YamlFile) -> Iterator[Problem]:
    """A problem when some nodes lead back to themselves: what no order can be given to."""
    left = {(a.from_, a.to) for a in config.arrows}
    while True:
        ends = {to for _, to in left}
        free = {(a, b) for a, b in left if a not in ends}
        if not free:
            break
        left -= free
    if left:
        names = ", ".join(sorted({f"`{a}`" for a, _ in left}))
        yield Problem(
            found=f"the arrows lead round in a circle, among {names}",
            where=file.where(("arrows",)),
            expected="arrows from cause to outcome; what works back later is a node of its own",
            action="turn or remove an arrow",
        )


def _paths(config: TheoryConfig, study: StudyConfig, file: YamlFile) -> Iterator[Problem]:
    arrows, seen = {(a.from_, a.to): a for a in config.arrows}, set()
    for index, path in enumerate(config.paths):
        where, through = file.where(("paths", index)), tuple(path.through)
        named = "the path " + " > ".join(through)
        if through in seen:
            yield Problem(
                found=f"{named} occurs twice", where=where, expected="each path once", action="remove one"
            )
        seen.add(through)
        absent = [n for n in dict.fromkeys(through) if n not in config.nodes]
        yield from (unknown("node", n, config.nodes, where) for n in absent)
        steps = list(pairwise(through))
        for a, b in steps:
            if not absent and (a, b) not in arrows:
                yield Problem(
                    found=f"{named} goes from `{a}` to `{b}`", where=where, expected="an arrow between them",
                    action=f"add `{{from: {a}, to: {b}, lag: 1}}` to `arrows`",
                )  # fmt: skip
        if all(s in arrows for s in steps):
            lag = sum(arrows[s].lag for s in steps)
            yield from _long_enough(f"{named} takes", lag, _waves_for(through, config, study), where)


def _waves_for(through: tuple[str, ...], config: TheoryConfig, study: StudyConfig) -> tuple[int, str] | None:
    """How many waves a path can take here, and since when if not from the first; None where a node is not measured."""
    if not all(_measured(n, config) for n in through):
        return None
    if config.nodes[through[0]].arm:
        return _most_waves_since_start(study), " since the start"
    return len(study.waves) - 1, ""


def _long_enough(takes: str, lag: int, waves: tuple[int, str] | None, where: str) -> Iterator[Problem]:
    """Whether the study lasts as long as a path takes."""
    if waves is not None and lag > waves[0]:
        yield Problem(
            found=f"{takes} {lag} waves",
            where=where,
            expected=f"at most {waves[0]}, which this study has{waves[1]}",
            action="shorten a `lag`; within one wave (lag 0) a path is drawn dashed and called an association",
        )


def _moderations(config: TheoryConfig, study: StudyConfig, file: YamlFile) -> Iterator[Problem]:
    arrows = {(a.from_, a.to) for a in config.arrows}
    scales = {id for id, n in config.nodes.items() if n.scale is not None}
    numbers = {b.name for b in study.background if b.kind == "number"}
    seen: set[tuple[str, ...]] = set()
    for index, one in enumerate(config.moderations):
        where, named = file.where(("moderations", index)), (*one.of, one.by)
        if named in seen:
            found = f"the arrow from `{one.of[0]}` to `{one.of[1]}` depends on `{one.by}` twice"
            yield Problem(found=found, where=where, expected="each moderation once", action="remove one")
        seen.add(named)
        if tuple(one.of) not in arrows:
            known = [f"[{a}, {b}]" for a, b in sorted(arrows)]
            yield unknown("arrow", f"[{', '.join(one.of)}]", known, where)
        target = config.nodes.get(one.of[-1])
        same = target is not None and one.by in scales and config.nodes[one.by].scale == target.scale
        if one.by == one.of[-1] or same:
            yield Problem(
                found=f"the arrow to `{one.of[-1]}` depends on `{one.by}`, which is the same",
                where=where,
                expected="something else, measured before",
                action="name another node or background number",
            )
        elif one.by not in scales | numbers:
            yield unknown("node with a scale or background number", one.by, scales | numbers, where)


def _adjusted(
    config: TheoryConfig, study: StudyConfig, measured: dict[str, tuple[str, ...]], file: YamlFile
) -> Iterator[Problem]:
    known = [name for name in covariates_known(study, measured, config.sample) if "." not in name]
    yield from (
        unknown("scale of this sample or background variable", name, known, file.where(("adjust",)))
        for name in config.adjust
        if name not in known
    )

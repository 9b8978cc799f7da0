"""A theory of change: what is expected to move what, through what, and after how many waves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from dww_analysis.domain.study import Text

THEORY = "theory"  # how the whole theory is called among what was sealed
Sign = Literal["+", "-", ""]
Written = Literal["planned", "exploratory"]
Level = Literal["team", "person"]
# Which part of a score an arrow is about: means of the units that were allocated (or teams), persons within them, or,
# where persons were allocated or nobody has a team, the score as it is.
Part = Literal["between", "within", "total"]


TO, BY = ">", "*"  # in the id of an arrow, path or moderation; no name of a node holds them


def named_in(id: str) -> tuple[tuple[str, ...], str]:
    """(nodes in order, what moderates) of an arrow, path or moderation by its id; "" where nothing moderates."""
    nodes, _, by = id.partition(BY)
    return tuple(nodes.split(TO)), by


def dose_name(source: str, feature: str) -> str:
    """How a dose is called among the scores: no scale has such a name."""
    return f"dose:{source}.{feature}"


@dataclass(frozen=True)
class Node:
    """One thing in the theory: the arm, a scale, how much was used (dose), or what was not measured (none of these)."""

    id: str
    label: Text
    arm: bool = False
    scale: str | None = None  # a scale id, or scale.subscale
    dose: tuple[str, str] | None = None  # source and feature of a diary, an app log or observations
    level: Level = "person"  # a scale of the team acts through the team's mean only
    short: Text = field(default_factory=dict)  # the label for narrow places

    @property
    def score(self) -> str | None:
        """Under which name its values stand among the scores; None without any."""
        return self.scale if self.dose is None else dose_name(*self.dose)

    @property
    def measured(self) -> bool:
        """Whether there are data of it."""
        return self.arm or self.score is not None


@dataclass(frozen=True)
class Arrow:
    """One node is expected to move another. Always true: both are nodes of the theory, and no arrow ends in the arm."""

    origin: str
    target: str
    lag: int  # waves from cause to outcome; from the arm the waves since the start, 1 for the first
    sign: Sign = ""  # which way the theory expects
    status: Written = "planned"

    @property
    def id(self) -> str:
        return f"{self.origin}{TO}{self.target}"


@dataclass(frozen=True)
class Path:
    """A cause, a mediator and an outcome. Always true: an arrow of the theory leads from each to the next."""

    through: tuple[str, str, str]
    status: Written = "planned"

    @property
    def id(self) -> str:
        return TO.join(self.through)

    @property
    def steps(self) -> tuple[str, str]:
        """Ids of its two arrows."""
        first, second, third = self.through
        return f"{first}{TO}{second}", f"{second}{TO}{third}"


@dataclass(frozen=True)
class Moderation:
    """An arrow that is expected to depend on something: a background number, or another node as at the first wave."""

    origin: str
    target: str
    by: str
    status: Written = "planned"

    @property
    def arrow(self) -> str:
        return f"{self.origin}{TO}{self.target}"

    @property
    def id(self) -> str:
        return f"{self.arrow}{BY}{self.by}"


@dataclass(frozen=True)
class Theory:
    """The whole theory. Always true: ids of nodes, arrows and paths are unique, and the arrows make no circle."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    paths: tuple[Path, ...] = ()
    moderations: tuple[Moderation, ...] = ()
    sample: str = "main"
    adjust: tuple[str, ...] = ()  # background, or scales as at the first wave, in every model
    draws: int = 20_000  # Monte Carlo, of an indirect effect
    seed: int = 1

    def node(self, id: str) -> Node:
        """The node of that id; `config` refuses names that no node has."""
        return next(n for n in self.nodes if n.id == id)

    def arrow(self, id: str) -> Arrow:
        """The arrow of that id."""
        return next(a for a in self.arrows if a.id == id)

    @property
    def starts_at_arm(self) -> bool:
        """Whether an arrow starts at the arm."""
        return any(self.node(arrow.origin).arm for arrow in self.arrows)

    def sign_of(self, path: Path) -> Sign:
        """Which way a path is expected to go: the product of its signs, "" when one of them is not said."""
        signs = [self.arrow(step).sign for step in path.steps]
        if "" in signs:
            return ""
        return "+" if signs.count("-") % 2 == 0 else "-"

    def from_the_arm(self, arrow: Arrow) -> bool:
        """Whether the arrow is the second step of a path that starts at the arm: then it can only act between units."""
        return any(self.node(p.through[0]).arm and p.steps[1] == arrow.id for p in self.paths)


KINDS = {
    "arrows": "arrow",
    "paths": "path",
    "moderations": "moderation",
}  # part of a theory -> kind of its results


def told_by(what: str, theory: Theory | None) -> tuple[str, str] | None:
    """Kind and id of what shows a changed value of the theory: the arrow, path or moderation that it is a value of,
    else the first arrow of the node or scale, else the first path or arrow. None without a theory.

    what: a path such as theory.arrows.a>b.lag, as deviations.csv has it.
    """
    if theory is None or not theory.arrows:
        return None
    part, identity = (*what.split("."), "", "")[1:3]
    if part in KINDS:
        return KINDS[part], identity
    scales = {n.id: (n.scale or "").split(".")[0] for n in theory.nodes}
    named = {"nodes": [identity], "scales": [n for n, scale in scales.items() if scale == identity]}
    touched = [a for a in theory.arrows if {a.origin, a.target} & {*named.get(part, [])}]
    if touched:
        return "arrow", touched[0].id
    return ("path", theory.paths[0].id) if theory.paths else ("arrow", theory.arrows[0].id)


def touched_by(what: str, theory: Theory) -> set[str]:
    """Ids of the arrows, paths and moderations that a changed value decides: of an arrow also what is made of it, of a
    node or scale all that it is in, of anything else (the sample, what every model adjusts for) all.

    what: a path such as theory.arrows.a>b.lag, as deviations.csv has it.
    """
    part, identity = (*what.split("."), "", "")[1:3]
    if part in ("paths", "moderations"):
        return {identity}
    nodes = {
        "nodes": {identity},
        "scales": {n.id for n in theory.nodes if (n.scale or "").split(".")[0] == identity},
        "arrows": set[str](),
    }.get(part, {n.id for n in theory.nodes})
    arrows = {a.id for a in theory.arrows if a.id == identity or {a.origin, a.target} & nodes}
    paths = {p.id for p in theory.paths if arrows & {*p.steps}}
    return arrows | paths | {m.id for m in theory.moderations if m.arrow in arrows or m.by in nodes}

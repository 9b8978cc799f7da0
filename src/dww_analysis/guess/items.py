"""Which columns are the items of one scale: by their names over all waves, by their labels, by where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from dww_analysis.delivery.codes import fold
from dww_analysis.delivery.wording import meanings
from dww_analysis.guess.columns import MOST_ANSWERS, Column, is_number
from dww_analysis.guess.names import Place, identifier, parts_of, places, unused
from dww_analysis.guess.roles import TAKEN, is_background, is_system, listed

LEAST = 3  # columns of a set
_SCORE = frozenset(
    listed(
        "score scores totaal totaalscore total totalscore tot som somscore sum sumscore mean gem gemiddeld "
        "gemiddelde average schaal schaalscore scale subscore cijfer grade eindcijfer toets toetsscore test "
        "testscore punten points resultaat result percentage pct index"
    )
)


@dataclass(frozen=True)
class ItemSet:
    """Items of one scale in their order: our names beside the names over all waves (`keys`)."""

    id: str
    keys: tuple[str, ...]
    ours: tuple[str, ...]
    why: str


def find_sets(columns: Mapping[str, Column]) -> list[ItemSet]:
    """Sets of items among `columns` (key over all waves -> what is known of the column over all waves), in order.

    First names that count (numbers, letters, the rows of a grid), then columns with the same labels or words whatever
    they are called, then neighbours whose numbers run alike.
    """
    left = {key: c for key, c in columns.items() if c.is_answer and not is_system(c) and "___" not in c.plain}
    found: list[tuple[str, list[tuple[str, str]], str]] = []
    for way, why in _WAYS.items():
        for stem, members in _counted(left, way):
            found.append((stem, members, why.format(n=len(members))))
            left = {key: c for key, c in left.items() if key not in dict(members)}
    left = {key: c for key, c in left.items() if not is_background(c)}
    for run in (*_same_options(left), *_neighbours(left, list(columns))):
        keys = [key for key in run if key in left]
        if len(keys) >= LEAST:
            how = "the same answer options" if _options(left[keys[0]]) else "answers that run alike"
            found.append(("", [(k, left[k].plain) for k in keys], f"{len(keys)} columns with {how}"))
            left = {key: c for key, c in left.items() if key not in keys}
    order = {key: i for i, key in enumerate(columns)}
    found.sort(key=lambda f: min(order[key] for key, _ in f[1]))
    return _named(found)


_WAYS = {
    "grid": "{n} rows of one grid",
    "number": "{n} columns with one stem and a running number",
    "letter": "{n} columns with one stem and a running letter",
    "tail": "{n} columns with one stem, a running number and one ending",
}


def _counted(left: Mapping[str, Column], way: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Stem -> members (key and tag) of columns whose names count in this way and whose answers agree."""
    groups: dict[str, dict[str, tuple[Place, Column]]] = {}
    for key, column in left.items():
        for place in places(column.plain):
            if place.way == way:
                groups.setdefault(fold(place.stem) or place.stem, {})[key] = (place, column)
                break
    found = []
    for members in groups.values():
        for same in _agreeing(members):
            if len(same) >= LEAST and _counts_on(
                way, [members[k][0].tag for k in same], bool(_options(members[same[0]][1]))
            ):
                by_tag = sorted(
                    same, key=lambda k: _tag_order(way, members[k][0].tag, list(members).index(k))
                )
                found.append((members[same[0]][0].stem, [(k, members[k][0].tag) for k in by_tag]))
    return found


def _tag_order(way: str, tag: str, position: int) -> tuple[int, str]:
    if way in ("number", "tail"):
        return int(tag), ""
    return (0, tag) if way == "letter" else (position, "")


def _counts_on(way: str, tags: Sequence[str], labelled: bool) -> bool:
    """Every number or letter once, with hardly a gap where no labels say that they belong together."""
    if len(set(tags)) < len(tags):
        return False
    if way == "letter":
        ranks = sorted(ord(tag) - ord("a") for tag in tags)
        return ranks[0] == 0 and ranks[-1] <= len(ranks)
    if way == "number" and not labelled:  # Q2, Q3 and Q11 are questions of a form
        return int(max(tags, key=int)) - int(min(tags, key=int)) < 2 * len(tags)
    return True


def _agreeing(members: Mapping[str, tuple[Place, Column]]) -> list[list[str]]:
    """The members in groups of the same answer options; those without any go to the largest group."""
    groups: list[tuple[frozenset[str], list[str]]] = []
    bare: list[str] = []
    for key, (_, column) in members.items():
        options = _options(column)
        if not options:
            bare.append(key)
            continue
        _join(groups, options, key)
    if not groups:
        return [bare]
    largest = max(range(len(groups)), key=lambda i: len(groups[i][1]))
    lists = [list(g[1]) for g in groups]
    lists[largest] += bare
    return lists


def _join(groups: list[tuple[frozenset[str], list[str]]], options: frozenset[str], key: str) -> None:
    """Put the column with the first group that has its options, or in a group of its own."""
    at = next((i for i, (known, _) in enumerate(groups) if _same(known, options)), None)
    if at is None:
        groups.append((options, [key]))
    else:
        groups[at] = (groups[at][0] | options, [*groups[at][1], key])


def _options(column: Column) -> frozenset[str]:
    """What the answers mean: labels, or the words that were answered; nothing for bare numbers."""
    if column.value_labels:
        return frozenset(meanings(dict(column.value_labels)).values()) or frozenset(column.value_labels)
    return frozenset(fold(w) for w in column.words)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """One has the options of the other, or they share most of them: not every answer is given to every item."""
    shared = len(one & other)
    return one <= other or other <= one or shared >= 0.6 * min(len(one), len(other))


def _same_options(left: Mapping[str, Column]) -> list[list[str]]:
    """Columns with the same labels or words, whatever they are called. Two options (yes, no) are not enough."""
    groups: list[tuple[frozenset[str], list[str]]] = []
    for key, column in left.items():
        options = _options(column)
        if len(options) < (3 if column.value_labels else 2):
            continue
        _join(groups, options, key)
    return [members for options, members in groups if len(options) >= 3]


def _neighbours(left: Mapping[str, Column], order: Sequence[str]) -> list[list[str]]:
    """Runs of columns beside each other with bare whole numbers of about the same range."""
    runs: list[list[str]] = [[]]
    for key in order:
        column = left.get(key)
        if column is None or not _bare_numbers(column) or is_score(column):
            runs.append([])
            continue
        before = left[runs[-1][-1]] if runs[-1] else column
        if _width(before) != _width(column) or not _alike(_options(before), _options(column)):
            runs.append([])
        runs[-1].append(key)
    return [run for run in runs if run]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Both without labels, or with the same."""
    return bool(one) == bool(other) and _same(one, other)


def _bare_numbers(column: Column) -> bool:
    low, high = column.minimum, column.maximum
    ends = len(_options(column)) == 2 and len(column.numbers) >= 3  # numbers between two worded ends
    bare = not _options(column) or (bool(column.value_labels) and ends)
    return bare and low is not None and high is not None and low >= 0 and high <= 10


def _width(column: Column) -> int:
    """Which usual number of answers a column has: yes or no, to 5, to 7, to 10."""
    return next(i for i, top in enumerate((2, 5, 7, 10)) if (column.maximum or 0) <= top)


def _named(found: Sequence[tuple[str, list[tuple[str, str]], str]]) -> list[ItemSet]:
    """The sets with names of ours; a number or letter in their name stays in ours."""
    sets: list[ItemSet] = []
    ids: set[str] = set(TAKEN)
    names: set[str] = set(TAKEN)
    for stem, members, why in found:
        id_ = unused(set_name(stem), ids)
        ids.add(id_)
        ours = []
        for tag in _tags([tag for _, tag in members]):
            ours.append(unused(f"{id_}_{tag}", names))
            names.add(ours[-1])
        sets.append(ItemSet(id_, tuple(key for key, _ in members), tuple(ours), why))
    return sets


def set_name(stem: str) -> str:
    """A name for the scale from what its columns share; `G01Q01[SQ001]` is g01q01."""
    plain = stem.partition("#")[0]
    plain = plain[: -len("[SQ")] if plain.upper().endswith("[SQ") else plain
    return identifier(plain, "scale")[:24].strip("_") if plain.strip("_-. []") else "scale"


def _tags(tags: Sequence[str]) -> list[str]:
    if all(t.isdigit() for t in tags):
        width = max(2, *(len(t) for t in tags))
        return [t.zfill(width) for t in tags]
    return [identifier(t, "item")[:34].strip("_") for t in tags]


def is_score(column: Column) -> bool:
    """Whether a column of numbers is a score that was delivered as such: its name says so, or it has fractions."""
    says = not _SCORE.isdisjoint(parts_of(column.plain)) and len(parts_of(column.plain)) <= 5
    return (
        column.kind == "number"
        and not column.value_labels
        and (says or column.fractions)
        and column.distinct > 2
        and not (is_background(column) and not says)
        and not is_system(column)
        and not column.identifying
    )


def is_single(column: Column) -> bool:
    """Whether a column alone is a question with ordered answers: labels, numbers from 0 or 1 up to 10, or marks."""
    if (
        not column.is_answer
        or column.options < 3
        or "___" in column.plain
        or is_system(column)
        or is_background(column)
    ):
        return False
    if column.words:
        return False
    low, high = column.minimum, column.maximum
    ordered = column.value_labels and all(is_number(c) for c in column.value_labels)
    if low is None or high is None:
        return bool(ordered)
    return bool(ordered) or (0 <= low <= 2 and high <= 10) or (is_mark(column) and 1 <= low <= high <= 10)


def is_mark(column: Column) -> bool:
    """Whether a question asks for a mark from 1 to 10, of which the lowest are seldom given, and somebody gave more
    than 5."""
    words = parts_of(f"{column.plain} {column.label}")
    return not {"cijfer", "rapportcijfer", "mark"}.isdisjoint(words) and (column.maximum or 0) > 5


def union(columns: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    """What is known of each column over all waves, in the order of the fullest wave; it is called as in the first."""
    order = dict.fromkeys(key for wave in sorted(columns, key=len, reverse=True) for key in wave)
    result: dict[str, Column] = {}
    for key in order:
        first, *others = [wave[key] for wave in columns if key in wave]
        for other in others:
            first = _joined(first, other)
        result[key] = first
    return result


def _joined(one: Column, other: Column) -> Column:
    """One column of two waves."""
    smallest = _extreme(min, one.minimum, other.minimum)
    words = tuple(sorted({*one.words, *other.words}))
    return replace(
        one,
        label=one.label or other.label,
        value_labels=one.value_labels or other.value_labels,
        no_answer={**other.no_answer, **one.no_answer},
        numbers=tuple(sorted({*one.numbers, *other.numbers})),
        words=words if len(words) <= 2 * MOST_ANSWERS else one.words,
        minimum=smallest,
        maximum=_extreme(max, one.maximum, other.maximum),
        fractions=one.fractions or other.fractions,
        filled=one.filled + other.filled,
        distinct=max(one.distinct, other.distinct),
        identifying=one.identifying or other.identifying,
    )


def _extreme(choose: Callable[[list[float]], float], one: float | None, other: float | None) -> float | None:
    known = [x for x in (one, other) if x is not None]
    return choose(known) if known else None

"""Exports of poll tools: a column a theme, block or question, or several themes in a cell; and the map that they need.

Only what looks like nothing else is taken for a poll: roles (or groups), and hardly another closed question beside the
columns that are chosen, ranked, given points or voted on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.domain.practice import MOMENTS
from dww_analysis.domain.written import OPEN
from dww_analysis.guess.columns import Column, Delivered
from dww_analysis.guess.kinds import named
from dww_analysis.guess.names import places
from dww_analysis.guess.records import Mapped, SourceDraft, WideDraft, bare_source, left_of

NAMES = {
    "session": "session sessie bijeenkomst sessieid sessionid",
    "role": "role rol roles rollen ikben ikbeneen mijnrol uwrol jerol watisuwrol watisjerol iam iama yourrole "
    "whatisyourrole",
    "ballot": "ballot stembriefje stembiljet ballotid stemkaart voter stemmer respons responseid respondentid "
    "id nr nummer",
    "group": "group groep tafel table",
}
LEAST = 3  # columns that are chosen from
MOST_BESIDE = 2  # other closed questions in the file
MOST_OPTIONS = 3  # of a vote
DELIMITERS = (";", "|", ", ")
OF_MOMENT = {
    **dict.fromkeys(("voor", "vooraf", "before", "pre"), MOMENTS[0]),
    **dict.fromkeys(("na", "achteraf", "after", "post"), MOMENTS[1]),
}
OPEN_MOMENT = f"{OPEN} {' or '.join(MOMENTS)}"
SHARED_BY = 2  # rows


@dataclass(frozen=True)
class Poll:
    """What a file seems to be: its kind, and how its themes, blocks or questions lie."""

    kind: str
    columns: tuple[Mapped, ...]
    wide: WideDraft | None = None
    several: tuple[str, str, str] | None = None  # our column, the delimiter, and what naming says


def poll_of(file: Delivered) -> Poll | None:
    """The poll that a file seems to be; None for anything else."""
    if file.data is None:
        return None
    found = named(file.columns, NAMES)
    asked = [
        c for c in file.columns if c.name not in found.values() and not c.identifying and c.kind != "date"
    ]
    pasted = "group" in found and _a_row_each(file, [found[n] for n in ("session", "group") if n in found])
    for guess in (_blocks, _chosen, _ranked, _pointed, _votes, _joined):
        if not (pasted if guess is _blocks else "role" in found):
            continue
        poll = guess(file.data, asked)
        if poll is not None and not _much_beside(asked, poll):
            own = ("group", "session") if poll.kind == "blocks" else ("ballot", "role", "session")
            mapped = tuple(Mapped(o, c, "by its heading") for o, c in found.items() if o in own)
            return replace(poll, columns=(*mapped, *poll.columns))
    return None


def _a_row_each(file: Delivered, names: Sequence[str]) -> bool:
    """Whether each group has one row: then it pasted what stands there. Groups that persons are in have more."""
    assert file.data is not None
    return not file.data[list(names)].map(code_text).duplicated().any()


def poll_source(file: Delivered, poll: Poll) -> SourceDraft:
    """The source of a poll, with words where ids come later, and the file's name as the session where it says none.

    When it was voted is open where the questions do not say it.
    """
    used = {m.theirs for m in poll.columns} | set(poll.wide.theirs() if poll.wide else ())
    fixed = {} if any(m.ours == "session" for m in poll.columns) else {"session": PurePath(file.file).stem}
    if poll.kind == "votes" and poll.wide is not None and "moment" not in poll.wide.by:
        fixed["moment"] = OPEN_MOMENT
    return replace(
        bare_source(file), kind=poll.kind, columns=poll.columns, left=left_of(file, used), fixed=fixed,
        wide=poll.wide, several=poll.several,
    )  # fmt: skip


def _much_beside(asked: Sequence[Column], poll: Poll) -> bool:
    """Whether a file has more closed questions than a poll has beside its themes: then it is a questionnaire."""
    used = {m.theirs for m in poll.columns} | set(poll.wide.theirs() if poll.wide else ())
    return sum(c.is_answer for c in asked if c.name not in used) > MOST_BESIDE


def _marks(asked: Sequence[Column]) -> list[Column]:
    """Columns of 1, 0 and blanks; with the columns among them in which nobody put anything."""
    marked = [i for i, c in enumerate(asked) if c.filled and set(c.numbers) <= {0.0, 1.0} and c.numbers]
    marked = [i for i in marked if not asked[i].words]
    if len(marked) < LEAST:
        return []
    return [c for i, c in enumerate(asked) if i in marked or (not c.filled and marked[0] < i < marked[-1])]


def _chosen(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    found = _marks(asked)
    return Poll("ballots", (), _wide("theme", "chosen", found)) if found else None


def _blocks(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    found = _marks(asked)
    return Poll("blocks", (), _wide("block", "placed", found)) if found else None


def _numeric(data: pd.DataFrame, asked: Sequence[Column]) -> tuple[list[Column], np.ndarray]:
    whole = [c for c in asked if c.kind == "number" and c.numbers and not c.fractions]
    found = [c for c in whole if not c.words]
    return found, data[[c.name for c in found]].apply(pd.to_numeric, errors="coerce").to_numpy(float)


def _ranked(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    """Numbers that are 1, 2, 3, ... each once in every row."""
    found, values = _numeric(data, asked)
    rows = [np.sort(row[~np.isnan(row)]) for row in values]
    rows = [row for row in rows if len(row)]
    ranks = len(found) >= LEAST and len(rows) > 1 and max(map(len, rows)) > 1
    if not ranks or not all(np.array_equal(row, np.arange(1, len(row) + 1)) for row in rows):
        return None
    return Poll("ballots", (), _wide("theme", "rank", found))


def _pointed(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    """Whole numbers that add up to the same in every row."""
    found, values = _numeric(data, asked)
    given = values[~np.isnan(values).all(axis=1)] if len(found) >= LEAST else np.empty((0, 0))
    sums = np.unique(np.nansum(given, axis=1)) if given.size else np.empty(0)
    if len(sums) != 1 or len(given) < LEAST or sums[0] <= 1 or (np.nan_to_num(given) < 0).any():
        return None
    return Poll("ballots", (), _wide("theme", "points", found))


def _votes(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    """Questions with two or three words as answers, of which some may have been asked before and after."""
    found = [c for c in asked if 2 <= len(c.words) <= MOST_OPTIONS and not c.numbers]
    if not found:
        return None
    moments = {c.name: _moment(c) for c in found}
    pairs = Counter(said for said, moment in moments.values() if moment)
    if any(moment and pairs[said] == len(MOMENTS) for said, moment in moments.values()):
        both = [c for c in found if pairs[moments[c.name][0]] == len(MOMENTS)]
        nested: dict[tuple[str, ...], str] = {moments[c.name]: c.name for c in both}
        return Poll("votes", (), WideDraft(("statement", "moment"), "option", nested))
    return Poll("votes", (), _wide("statement", "option", found))


def _moment(column: Column) -> tuple[str, str]:
    """The question without the word that says when, and when."""
    text = column.label or column.name
    parts = fold(text).split()
    for word in (parts[-1:], parts[:1]):
        if word and word[0] in OF_MOMENT and len(parts) > 1:
            left = text[: -len(word[0])] if word == parts[-1:] else text[len(word[0]) :]
            return left.strip(" -–_:()[]."), OF_MOMENT[word[0]]
    return text, ""


def _joined(data: pd.DataFrame, asked: Sequence[Column]) -> Poll | None:
    """One column of which half of the cells hold several words, that other cells share."""
    for column in asked:
        texts = data[column.name].map(code_text)
        texts = texts[texts != ""]
        for delimiter in DELIMITERS:
            cut = texts.map(lambda t, d=delimiter: [w.strip() for w in t.split(d) if w.strip()])
            counts = Counter(w for words in cut for w in words)
            shared = sum(n for n in counts.values() if n >= SHARED_BY)
            often = len(texts) >= LEAST and (cut.map(len) > 1).mean() >= 0.5
            if often and len(counts) >= LEAST and shared >= 0.8 * counts.total():
                named_by = (Mapped("theme", column.name, "several in a cell"),)
                return Poll("ballots", named_by, several=("theme", delimiter, "chosen"))
    return None


def _wide(by: str, cells: str, columns: Sequence[Column]) -> WideDraft:
    said = _said(columns)
    return WideDraft((by,), cells, {(word,): c.name for word, c in zip(said, columns, strict=True)})


def _said(columns: Sequence[Column]) -> list[str]:
    """What each column is about: its question text, or the part of it that the others do not share."""
    texts = [c.label or c.name for c in columns]
    grids = [next((p for p in places(t) if p.way == "grid"), None) for t in texts]
    if all(g is not None for g in grids) and len({g.stem for g in grids if g is not None}) == 1:
        texts = [g.tag for g in grids if g is not None]
    counts = Counter(map(fold, texts))
    return [t if counts[fold(t)] == 1 else f"{t} ({c.name})" for t, c in zip(texts, columns, strict=True)]

"""The structure of a LimeSurvey survey (.lss): question codes, texts and answer options.

The file is XML that LimeSurvey writes next to its answers. It gives a CSV export its labels and value labels, and
turns headings of full question texts back into codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pandas as pd

from dww_analysis.errors import Problem, SourceError, raise_all
from dww_analysis.storage.beside import read_beside
from dww_analysis.storage.surveys import LIMESURVEY_CODES, plain_words
from dww_analysis.storage.tables import Table, variables_frame

_RANKING, _DUAL_SCALE, _WITH_COMMENTS, _LIST_WITH_COMMENT = "R", "1", "P", "O"  # LimeSurvey's letters
_YES_NO = {"Y": "Ja / Yes", "N": "Nee / No"}
_BUILT_IN: dict[str, dict[Any, str]] = {
    "Y": _YES_NO,
    "M": {"Y": "gekozen / chosen"},
    "P": {"Y": "gekozen / chosen"},
    "C": {"Y": "Ja / Yes", "N": "Nee / No", "U": "Onzeker / Uncertain"},
    "E": {"I": "Meer / Increase", "S": "Gelijk / Same", "D": "Minder / Decrease"},
    "G": {"F": "Vrouw / Female", "M": "Man / Male"},
}


def read_structure(path: Path) -> pd.DataFrame:
    """One row a column of the export: name (code, sub-question in brackets), label, type (LimeSurvey's letter),
    value_labels (dict of answer code to text). Texts are those of the survey's own language."""
    root = _parse(path)
    _refuse_incomplete(root, path.name)
    language = next((row.get("language", "") for row in _rows(root, "surveys")), "")
    texts = _texts(root, "question_l10ns", "qid", "question", language)
    answer_texts = _texts(root, "answer_l10ns", "aid", "answer", language)
    questions: dict[str, dict[str, str]] = {}
    for section in ("questions", "subquestions"):
        for row in _in_language(_rows(root, section), language):
            questions.setdefault(row["qid"], row)
    options: dict[tuple[str, str], dict[str, str]] = {}
    for row in sorted(_in_language(_rows(root, "answers"), language), key=lambda r: _order(r, "sortorder")):
        text = row.get("answer") or answer_texts.get(row.get("aid", ""), "")
        options.setdefault((row["qid"], row.get("scale_id", "0")), {}).setdefault(
            row["code"], plain_words(text)
        )
    found = []
    for question in questions.values():
        if question.get("parent_qid", "0") == "0":
            found += list(_columns(question, questions, texts, options))
    if not found:
        raise SourceError.of(
            found="no questions are in the file",
            where=path.name,
            expected="a LimeSurvey structure (.lss)",
            action="export again",
        )
    return pd.DataFrame(found, columns=["name", "label", "type", "value_labels"])


def apply_structure(table: Table, path: Path, where: str) -> Table:
    """`table` with labels and value labels of the structure at `path`; full-text headings become question codes."""
    structure = read_structure(path)
    by_text: dict[str, list[str]] = {}
    for name, label in zip(structure["name"], structure["label"], strict=True):
        by_text.setdefault(label, []).append(name)
    known = set(structure["name"])
    names: dict[str, str] = {}
    for name in table.data.columns:
        matches = by_text.get(plain_words(str(name)), [])
        taken = {*table.data.columns, *names.values()}
        if name not in {*known, *LIMESURVEY_CODES} and len(matches) == 1 and matches[0] not in taken:
            names[name] = matches[0]
    data = table.data.rename(columns=names)
    data.attrs.update(table.data.attrs)
    facts = structure.drop_duplicates("name").set_index("name")
    old = table.variables
    renamed = [names.get(n, n) for n in old["name"]]
    variables = variables_frame(
        renamed,
        {n: facts["label"].get(n) or label for n, label in zip(renamed, old["label"], strict=True)},
        dict(zip(renamed, old["type"], strict=True)),
        {n: _as_codes(facts["value_labels"].get(n, {}), data[n]) for n in renamed},
        dict(zip(renamed, old["missing_values"], strict=True)),
    )
    found = sum(n in known for n in renamed)
    note = f"labels of {found} columns from {path.name}"
    return replace(table, data=data, variables=variables, notes=(*table.notes, note))


def _parse(path: Path) -> ElementTree.Element:
    raw = read_beside(path, "a .lss file")
    if b"<!DOCTYPE" in raw or b"<!ENTITY" in raw:
        raise SourceError.of(
            found="the file defines XML entities",
            where=path.name,
            expected="a LimeSurvey structure",
            action="export it again",
        )
    try:
        return ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # also of an encoding that is unknown
        raise SourceError.of(
            found="the file is not whole XML",
            where=path.name,
            expected="a LimeSurvey structure (.lss)",
            action="export it again",
        ) from error


# section -> what each of its rows has to say
_NEEDED = {"questions": ("qid", "title"), "subquestions": ("qid", "title"), "answers": ("qid", "code")}


def _refuse_incomplete(root: ElementTree.Element, where: str) -> None:
    """Refuse a structure in which a question, sub-question or answer lacks its number or its code."""
    problems = []
    for section, needed in _NEEDED.items():
        rows = _rows(root, section)
        for name in needed:
            lacking = sum(not row.get(name) for row in rows)
            if lacking:
                problems.append(
                    Problem(
                        found=f"{lacking} of {len(rows)} rows have no <{name}>",
                        where=f"{where}, section {section}",
                        expected="a whole LimeSurvey structure (.lss)",
                        action="export the structure of the survey again (Export > Survey structure)",
                    )
                )
    raise_all(problems, SourceError)


def _rows(root: ElementTree.Element, section: str) -> list[dict[str, str]]:
    return [{cell.tag: cell.text or "" for cell in row} for row in root.findall(f"./{section}/rows/row")]


def _in_language(rows: list[dict[str, str]], language: str) -> list[dict[str, str]]:
    """Rows in the survey's own language first, then the others (older files repeat a row for each language)."""
    return sorted(rows, key=lambda row: row.get("language", language) != language)


def _texts(root: ElementTree.Element, section: str, key: str, value: str, language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for row in _in_language(_rows(root, section), language):
        texts.setdefault(row.get(key, ""), row.get(value, ""))
    return texts


def _order(row: dict[str, str], name: str) -> int:
    return int(row[name]) if row.get(name, "").isdecimal() and len(row[name]) < 10 else 0


def _columns(
    question: dict[str, str],
    questions: dict[str, dict[str, str]],
    texts: dict[str, str],
    options: dict[tuple[str, str], dict[str, str]],
) -> Iterator[tuple[str, str, str, dict[Any, str]]]:
    """The columns that one question has in an export."""
    code, kind, qid = question["title"], question.get("type", ""), question["qid"]

    def words(row: dict[str, str]) -> str:
        return plain_words(row.get("question") or texts.get(row["qid"]) or "")

    text, values = words(question), dict(options.get((qid, "0")) or _BUILT_IN.get(kind, {}))
    parts = sorted(
        (q for q in questions.values() if q.get("parent_qid") == qid),
        key=lambda q: _order(q, "question_order"),
    )
    rows = [(f"[{p['title']}]", f"[{words(p)}]") for p in parts if p.get("scale_id", "0") == "0"]
    across = [p for p in parts if p.get("scale_id", "0") == "1"]
    if kind == _RANKING:
        rows = [(f"[{rank}]", f"[{rank}]") for rank in range(1, len(values) + 1)]
    elif across:  # a table of numbers or texts: one column for each cell
        rows = [
            (f"{name[:-1]}_{p['title']}]", f"{label}[{words(p)}]") for name, label in rows for p in across
        ]
    if not rows:
        yield code, text, kind, values
    for name, label in rows:
        if kind == _DUAL_SCALE:
            for scale in ("0", "1"):
                number = f"[{int(scale) + 1}]"
                labels = dict(options.get((qid, scale), {}))
                yield f"{code}{name}{number}", f"{text} {label}{number}", kind, labels
            continue
        yield f"{code}{name}", f"{text} {label}", kind, values
        if kind == _WITH_COMMENTS:
            yield f"{code}{name[:-1]}comment]", f"{text} {label} [comment]", kind, {}
    if question.get("other") == "Y":
        yield f"{code}[other]", f"{text} [other]", kind, {}
    if kind == _LIST_WITH_COMMENT:
        yield f"{code}[comment]", f"{text} [comment]", kind, {}


def _as_codes(labels: dict[Any, str], column: pd.Series) -> dict[Any, str]:
    """Numbers as keys where the column holds numbers."""
    if not pd.api.types.is_numeric_dtype(column):
        return labels
    try:
        return {float(code): text for code, text in labels.items()}
    except ValueError:
        return labels

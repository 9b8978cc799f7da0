"""An archive's description of a study as DDI-Codebook 2.5 (ddi:codebook:2_5), the XML that data stations read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from dww_analysis.domain.study import Study, Text, say
from dww_analysis.reports.variables import Category, DataFile, Variable, languages_of

NAMESPACE = "ddi:codebook:2_5"
SCHEMA = "https://ddialliance.org/Specification/DDI-Codebook/2.5/XMLSchema/codebook.xsd"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


@dataclass(frozen=True)
class Described:
    """What is said of the study beside study.yaml."""

    licence: str
    version: str  # of the program
    description: Text = field(default_factory=dict)
    creators: tuple[tuple[str, str], ...] = ()  # name and affiliation
    keywords: tuple[str, ...] = ()
    access: Text | str = ""  # who may open rows of persons, or that they are not in it
    of_sessions: bool = False  # all that there is are counts of groups: no persons, no samples, no waves


def ddi_codebook(study: Study, files: Iterable[DataFile], said: Described) -> bytes:
    """The document, UTF-8. Refuses nothing; characters that XML does not admit are left out."""
    files = tuple(files)
    root = ElementTree.Element(
        "codeBook", {"xmlns": NAMESPACE, "version": "2.5", "ID": _id(study.id), _LANG: "en"}
    )
    root.set("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
    root.set("xsi:schemaLocation", f"{NAMESPACE} {SCHEMA}")
    _study(_in(root, "stdyDscr"), study, said)
    for file in files:
        _file(root, file)
    data = _in(root, "dataDscr")
    for file in files:
        for variable in file.variables:
            _variable(data, variable, file)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _study(parent: ElementTree.Element, study: Study, said: Described) -> None:
    _citation(_in(parent, "citation"), study, said)
    info = _in(parent, "stdyInfo")
    if said.keywords:
        subject = _in(info, "subject")
        for word in said.keywords:
            _in(subject, "keyword", word)
    _said(info, "abstract", said.description or study.title)
    if said.of_sessions:
        _groups(_in(info, "sumDscr"))
    else:
        _persons(_in(info, "sumDscr"), study)
        collected = _in(_in(parent, "method"), "dataColl")
        _in(collected, "timeMeth", "Longitudinal" if len(study.waves) > 1 else "Cross-section")
    use = _in(_in(parent, "dataAccs"), "useStmt")
    _one(use, "restrctn", said.access)
    _one(use, "citReq", study.citation)
    _one(use, "conditions", said.licence)


def _groups(summary: ElementTree.Element) -> None:
    _in(summary, "anlyUnit", "Group")
    _in(summary, "dataKind", "aggregate data")


def _persons(summary: ElementTree.Element, study: Study) -> None:
    for wave in study.waves:
        if wave.date:
            _in(summary, "collDate", wave.date, date=wave.date, cycle=str(wave.number))
    _in(summary, "anlyUnit", "Individual")
    for label in study.samples.values():
        _said(summary, "universe", label)
    _in(summary, "dataKind", "survey data")


def _citation(parent: ElementTree.Element, study: Study, said: Described) -> None:
    titles = _in(parent, "titlStmt")
    first, *others = languages_of(study.title)
    _in(titles, "titl", say(study.title, first), lang=first)
    for language in others:
        _in(titles, "parTitl", say(study.title, language), lang=language)
    _in(titles, "IDNo", study.id)
    if said.creators:
        makers = _in(parent, "rspStmt")
        for name, affiliation in said.creators:
            _in(makers, "AuthEnty", name, **({"affiliation": affiliation} if affiliation else {}))
    made = _in(parent, "prodStmt")
    _in(made, "prodDate", study.delivered, date=study.delivered)
    _in(made, "software", "dww-analysis", version=said.version)
    if study.contact:
        _in(_in(parent, "distStmt"), "contact", study.contact)


def _file(root: ElementTree.Element, file: DataFile) -> None:
    described = _in(root, "fileDscr", ID=_id(file.id), **({"URI": file.address} if file.address else {}))
    text = _in(described, "fileTxt")
    _in(text, "fileName", file.name)
    _one(text, "fileCont", file.content)


def _variable(parent: ElementTree.Element, variable: Variable, file: DataFile) -> None:
    made = _in(parent, "var", ID=_id(f"V.{file.id}.{variable.name}"), name=variable.name, files=_id(file.id))
    _said(made, "labl", variable.label)
    if variable.question:
        _in(_in(made, "qstn"), "qstnLit", variable.question)
    if variable.range is not None:
        low, high = variable.range
        _in(_in(made, "valrng"), "range", min=_plain(low), max=_plain(high))
    absent = [c for c in variable.categories if c.missing and c.code]
    if absent:
        codes = _in(made, "invalrng")
        for category in absent:
            _in(codes, "item", VALUE=category.code)
    for category in variable.categories:
        _category(made, category)
    if variable.note:
        _in(made, "codInstr", variable.note)
    _in(made, "varFormat", type="character" if variable.text else "numeric")


def _category(parent: ElementTree.Element, category: Category) -> None:
    why = {"missing": "Y", "missType": category.missing} if category.missing else {}
    made = _in(parent, "catgry", **why)
    if category.code:
        _in(made, "catValu", category.code)
    _said(made, "labl", category.label)


def _in(parent: ElementTree.Element, tag: str, text: str = "", lang: str = "", **given: str) -> Any:
    """A new element at the end of another one."""
    named = {name: _clean(value) for name, value in given.items()}
    made = ElementTree.SubElement(parent, tag, {**({_LANG: lang} if lang else {}), **named})
    made.text = _clean(text) or None
    return made


def _said(parent: ElementTree.Element, tag: str, text: Text | str) -> None:
    """One element for every language of a text; none without words."""
    for language in languages_of(text):
        words = say(text, language)
        if words:
            _in(parent, tag, words, lang=language)


def _one(parent: ElementTree.Element, tag: str, text: Text | str) -> None:
    """One element that holds all languages, where the standard admits one only; none without words."""
    words = list(dict.fromkeys(filter(None, (say(text, language) for language in languages_of(text)))))
    if words:
        _in(parent, tag, " / ".join(words))


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _id(text: str) -> str:
    """A name that XML takes as an ID."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text if text[:1].isalpha() else f"_{text}")


def _plain(value: float) -> str:
    return str(int(value)) if math.isfinite(value) and float(value).is_integer() else repr(float(value))

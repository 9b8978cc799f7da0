"""What direct identifiers look like in Dutch data: citizen numbers, addresses, telephone and bank numbers, names.

Each kind has a pattern and, where the number carries its own proof, a check: the eleven-test of a BSN and the
remainder of 97 of an IBAN. Names in free text can only be guessed, so that kind is called "possible name".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_FIRST_NAMES = frozenset(
    re.findall(
        r"\S+",
        "Aafke Adriaan Ahmed Aisha Albert Alexander Ali Amir Anja Anke Annelies Annemarie Anouk Arjan Astrid Ayse "
        "Bart Bastiaan Bram Brigitte Carlijn Carolien Cees Chantal Charlotte Corrie Daan Daniëlle Demi Dennis Diana "
        "Dirk Elif Elise Ellen Els Emine Emma Erik Esther Eva Evelien Fatima Fatma Femke Floor Floris Frank Gerard "
        "Gerrit Gijs Hannah Hanneke Hans Harry Hasan Hatice Heleen Hendrik Henk Hugo Ibrahim Ilse Inge Ingrid Irene "
        "Isabel Ivo Jacqueline Jan Jannie Jasmijn Jasper Jeroen Jesse Joep Johan Johanna Joost Jorien Joris José "
        "Judith Julia Jurgen Karel Karin Khadija Kim Koen Laura Leonie Lieke Linda Lisa Lisanne Lotte Luuk Maaike "
        "Maarten Manon Marcel Margriet Maria Marieke Marijke Marit Marjolein Marleen Martijn Mathijs Mehmet Merel "
        "Michiel Mieke Milan Mirjam Mohamed Mohammed Monique Mustafa Nadia Naomi Natasja Nienke Niels Nynke Olivier "
        "Omar Patricia Paul Peter Petra Pieter Ramon Renske Richard Rik Robert Robin Roel Ruben Rutger Sander Sandra "
        "Sanne Saskia Sem Sharon Siebe Sjoerd Sofie Sophie Stefan Stijn Susanne Suzanne Sven Tamara Tess Teun Thijs "
        "Thomas Tim Tineke Tom Tygo Vera Vincent Wendy Wessel Willem Wilma Wouter Yasmin Youssef Yvonne Zeynep",
    )
)
_WORD = r"[A-ZÀ-Þ][a-zß-ÿ'’-]{1,30}"
_PARTICLE = r"(?:(?:van|de|der|den|ten|ter|te|het|'t|in|op|la|el|al)\s+){0,3}"
_PERSON = re.compile(
    rf"(?:\b(?:[Mm]evrouw|[Mm]eneer|[Dd]e heer|[Mm]evr\.?|[Mm]w\.?|[Dd]hr\.?|[Hh]r\.|[Jj]uf|[Mm]eester|[Mm]ijn naam is"
    rf"|[Ii]k heet|[Gg]enaamd|[Mm]y name is|Mrs?\.?|Ms\.?)\s+{_PARTICLE}{_WORD}(?:\s+{_PARTICLE}{_WORD})?)"
)
_CAPITALISED = re.compile(rf"\b{_WORD}")


@dataclass(frozen=True)
class Kind:
    """One kind of direct identifier: how it looks, and what proves it."""

    name: str
    pattern: re.Pattern[str]
    proves: Callable[[str], bool] = lambda _: True


def is_bsn(text: str) -> bool:
    """Whether a number passes the eleven-test: 9 a + 8 b + ... + 2 h - i is a multiple of 11 (nine digits)."""
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) == 8:
        digits = [0, *digits]
    if len(digits) != 9 or not any(digits):
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0


def is_iban(text: str) -> bool:
    """Whether an account number leaves remainder 1 at 97, with its first four characters put last (ISO 13616)."""
    plain = re.sub(r"[\s.-]", "", text).upper()
    if not 15 <= len(plain) <= 34:
        return False
    turned = plain[4:] + plain[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


KINDS: tuple[Kind, ...] = (
    Kind(
        "e-mail address", re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
    ),
    Kind(
        "IBAN",
        re.compile(r"\b[A-Z]{2}\d{2}[ .-]?(?:[A-Z0-9]{4}[ .-]?){2,7}[A-Z0-9]{0,4}\b", re.IGNORECASE),
        is_iban,
    ),
    Kind("BSN", re.compile(r"(?<![\d.,/-])\d{3}[ .-]?\d{2}[ .-]?\d{3,4}(?![\d/-])"), is_bsn),
    Kind(
        "telephone number",
        re.compile(r"(?<![\d.,])(?:\+31|0031|0)[ (]{0,2}0?\)?[ -]?[1-9](?:[ .-]?\d){8}(?!\d)"),
        lambda t: sum(c.isdigit() for c in t) in (10, 11, 12, 13),
    ),
    Kind(
        "postcode and house number",
        re.compile(r"\b[1-9]\d{3}\s?[A-Z]{2}\b[\s,]{1,3}\d{1,5}(?!\d)", re.IGNORECASE),
    ),
    Kind(
        "street and house number",
        re.compile(
            r"\b[A-Z][a-z]+(?:straat|laan|weg|plein|gracht|kade|singel|hof|dreef|steeg|pad)\s+\d{1,5}\b"
        ),
    ),
    Kind(
        "IP address",
        re.compile(r"(?<![\d.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.])"),
    ),
)


def identifiers_of(text: str) -> Iterator[tuple[str, str]]:
    """(kind, identifier) of everything in `text` that looks like a direct identifier and passes its check."""
    taken: list[tuple[int, int]] = []
    for kind in KINDS:
        for match in kind.pattern.finditer(text):
            if kind.proves(match.group()) and not any(
                a < match.end() and match.start() < b for a, b in taken
            ):
                taken.append(match.span())
                yield kind.name, match.group()
    yield from (("possible name", name) for name in names_of(text))


def names_of(text: str) -> Iterator[str]:
    """Words that may name a person: after a form of address, or a common first name with a capital in a sentence."""
    for match in _PERSON.finditer(text):
        yield match.group()
    if " " not in text.strip():
        return
    for match in _CAPITALISED.finditer(text):
        if match.group() in _FIRST_NAMES:
            yield match.group()

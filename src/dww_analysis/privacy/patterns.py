"""What direct identifiers look like in Dutch data: one register of kinds, each with the search that finds it.

A kind is found by how it looks and, where the number carries its own proof, by that proof. How well this works is
measured on invented answers in the tests and written in docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dww_analysis.privacy.names import find_names
from dww_analysis.privacy.numbers import (
    Span,
    find_bsn,
    find_iban,
    find_ip,
    find_persons_number,
    find_plate,
    find_telephone,
    is_bsn,
    is_iban,
)
from dww_analysis.privacy.places import find_birth, find_postcode, find_street

__all__ = ["KINDS", "NAME", "Kind", "identifiers_of", "is_bsn", "is_iban", "plain"]

NAME = "possible name"
_PIECE = 2000  # characters searched at once: the time grows with the length of a text, not with its square
_OVERLAP = 200
_MOST = 600  # identifiers that fit into a piece and the one before


@dataclass(frozen=True)
class Kind:
    """One kind of direct identifier and the search for it: text -> (start, end) of each."""

    name: str
    find: Callable[[str], Iterator[Span]]
    needs_digit: bool = False  # a text without a digit cannot hold one


_AT = r"\s?(?:@|[\[({<]\s?(?i:at|apenstaart(?:je)?)\s?[\])}>]|\s(?i:at|apenstaart(?:je)?)\s|_at_)\s?"
_DOT = r"\s?(?:\.|[\[({<]\s?(?i:dot|punt)\s?[\])}>]|\s(?i:dot|punt)\s)\s?"
_NEXT_SENTENCE = re.compile(
    r"\s(?i:at)\s[\w-]+\.\s[A-Z][a-z]+$"
)  # "learn at work. Whether": prose, no address
_E_MAIL = (
    re.compile(r"(?<![\w.%+'-])[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"),
    re.compile(rf"(?<!\w)[\w.%+-]{{2,64}}{_AT}(?:[\w-]{{1,63}}(?:\.|{_DOT}))+[A-Za-z]{{2,24}}\b"),
)
_PROFILE = re.compile(
    r"(?:https?://)?(?:(?:www|nl|m)\.)?(?:linkedin\.com/(?:in|pub)/|facebook\.com/|instagram\.com/|twitter\.com/|(?<![\w.])x\.com/|tiktok\.com/@?"
    r"|github\.com/|t\.me/|wa\.me/|youtube\.com/@|threads\.net/@|bsky\.app/profile/|snapchat\.com/add/)[\w.%+-]{2,}[\w/.-]*",
    re.IGNORECASE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"')]+", re.IGNORECASE)
_PERSONS_PATH = re.compile(
    r"/(?:~|@|in/|profiel/|profile/|user[s]?/|people/|person/|medewerkers?/|team/|wie-is-wie/|over-ons/)[a-z]+[-._][a-z]+"
    r"|/~\w+|[?&](?:name|naam|email|e-mail|mail|user|username|bsn|tel|phone|voornaam|achternaam)=[^&\s]{2,}|//[^/\s:@]+:[^/\s@]*@",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w.@/])@([A-Za-z_][\w.]{3,29})\b(?!\.\w)")
_NO_HANDLE = frozenset(
    ("work", "home", "school", "thuis", "werk", "office", "team", "teams", "allen", "iedereen", "everyone")
)
_NAMED_HANDLE = re.compile(
    r"\b(?:insta(?:gram)?|twitter|tiktok|snap(?:chat)?|skype|telegram|discord|linkedin|facebook|mastodon|bluesky|signal)"
    r"(?:[- ]?(?:account|naam|handle|gebruikersnaam|id|profiel))?"
    r"(?:\s(?:is|heet)\s|\s?[:=]\s?)@?([A-Za-z_][\w.:-]{3,39})\b",
    re.IGNORECASE,
)
_USERNAME = re.compile(
    r"\b(?:gebruikersnaam|inlognaam|username|login(?:naam)?|wachtwoord|password)(?:\s(?:is|was)\s|\s?[:=]\s?)([\w.@!#$%-]{4,40})",
    re.IGNORECASE,
)


def _find_e_mail(text: str) -> Iterator[Span]:
    for pattern in _E_MAIL:
        yield from (m.span() for m in pattern.finditer(text) if not _NEXT_SENTENCE.search(m.group()))


def _find_profile(text: str) -> Iterator[Span]:
    """Addresses on the web that are those of a person: profiles, pages of staff, names among the parameters."""
    yield from (match.span() for match in _PROFILE.finditer(text))
    for match in _URL.finditer(text):
        if _PERSONS_PATH.search(match.group()):
            yield match.span()


def _find_handle(text: str) -> Iterator[Span]:
    for match in _HANDLE.finditer(text):
        if match[1].lower() not in _NO_HANDLE:
            yield match.span()
    for pattern in (_NAMED_HANDLE, _USERNAME):
        yield from (match.span(1) for match in pattern.finditer(text) if _is_made_up(match[1]))


def _is_made_up(word: str) -> bool:
    """A name of an account, not an ordinary word: "insta is leuk" names nobody."""
    return re.search(r"[\d_.:@!#$%-]\w", word) is not None or len(word) > 9


KINDS: tuple[Kind, ...] = (
    Kind("e-mail address", _find_e_mail),
    Kind("web address of a person", _find_profile),
    Kind("IBAN", find_iban, needs_digit=True),
    Kind("IP address", find_ip, needs_digit=True),
    Kind("date of birth", find_birth, needs_digit=True),
    Kind("BSN", find_bsn, needs_digit=True),
    Kind("telephone number", find_telephone, needs_digit=True),
    Kind("personal number", find_persons_number, needs_digit=True),
    Kind("number plate", find_plate, needs_digit=True),
    Kind("postcode", find_postcode, needs_digit=True),
    Kind("street and house number", find_street, needs_digit=True),
    Kind("name of an account", _find_handle),
    Kind(NAME, find_names),
)

# One character for one, so that what is found stands at the same place in the text as delivered.
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\u00ad", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\u200b\t", " "),
    }
    | {"\uff20": "@", "\u2024": ".", **{chr(0xFF10 + i): str(i) for i in range(10)}}
)


def plain(text: str) -> str:
    """`text` with one kind of hyphen, space and digit; no character is added or taken away."""
    return text.translate(_PLAIN)


def identifiers_of(text: str) -> Iterator[tuple[str, str]]:
    """(kind, identifier) of everything in `text` that looks like a direct identifier and passes its check.

    Long texts are read in pieces that overlap by more than the longest identifier.
    """
    found: list[Span] = []
    for offset in range(0, max(len(text) - _OVERLAP, 1), _PIECE - _OVERLAP):
        searched = plain(text[offset : offset + _PIECE])
        for name, start, end in _in_piece(searched):
            span = (start + offset, end + offset)
            if not any(a < span[1] and span[0] < b for a, b in found[-_MOST:]):
                found.append(span)
                yield name, text[span[0] : span[1]]


def _in_piece(text: str) -> Iterator[tuple[str, int, int]]:
    has_digit = any(c.isdigit() for c in text)
    for kind in KINDS:
        if has_digit or not kind.needs_digit:
            yield from ((kind.name, start, end) for start, end in kind.find(text))

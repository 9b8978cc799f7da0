"""xAPI statements (IEEE 9274.1.1) as records: what is read of each line, and what makes a line unusable.

Only what is counted later is taken along: never names, addresses, texts that people wrote, or addresses of objects,
which may hold codes. A line that cannot be used is named by its number, never by its content.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from dww_analysis.delivery.codes import person_code
from dww_analysis.domain.exposure import EVENT_KINDS, VOIDED, EventRules

_UUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)
_SHA1 = re.compile(r"^[0-9a-f]{40}$", re.IGNORECASE)
_DURATION = re.compile(
    r"^P(?!$)(?:(?P<weeks>\d+(?:[.,]\d+)?)W|"
    r"(?:(?P<years>\d+(?:[.,]\d+)?)Y)?(?:(?P<months>\d+(?:[.,]\d+)?)M)?(?:(?P<days>\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:[.,]\d+)?)H)?(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?)$"
)
_SECONDS = {"weeks": 604800.0, "days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}


class Unusable(ValueError):
    """What is wrong with a statement, in words that hold nothing of it."""


@dataclass(frozen=True)
class Statement:
    """One statement: who (a code to be pseudonymised), what, when (UTC); and what tells it from others."""

    line: int
    id: str
    actor: str  # "" for a group
    home_page: str  # of an account; "" for other actors
    verb: str
    kind: str
    object_type: str
    voids: str  # id of the statement that this one voids, or ""
    timestamp: pd.Timestamp | None
    stored: pd.Timestamp | None
    duration_seconds: float
    score_scaled: float
    success: bool | None
    completion: bool | None
    content: str  # hash of everything but the fields that the store adds
    declared: tuple[str, ...]  # texts of the paths that rules ask for, in their order


def records(lines: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """(line number, JSON value or an Unusable) of each filled line; numbers of statements for one JSON list."""
    opening = next((line.lstrip("\ufeff \t") for line in lines if line.strip("\ufeff \t\r\n")), "")
    if opening.startswith("["):
        whole = _json("\n".join(lines))
        many = whole if isinstance(whole, list) else [whole]
        yield from enumerate(many, start=1)
        return
    for number, line in enumerate(lines, start=1):
        text = line.strip("\ufeff \t\r\n")
        if text:
            yield number, _json(text)


def flattened(lines: Sequence[str]) -> pd.DataFrame:
    """All readable statements as one table for the scan for identifiers, a row each, without columns of their own
    ids and times.

    Addresses of objects and kinds of objects stay: they may hold names or codes.
    """
    whole = [value for _, value in records(lines) if isinstance(value, dict)]
    table = pd.json_normalize(whole)
    return table.drop(columns=[c for c in ("id", "timestamp", "stored") if c in table])


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return Unusable("not JSON")


def _no_constant(name: str) -> Any:
    raise ValueError(name)  # NaN and Infinity are not JSON


def read_statement(line: int, value: Any, rules: EventRules, paths: Sequence[str]) -> Statement:
    """One statement; raises `Unusable` when it is not one."""
    if isinstance(value, Unusable):
        raise value
    if not isinstance(value, dict):
        raise Unusable("not a statement")
    identifier = value.get("id")
    if not isinstance(identifier, str) or not _UUID.match(identifier):
        raise Unusable("no statement id (a UUID)")
    verb = _part(value, "verb").get("id")
    if not isinstance(verb, str) or not verb:
        raise Unusable("no verb id")
    target = _part(value, "object")
    actor, home_page = _actor(_part(value, "actor"))
    result = _sub(value, "result")
    timestamp, stored = _moment(value.get("timestamp")), _moment(value.get("stored"))
    if timestamp is None and stored is None:
        raise Unusable("no timestamp")
    voids = target.get("id") if verb == VOIDED and target.get("objectType") == "StatementRef" else ""
    return Statement(
        line=line,
        id=identifier.lower(),
        actor=actor,
        home_page=home_page,
        verb=verb,
        kind=kind_of(verb, rules),
        object_type=_last(str(_sub(target, "definition").get("type") or target.get("objectType") or "")),
        voids=str(voids or "").lower(),
        timestamp=timestamp,
        stored=stored,
        duration_seconds=_duration(result.get("duration")),
        score_scaled=_scaled(_sub(result, "score").get("scaled")),
        success=result.get("success") if isinstance(result.get("success"), bool) else None,
        completion=result.get("completion") if isinstance(result.get("completion"), bool) else None,
        content=_content(value),
        declared=tuple(_at(value, path) for path in paths),
    )


def kind_of(verb: str, rules: EventRules) -> str:
    """The kind of event: by the study's list, else by the last part of the verb's address, else "other"."""
    if verb in rules.kinds:
        return rules.kinds[verb]
    name = _last(verb).replace("-", "_").lower()
    return name if name in EVENT_KINDS else "other"


def _last(address: str) -> str:
    return re.split(r"[/#]", address.rstrip("/#"))[-1]


def _part(value: dict, name: str) -> dict:
    part = value.get(name)
    if not isinstance(part, dict):
        raise Unusable(f"no {name}")
    return part


def _sub(value: dict, name: str) -> dict:
    part = value.get(name)
    return part if isinstance(part, dict) else {}


def _actor(actor: dict) -> tuple[str, str]:
    """The code of a person, and the system an account belongs to; a group has no code.

    An address and its checksum (mbox_sha1sum) are the same person, so both become the checksum.
    """
    if actor.get("objectType") == "Group":
        return "", ""
    account, mbox, checksum = actor.get("account"), actor.get("mbox"), actor.get("mbox_sha1sum")
    openid = actor.get("openid")
    if sum(v is not None for v in (account, mbox, checksum, openid)) != 1:
        raise Unusable("an actor without exactly one of account, mbox, mbox_sha1sum and openid")
    if isinstance(account, dict):
        name, home_page = account.get("name"), account.get("homePage")
        if not isinstance(name, str) or not person_code(name) or not isinstance(home_page, str):
            raise Unusable("an account without name and homePage")
        return person_code(name), home_page.rstrip("/")
    if isinstance(mbox, str) and mbox.lower().startswith("mailto:") and len(mbox) > 7:
        return "SHA1:" + hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest(), ""
    if isinstance(checksum, str) and _SHA1.match(checksum):
        return "SHA1:" + checksum.lower(), ""
    if isinstance(openid, str) and openid:
        return "OPENID:" + openid, ""
    raise Unusable("an actor that cannot be read")


def _moment(value: Any) -> pd.Timestamp | None:
    """A moment in UTC; one without a zone counts as UTC."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value).strip())
        stamp = pd.Timestamp(moment)
        return stamp.tz_localize("UTC") if stamp.tzinfo is None else stamp.tz_convert("UTC")
    except (ValueError, OverflowError):
        raise Unusable("a timestamp that is no ISO 8601 time") from None


def _duration(value: Any) -> float:
    if value is None:
        return float("nan")
    return seconds_of_duration(value if isinstance(value, str) else "")


def seconds_of_duration(text: str) -> float:
    """Seconds of an ISO 8601 duration: "PT1H30M" is 5400, "P1W" 604800; NaN for years and months, which vary.
    `Unusable` for another text.

    >>> seconds_of_duration("P1DT0.5S")
    86400.5
    """
    match = _DURATION.match(text.strip())
    if match is None or not any(match.groupdict().values()):
        raise Unusable("a duration that is not ISO 8601")
    parts = {name: float(part.replace(",", ".")) for name, part in match.groupdict().items() if part}
    if parts.get("years") or parts.get("months"):
        return float("nan")
    return sum(_SECONDS[name] * part for name, part in parts.items() if name in _SECONDS)


def _scaled(value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1 <= value <= 1:
        raise Unusable("score.scaled that is not between -1 and 1")
    return float(value)


def _content(value: dict) -> str:
    """A hash of what the sender said: the store adds stored, authority, version and fills in the timestamp."""
    said = {k: v for k, v in value.items() if k not in ("id", "stored", "authority", "version", "timestamp")}
    text = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _at(value: Any, path: str) -> str:
    """The text at a dotted path such as "context.platform"; empty where it is not."""
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return "" if value is None or isinstance(value, dict | list) else str(value)

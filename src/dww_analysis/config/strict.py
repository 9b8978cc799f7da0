"""The base of all configuration models: unknown keys are refused with the nearest known name, all problems at once."""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import is_dataclass
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dww_analysis.config.yaml_file import Location, YamlFile
from dww_analysis.domain.study import LEVELS
from dww_analysis.domain.tables.answers import RESERVED
from dww_analysis.domain.written import is_open
from dww_analysis.errors import Problem

LONGEST_NAME, LONGEST_TEXT = 60, 4000  # characters
LANGUAGES = ("nl", "en")
FIRST_YEAR, LAST_YEAR = 1900, 2100
LARGEST_NUMBER = 1e15


class Strict(BaseModel):
    """A part of the configuration that knows all its keys. Numbers are finite, texts have an end."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        str_strip_whitespace=True,
        str_max_length=LONGEST_TEXT,
        allow_inf_nan=False,
    )


def _both_languages(value: Any) -> Any:
    return {"nl": value, "en": value} if isinstance(value, str) else value


def _known_languages(words: dict[str, str]) -> dict[str, str]:
    if not words or set(words) - set(LANGUAGES):
        raise ValueError("words as {nl: ..., en: ...}, or one text for both languages")
    return words


def _as_text(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a code or text; put quotes around yes, no, on, off, true and false")
    return str(value) if isinstance(value, int | float) else value


def a_date(text: str) -> str:
    """The date itself; ValueError for a text that is no date, or a date that does not exist."""
    try:
        year = datetime.date.fromisoformat(text).year
    except ValueError:
        year = 0
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) or not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"a date that exists, YYYY-MM-DD, between {FIRST_YEAR} and {LAST_YEAR}")
    return text


Words = Annotated[
    dict[str, str],
    BeforeValidator(_both_languages, json_schema_input_type=str | dict[str, str]),
    AfterValidator(_known_languages),
]
Code = Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int | float)]
IsoDate = Annotated[str, AfterValidator(a_date)]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        max_length=LONGEST_NAME,
        description="lower-case letters, digits and underscores",
    ),
]


def refuse_reserved(names: Iterable[str], reserved: Collection[str]) -> None:
    """ValueError for names that the tables have for columns of their own."""
    found = next((name for name in names if name in reserved), None)
    if found is not None:
        raise ValueError(f"another name than `{found}`, which is a column of the tables that this stands in")


def _not_reserved(name: str) -> str:
    refuse_reserved([name], {*LEVELS, *RESERVED})
    return name


OwnName = Annotated[Name, AfterValidator(_not_reserved)]  # of a column that a study adds to the tables

Model = TypeVar("Model", bound=Strict)


def validate(model: type[Model], file: YamlFile) -> tuple[Model | None, list[Problem]]:
    """The validated model, or None and every problem of the file with its line."""
    try:
        return model.model_validate(file.values if file.values is not None else {}), []
    except ValidationError as error:
        found = [
            _problem(model, file, dict(e)) for e in error.errors() if not is_open(e.get("input"), e["loc"])
        ]
        return None, list(dict.fromkeys(found))


def _problem(model: type[Strict], file: YamlFile, error: dict[str, Any]) -> Problem:
    location = tuple(part for part in error["loc"] if not _is_tag(part))
    dotted = shorten(".".join(str(part) for part in location)) or "the file"
    if error["type"] == "extra_forbidden":
        known = _known_names(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1])[:LONGEST_NAME], known, n=1, cutoff=0.5)
        action = f"did you mean `{near[0]}`?" if near else "remove it, or look the name up in docs/config.md"
        return Problem(
            found=f"unknown key `{dotted}`",
            where=file.where(location),
            expected="one of " + ", ".join(sorted(known)),
            action=action,
        )
    if error["type"] == "missing":
        return Problem(
            found=f"`{dotted}` is missing",
            where=file.where(location[:-1]),
            expected="a value for this key",
            action=f"add `{location[-1]}:`",
        )
    given = error.get("input")
    shown = "" if isinstance(given, dict | list) else f" {_said(given)}"
    named = _id_at(file.values, location)
    if not location and error["type"] == "value_error":
        return Problem(
            found="values that do not fit together",
            where=file.where(location),
            expected=_expected(error),
            action="correct one of them",
        )
    return Problem(
        found=f"`{dotted}`{named} has a value{shown} that does not fit",
        where=file.where(location),
        expected=_expected(error),
        action="correct the value",
    )


def _id_at(values: Any, location: Location) -> str:
    """ " of `w0`" for a place inside a list of things that have an id."""
    found = ""
    for part in location:
        try:
            values = values[part]
        except (LookupError, TypeError):
            break
        if isinstance(part, int) and isinstance(values, dict) and isinstance(values.get("id"), str):
            found = f" of `{shorten(values['id'], LONGEST_NAME)}`"
    return found


def _said(value: Any) -> str:
    return "(nothing)" if value is None else shorten(ascii(value) if isinstance(value, str) else repr(value))


def shorten(text: str, longest: int = 80) -> str:
    """A text for a message: what cannot be printed is written out, and a long one is cut."""
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return plain if len(plain) <= longest else f"{plain[:longest]}... ({len(plain)} characters)"


_EXPECTED = {
    "string_type": "a text",
    "string_too_short": "a text of at least {min_length} characters",
    "string_too_long": "a text of at most {max_length} characters",
    "string_pattern_mismatch": "lower-case letters, digits and underscores, a letter first",
    "string_unicode": "text that can be written as UTF-8",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 18 digits",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "dataclass_type": "keys with values",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_short": "a list of at least {min_length}, not of {actual_length}",
    "too_long": "a list of at most {max_length}, not of {actual_length}",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "literal_error": "one of {expected}",
    "none_required": "nothing",
}


def _expected(error: dict[str, Any]) -> str:
    """What fits, in plain words."""
    if error["type"] == "string_pattern_mismatch" and "a-z" not in str(error["ctx"]["pattern"]):
        return f"a text of the form {error['ctx']['pattern']}"
    words = _EXPECTED.get(error["type"])
    if words is not None:
        return words.format(**error.get("ctx", {}))
    return re.sub(r"^(Value error, |Input should be )", "", error["msg"])


def _is_tag(part: Any) -> bool:
    """Pydantic adds the name of a union member or validator to a location; these are not keys of the file."""
    return isinstance(part, str) and bool(re.search(r"[\[(]|^function-", part)) and "{" not in part


def _known_names(model: type[Strict], location: tuple[Any, ...]) -> list[str]:
    """Field names at a location, found by walking the models and the records they hold."""
    here: Any = model
    for part in location:
        fields = getattr(here, "model_fields", {})
        if part in fields:
            here = _inner_model(fields[part].annotation) or here
    return list(getattr(here, "model_fields", None) or getattr(here, "__dataclass_fields__", {}))


def _inner_model(annotation: Any) -> Any:
    """The model or record inside an annotation such as list[Model] | None."""
    if isinstance(annotation, type) and (issubclass(annotation, Strict) or is_dataclass(annotation)):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


MOST_NAMES = 10_000
_PATTERN = re.compile(r"\{(\d+)-(\d+)\}")


def expand(pattern: str) -> list[str]:
    """`lpw_{01-12}` -> lpw_01, ..., lpw_12; a name without braces -> itself. Refuses ranges that do not count up."""
    match = _PATTERN.search(pattern)
    if match is None:
        if re.search(r"\{[^{}]*-[^{}]*\}", pattern):
            raise ValueError(f"a range of whole numbers such as {{01-12}} in `{shorten(pattern)}`")
        return [pattern]
    first, last = match.groups()
    if len(first) > 6 or len(last) > 6 or int(last) - int(first) >= MOST_NAMES:
        raise ValueError(f"at most {MOST_NAMES} names in one range")
    if int(last) < int(first):
        raise ValueError(f"a range that counts up in `{shorten(pattern)}`")
    numbers = range(int(first), int(last) + 1)
    before, after = pattern[: match.start()], expand(pattern[match.end() :])
    if len(numbers) * len(after) > MOST_NAMES:
        raise ValueError(f"at most {MOST_NAMES} names in one range")
    return [f"{before}{n:0{len(first)}d}{rest}" for n in numbers for rest in after]


def _is_pattern(text: str) -> str:
    expand(text)
    return text


Pattern = Annotated[Code, AfterValidator(_is_pattern)]  # a name, or a range of names


def plain_values(value: Any) -> Any:
    """A value of free form, refused when a part of it is endless, not finite or no text that can be written."""
    if isinstance(value, dict):
        return {plain_values(key): plain_values(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain_values(part) for part in value]
    if isinstance(value, str) and (len(value) > LONGEST_TEXT or not value.isprintable()):
        raise ValueError(f"texts of at most {LONGEST_TEXT} characters that can be printed")
    if isinstance(value, int | float) and not abs(value) < LARGEST_NUMBER:
        raise ValueError("finite numbers")
    return value


def expand_names(value: Any) -> Any:
    """A list of names, or one name, with its ranges written out; what is no name stays for the type check."""
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list):
        return value
    return [name for part in listed for name in (expand(part) if isinstance(part, str) else [part])]


def expand_keys(value: Any) -> Any:
    """A mapping whose keys may be ranges, with every name on its own; a name given twice is refused."""
    if not isinstance(value, dict):
        return value
    pairs = [(name, given) for key, given in value.items() for name in expand(str(key))]
    refuse_twice(name for name, _ in pairs)
    return dict(pairs)


def each_once(names: list[str]) -> list[str]:
    """The names themselves; ValueError for one that is given twice."""
    refuse_twice(names)
    return names


def refuse_twice(names: Iterable[str]) -> None:
    """ValueError for names that occur more than once."""
    seen: set[str] = set()
    twice = list(dict.fromkeys(name for name in names if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    if twice:
        shown = ", ".join(f"`{shorten(name)}`" for name in twice[:5])
        raise ValueError(f"every name once, not {shown} twice")


Codes = Annotated[list[Code], AfterValidator(each_once)]  # codes or words that each do something

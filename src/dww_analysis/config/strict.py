"""The base of all configuration models: unknown keys are refused with the nearest known name, all problems at once."""

from __future__ import annotations

import difflib
import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dww_analysis.config.yaml_file import YamlFile
from dww_analysis.errors import Problem


class Strict(BaseModel):
    """A part of the configuration that knows all its keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _both_languages(value: Any) -> Any:
    return {"nl": value, "en": value} if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Words = Annotated[dict[str, str], BeforeValidator(_both_languages)]
Code = Annotated[str, BeforeValidator(_as_text)]
Name = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower-case letters, digits and underscores")
]

Model = TypeVar("Model", bound=Strict)


def validate(model: type[Model], file: YamlFile) -> tuple[Model | None, list[Problem]]:
    """The validated model, or None and every problem of the file with its line."""
    try:
        return model.model_validate(file.values if file.values is not None else {}), []
    except ValidationError as error:
        return None, [_problem(model, file, dict(e)) for e in error.errors()]


def _problem(model: type[Strict], file: YamlFile, error: dict[str, Any]) -> Problem:
    location = tuple(part for part in error["loc"] if not _is_tag(part))
    dotted = ".".join(str(part) for part in location) or "the file"
    if error["type"] == "extra_forbidden":
        known = _known_names(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1, cutoff=0.5)
        action = f"did you mean `{near[0]}`?" if near else "remove it, or look the name up in docs/config.md"
        return Problem(
            f"unknown key `{dotted}`", file.where(location), "one of " + ", ".join(sorted(known)), action
        )
    if error["type"] == "missing":
        return Problem(
            f"`{dotted}` is missing",
            file.where(location[:-1]),
            "a value for this key",
            f"add `{location[-1]}:`",
        )
    shown = "" if isinstance(error.get("input"), dict | list) else f" {error.get('input')!r}"
    return Problem(
        f"`{dotted}` has a value{shown} that does not fit",
        file.where(location),
        re.sub(r"^(Value error, |Input should be )", "", error["msg"]),
        "correct the value",
    )


def _is_tag(part: Any) -> bool:
    """Pydantic adds the name of a union member or validator to a location; these are not keys of the file."""
    return isinstance(part, str) and bool(re.search(r"[\[(]|^function-", part))


def _known_names(model: type[Strict], location: tuple[Any, ...]) -> list[str]:
    """Field names at a location, found by walking the models."""
    here: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        fields = getattr(here, "model_fields", None)
        if fields is None or part not in fields:
            continue
        here = _inner_model(fields[part].annotation) or here
    return list(getattr(here, "model_fields", {}))


def _inner_model(annotation: Any) -> type[Strict] | None:
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


MOST_NAMES = 10_000
_PATTERN = re.compile(r"\{(\d+)-(\d+)\}")


def expand(pattern: str) -> list[str]:
    """`lpw_{01-12}` -> lpw_01, ..., lpw_12; a name without braces -> itself."""
    match = _PATTERN.search(pattern)
    if match is None:
        return [pattern]
    first, last = match.groups()
    if len(first) > 6 or len(last) > 6 or int(last) - int(first) >= MOST_NAMES:
        raise ValueError(f"at most {MOST_NAMES} names in one range")
    numbers = range(int(first), int(last) + 1)
    return [f"{pattern[: match.start()]}{n:0{len(first)}d}{pattern[match.end() :]}" for n in numbers]

"""What a delivered file is: answers, a list of teams and arms, a diary, personnel records or observations.

And how its rows and columns lie: one wave, waves below each other, or waves beside each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dww_analysis.delivery.codes import code_text, fold
from dww_analysis.guess.columns import Column, Delivered
from dww_analysis.guess.items import find_sets, is_score, is_single
from dww_analysis.guess.names import Marked, key_of, order_of, squeezed, without_mark, without_time
from dww_analysis.guess.roles import (
    guess_arm,
    guess_organisation,
    guess_person,
    guess_team,
    guess_wave,
    is_background,
    is_control,
)

MOST_WAVES = 20
_SURE_WAVES = {
    "wave",
    "meting",
    "meetmoment",
    "golf",
    "meetronde",
    "redcapeventname",
    "eventname",
    "timepoint",
    "tijdstip",
}

_DIARY = {
    "beep": "beep beepnr beepnummer beepid signal signaal prompt promptid",
    "scheduled": "scheduled scheduledat scheduledtime gepland geplandetijd",
    "sent": "sent sentat senttime verstuurd verzonden verstuurdop triggertime",
    "started": "started startedat startedtime gestart geopend opened openedat",
    "finished": "finished finishedat completedat afgerondop beantwoordop answeredat answered beantwoord",
    "expired": "expired expiredat verlopen verlopenop",
    "learning_source": "learningsource geleerdvan leerbron",
    "learning_process": "learningprocess geleerddoor leerproces leeractiviteit",
}
_HR = {
    "start": "start startdate startdatum begindatum indienst datumindienst indienstdatum ingangsdatum contractstart",
    "end": "end enddate einddatum uitdienst datumuitdienst uitdienstdatum contracteinde eindecontract contractend",
    "fte": "fte deeltijdfactor dienstverbandfte",
    "function": "function functie functienaam functiegroep",
    "exit_reason": "exitreason redenuitdienst vertrekreden uitstroomreden reden",
    "destination": "destination bestemming uitstroombestemming",
    "internal_transfer": "internaltransfer internedoorstroom interneoverplaatsing",
}
_OBSERVATIONS = {
    "date": "date datum observatiedatum observationdate dag",
    "observer": "observer observator beoordelaar rater observant observercode observatorcode",
}
EXPOSURE: Mapping[str, Mapping[str, str]] = {"diary": _DIARY, "hr": _HR, "observations": _OBSERVATIONS}


def named(columns: Sequence[Column], names: Mapping[str, str]) -> dict[str, str]:
    """Our name -> their column, by exact names."""
    by_name = {squeezed(c.name): c.name for c in reversed(columns)}
    found = {
        ours: next((by_name[n] for n in given.split() if n in by_name), None) for ours, given in names.items()
    }
    return {ours: theirs for ours, theirs in found.items() if theirs is not None}


def kind_of(file: Delivered) -> str:
    """The kind of source that a file is; "answers" where nothing clearly says otherwise."""
    if file.data is None:
        return "events" if file.format == "lines" else "answers"
    if allocation_columns(file):
        return "allocation"
    if guess_person(file, repeated=True) is None or file.format in TOOLS:
        return "answers"
    dates = {c.name for c in file.columns if c.kind == "date"}
    diary, hr, seen = (named(file.columns, EXPOSURE[kind]) for kind in ("diary", "hr", "observations"))
    moments = {"scheduled", "sent", "started", "finished", "expired"} & diary.keys()
    if len(moments) >= 2 and dates & {diary[m] for m in moments}:
        return "diary"
    if {"start", "end"} <= hr.keys() and hr["start"] in dates and not find_sets(by_key(file.columns)):
        return "hr"
    if {"date", "observer"} <= seen.keys():
        return "observations"
    return "answers"


def by_key(columns: Sequence[Column]) -> dict[str, Column]:
    """Columns by their name in one spelling; names that differ only in spelling keep their own."""
    counts = Counter(key_of(c.name) for c in columns)
    return {key_of(c.name) if counts[key_of(c.name)] == 1 and key_of(c.name) else c.name: c for c in columns}


TOOLS = ("qualtrics", "limesurvey", "redcap", "castor")  # layouts of answers


def allocation_columns(file: Delivered) -> dict[str, str]:
    """The columns of a list with one row a unit and its arm, or the wave or date at which it starts; nothing for
    another file. Units are teams, organisations or, with arms, persons."""
    if file.data is None:
        return {}
    return _listed_units(file) or _listed_persons(file) or _listed_starts(file)


def _listed_units(file: Delivered) -> dict[str, str]:
    """A list of teams (organisations) and arms."""
    arm = guess_arm(file.columns)
    team = guess_team(file.columns, [arm or ""])
    organisation = guess_organisation(file.columns, [arm or "", team or ""])
    unit = team or organisation
    arm = arm or _only_grouping([c for c in file.columns if c.name not in (team, organisation)])
    if arm is None:
        return {}
    if unit is None or not _once_each(file, [n for n in (organisation, team) if n]):
        return {}
    if find_sets(by_key([c for c in file.columns if c.name not in (arm, team, organisation)])):
        return {}
    roles = {"organisation": organisation, "team": team, "arm": arm}
    return {ours: theirs for ours, theirs in roles.items() if theirs}


def _listed_persons(file: Delivered) -> dict[str, str]:
    """A list of persons, their organisations where it has them, and arms: nothing in it is an answer."""
    person = guess_person(file)
    if person is None or not file.column(person).unique:
        return {}
    arm = guess_arm(file.columns) or _only_grouping([c for c in file.columns if _may_be_arms(c, person)])
    if arm in (None, person):
        return {}
    organisation = guess_organisation(file.columns, [arm, person])
    roles = {"person": person, "organisation": organisation, "arm": arm}
    found = {ours: theirs for ours, theirs in roles.items() if theirs}
    return found if _no_answers(file, tuple(found.values())) else {}


def _may_be_arms(column: Column, person: str) -> bool:
    """Whether a column of a list of persons may say the arm: yes and no are facts about a person."""
    return column.name != person and not any(fold(w) in ("ja", "nee", "yes", "no") for w in column.words)


_START = {
    "start": "start startwave startmeting startgolf startronde startmoment startmeetmoment startdatum startdate "
    "startweek startmaand begindatum ingangsdatum"
}


def _listed_starts(file: Delivered) -> dict[str, str]:
    """A list of teams (organisations) that start at a wave, or on a day, of their own."""
    start = named(file.columns, _START).get("start")
    team = guess_team(file.columns, [start or ""])
    organisation = guess_organisation(file.columns, [start or "", team or ""])
    units = [name for name in (organisation, team) if name]
    if start is None or not units or not _once_each(file, units):
        return {}
    column = file.column(start)
    when = column.kind == "date" or (len(column.numbers) > 0 and 0 <= column.numbers[0] <= MOST_WAVES)
    if not when or guess_person(file) is not None or not _no_answers(file, (start, *units)):
        return {}
    return {ours: theirs for ours, theirs in (("organisation", organisation), ("team", team)) if theirs} | {
        "start": start
    }


def _no_answers(file: Delivered, taken: Sequence[str]) -> bool:
    """Whether no other column of a file looks like an item or a score."""
    others = [c for c in file.columns if c.name not in taken]
    asked = any((is_single(c) or is_score(c)) and not is_background(c) for c in others)
    return file.format not in TOOLS and not asked and not find_sets(by_key(others))


def _only_grouping(columns: Sequence[Column]) -> str | None:
    """The column of a short list that divides its rows in a few groups, one of them named as a reference arm."""
    few = [c for c in columns if c.words and 2 <= c.distinct <= 4 and any(is_control(w) for w in c.words)]
    return few[0].name if len(few) == 1 else None


def _once_each(file: Delivered, names: Sequence[str]) -> bool:
    assert file.data is not None
    texts = file.data[list(names)].map(code_text)
    return not texts[texts.ne("").all(axis=1)].duplicated().any()


@dataclass(frozen=True, eq=False)
class Slice:
    """One wave of one file: which of its rows, and its columns by their name over all waves."""

    file: Delivered
    data: pd.DataFrame
    columns: Mapping[str, Column]  # key over all waves -> the column in this file
    person: str | None
    rows: tuple[str, str] | None = None
    mark: str = ""
    repeated: tuple[str, ...] = ()  # other columns that say where the rows belong: they are no answers


def slices_of(file: Delivered, several: bool = False) -> list[Slice]:
    """The waves in a file of answers. `several`: there are other files of answers."""
    assert file.data is not None
    person = guess_person(file) or guess_person(file, repeated=True)
    long = _long(file)
    if long is not None:
        name, values, person = long
        columns = {key: c for key, c in by_key(file.columns).items() if c.name != name}
        texts = file.data[name].map(code_text)
        return [Slice(file, file.data[texts == v], columns, person, (name, v), v, (name,)) for v in values]
    wide = _wide(file, several)
    if wide:
        used = [{c.name for c in columns.values()} for _, columns in wide]
        return [
            Slice(file, file.data, columns, person, None, mark, tuple(set().union(*used) - here))
            for (mark, columns), here in zip(wide, used, strict=True)
        ]
    return [Slice(file, file.data, by_key(file.columns), person)]


def _long(file: Delivered) -> tuple[str, list[str], str | None] | None:
    """The column of waves, its values in order and the person, for a file with waves below each other."""
    assert file.data is not None
    person = guess_person(file, repeated=True)
    wave = guess_wave(file.columns, [person or ""])
    if wave is None:
        return None
    texts = file.data[wave].map(code_text)
    values = sorted({v for v in texts if v}, key=order_of)
    if len(values) > MOST_WAVES or len(values) < 2:
        return None
    if person is None:
        return (wave, values, None) if squeezed(wave) in _SURE_WAVES else None
    codes = file.data[person].map(code_text)
    pairs = pd.DataFrame({"person": codes, "wave": texts})[codes.ne("") & texts.ne("")]
    again = pairs["person"].duplicated().mean()
    if pairs.duplicated().mean() > 0.02 or again < 0.2:
        return None
    return wave, values, person


def _wide(file: Delivered, several: bool) -> list[tuple[str, dict[str, Column]]]:
    """Mark -> columns, for a file whose names carry marks of waves. One mark counts where there are other files; years
    and months count where two or more questions stand in each."""
    return _beside(file, several, without_mark) or _beside(file, False, without_time, least=2)


def _beside(
    file: Delivered, several: bool, unmarked: Callable[[str], Marked], least: int = 1
) -> list[tuple[str, dict[str, Column]]]:
    """Mark -> columns, by one way of marking; `least`: questions that a mark shares with another one, of which who
    somebody is (`uren_2023`) is none where it takes several."""
    marked: dict[str, dict[str, Column]] = defaultdict(dict)
    plain: list[Column] = []
    for column in file.columns:
        name = unmarked(column.name)
        if name.mark and not is_background(column):
            marked[name.mark].setdefault(key_of(name.base), replace(column, base=name.base))
        else:
            plain.append(column)
    answers = {
        mark: {
            k: c
            for k, c in columns.items()
            if (c.is_answer or c.kind == "number") and (least == 1 or not is_background(c))
        }
        for mark, columns in marked.items()
    }
    answers = {mark: columns for mark, columns in answers.items() if columns}
    shared = [
        m
        for m in answers
        if any(len(answers[m].keys() & answers[o].keys()) >= least for o in answers if o != m)
    ]
    single = several and len(answers) == 1 and len(next(iter(answers.values()))) >= 3
    marks = sorted(shared or (answers if single else []), key=order_of)
    if not marks:
        return []
    rest = {**by_key([*plain, *(c for m, cs in marked.items() if m not in marks for c in cs.values())])}
    result = []
    for position, mark in enumerate(marks):
        others = {k: c for k, c in rest.items() if position == 0 or _of_all_waves(c, file)}
        result.append((mark, {**others, **{k: c for k, c in marked[mark].items() if k not in others}}))
    return result


def _of_all_waves(column: Column, file: Delivered) -> bool:
    """Whether an unmarked column of a wide file goes with each of its waves: roles and background."""
    roles = {
        guess_person(file),
        guess_team(file.columns),
        guess_organisation(file.columns),
        guess_arm(file.columns),
    }
    return column.name in roles or is_background(column)

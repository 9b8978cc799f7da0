"""Which column says who answered, in which team and organisation, under which arm, and when.

Exact names come first, then what the layout of the survey tool knows, then words in the name. A number that the tool
counts its responses with (`id`, `Id`, `ResponseId`) is no person: the same person has another one in the next wave.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from dww_analysis.delivery.codes import fold
from dww_analysis.domain.tables.answers import RESERVED
from dww_analysis.guess.columns import Column, Delivered
from dww_analysis.guess.names import parts_of, places, squeezed

ROLES = ("person", "team", "organisation", "arm")
TAKEN = frozenset({*ROLES, *RESERVED})  # names that no column, scale or background variable gets


def listed(text: str) -> tuple[str, ...]:
    """The words of a text, in order."""
    return tuple(text.split())


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_PERSON_EXACT = listed(
    "person persoon personid persoonid personcode persoonscode persoonlijkecode pseudoniem pseudonym "
    "deelnemer deelnemerid deelnemercode deelnemerscode deelnemernummer deelnemersnummer deelnemernr "
    "respondentcode respondentnummer participant participantid participantcode participantnumber subject "
    "subjectid subjid subjectcode pp ppid ppn ppnr ppcode proefpersoon proefpersoonnummer studycode "
    "studiecode studienummer studyid code eigencode uniekecode personalcode uniquecode koppelcode "
    "linkcode anonymecode anoniemecode"
)
# in the layouts of tools: what a person is invited by, or was given
_OF_TOOLS = listed(
    "token externalreference externaldatareference participantid recordid respondentid custom1 customdata "
    "externalid contactid"
)
_RESPONSE = words(
    "id responseid responsid response responsenumber responsenummer nr no nummer number rij rijnummer row "
    "rownumber volgnummer record recordnumber case caseid casenr index seed antwoordid antwoordnummer "
    "invulnummer submissionid entryid startid"
)
_PERSONS = words(
    "person persoon persoons personeel personeels werknemer respondent deelnemer deelnemers participant "
    "subject student leerling medewerker employee client patient resp pp proefpersoon professional "
    "collega leraar docent teacher pupil kind child worker soldier lid"
)
_NUMBERS = words("id code nr num no nummer number key sleutel ids")
_TEAM_EXACT = listed(
    "team teamid teamcode teamnaam teamname teamnr teamnummer afdeling afdelingsnaam department unit group groep klas "
    "class classid klasid grp werkgroep ward wijkteam"
)
_TEAM_PARTS = words(
    "team teams teamcode teamnaam teamname teamid teamnr teamnummer afdeling afdelingscode unit department klas "
    "klascode wijkteam ward groep group grp compid company class"
)
_ORGANISATION_EXACT = listed(
    "organisatie organisation organization org organisatieid orgid instelling institute "
    "instituteabbreviation school schoolid locatie location site siteid vestiging bedrijf company "
    "organisatienaam practice praktijk ziekenhuis hospital btn battalion regio"
)
_ORGANISATION_PARTS = words(
    "organisatie organisation organization instelling institute school locatie site vestiging bedrijf btn "
    "battalion org"
)
_ARM_EXACT = listed(
    "arm studiearm onderzoeksarm trialarm armcode armnaam groepsindeling groepstoewijzing armname "
    "conditie condition conditiecode treatment treatmentarm studyarm randomisatie randomisation "
    "randomization randomisatiegroep randomizationgroup allocatie allocation toewijzing onderzoeksgroep "
    "interventiegroep experiment trt interventie intervention behandeling"
)
_ARM_PARTS = words(
    "arm conditie condition randomisatie randomisation randomization randomised randomized allocatie allocation"
)
_WAVE_EXACT = listed(
    "wave meting meetmoment moment golf ronde time timepoint tijdstip tijd t week weeknr weeknummer "
    "weeknumber maand month periode period visit bezoek event redcapeventname eventname measurement "
    "occasion sessie session fase phase meetronde wavenumber wavenr metingnr tp round"
)
_CONTROL = words(
    "control controle controlegroep ctrl co wachtlijst wachten wacht waiting waitlist waitinglist usual regulier "
    "gewoon gewoonlijk geen no none vergelijking comparison care tau cau placebo standaard standard nee"
)
_ARM_WORDS = _CONTROL | words(
    "interventie intervention int interventiegroep experimenteel experimental exp treatment treated "
    "behandeling ondersteund meedoen deelname"
)
SYSTEM = words(
    "startdate enddate status progress durationinseconds finished recordeddate distributionchannel "
    "userlanguage submitdate lastpage startlanguage startdatum datestamp refurl interviewtime begintijd "
    "tijdvanvoltooien starttime completiontime tijdvanlaatstewijziging lastmodifiedtime timestamp "
    "tijdstempel language taal duur duration duratie responstijd collectorid datecreated datemodified "
    "surveycompletedon surveycreationdate participantstatus surveystatus surveyprogress surveyname "
    "surveyinstanceid surveyparent castorrecordid redcaprepeatinstance redcaprepeatinstrument "
    "redcapsurveyidentifier voltooid klaar complete completed compleet afgerond ingevuld opmerking "
    "opmerkingen remarks comments toestemming consent akkoord seed randomisationdate version versie "
    "pagina page"
)
# timers of pages, marks of finished forms, scores of the tool about robots
_SYSTEM_ENDS = (
    "firstclick",
    "lastclick",
    "pagesubmit",
    "clickcount",
    "complete",
    "timestamp",
    "wegingsfactor",
)
_SYSTEM_STARTS = (
    "qrecaptcha",
    "qrelevantid",
    "qduplicate",
    "qballot",
    "grouptime",
    "groeptijd",
    "location",
    "gewicht",
    "weight",
)
_BACKGROUND = words(
    "leeftijd leeftijdsgroep leeftijdscategorie age agegroup geslacht gender sex sekse opleiding "
    "opleidingsniveau education functie function beroep profession occupation job rol role dienstjaren "
    "werkjaren jaren years year jaar uren hours fte tenure dienstverband contract contracturen ervaring "
    "experience nationaliteit nationality land country taal language inkomen income burgerlijke marital "
    "kinderen children religie religion grootte size aanstelling leerjaar grade sector branche postcode"
)


def is_system(column: Column) -> bool:
    """Whether the column is bookkeeping of the survey tool: dates, progress, language."""
    name = squeezed(column.name)
    counted = name in SYSTEM or name.endswith(_SYSTEM_ENDS) or name.startswith(_SYSTEM_STARTS)
    return column.kind in ("date", "time") or counted or _is_response(column.name)


def is_background(column: Column) -> bool:
    """Whether a short name says that the column describes a person or a team: age, function, years."""
    if _asks_background(column.label):
        return True
    parts = parts_of(column.plain)
    if any(p.isdigit() for p in parts) or len(parts) > 6:
        return False
    return not _BACKGROUND.isdisjoint([*parts, squeezed(column.plain)])


def _asks_background(label: str) -> bool:
    """Whether a question text asks who somebody is: "Leeftijdsgroep", "Wat is uw functie?"."""
    said = parts_of(re.sub(r"\([^()]*\)", " ", label))
    if not said or len(said) > 8:
        return False
    asks = said[:2] in (["wat", "is"], ["what", "is"], ["hoeveel", "jaar"], ["how", "many"])
    return said[0] in _BACKGROUND or (asks and not _BACKGROUND.isdisjoint(said))


def _is_response(name: str) -> bool:
    return squeezed(name) in _RESPONSE


def guess_person(file: Delivered, repeated: bool = False) -> str | None:
    """The column with a person's code. `repeated`: persons have several rows (waves below each other)."""
    columns = [c for c in file.columns if c.filled and c.kind != "date" and not c.fractions]
    for names in (_PERSON_EXACT, _OF_TOOLS):
        found = _exact(columns, names, lambda c: repeated or _fits_person(c))
        if found:
            return found.name
    worded = [c for c in columns if _says_person(c)]
    best = _most_distinct(worded, repeated)
    if best is None:
        best = _most_distinct([c for c in columns if _asks_for_a_code(c.label)], repeated)
    if best is None:
        best = _most_distinct([c for c in columns if _looks_like_codes(c)], repeated)
    if best is None and not _counted_by_tool(file):
        best = _most_distinct(
            [c for c in columns if squeezed(c.name) in ("id", "nr", "nummer", "number")], repeated
        )
    return best.name if best else None


def _exact(columns: Sequence[Column], names: Iterable[str], fits: Callable[[Column], bool]) -> Column | None:
    """The first column, in the order of `names`, whose whole name is one of them."""
    by_name: dict[str, Column] = {}
    for column in columns:
        if fits(column):
            by_name.setdefault(squeezed(column.name), column)
    return next((by_name[name] for name in names if name in by_name), None)


def _fits_person(column: Column) -> bool:
    return column.distinct >= 0.6 * column.filled and not column.value_labels


def _most_distinct(columns: Sequence[Column], repeated: bool) -> Column | None:
    """The column whose values occur once; where persons have several rows, the one with most values."""
    fitting = [c for c in columns if repeated or _fits_person(c)]
    return max(fitting, key=lambda c: c.distinct, default=None)


def _says_person(column: Column) -> bool:
    """Whether the name has a word for persons beside one for codes or numbers."""
    parts = set(parts_of(column.name))
    glued = any(
        name.startswith(p) and name.removeprefix(p).removeprefix("s") in _NUMBERS
        for name in (squeezed(column.name), *parts)
        for p in _PERSONS
    )
    return bool(
        glued
        or _asks_for_a_code(column.name)
        or (parts & _PERSONS and (parts & _NUMBERS or parts <= _PERSONS))
    )


_OWN = words("persoonlijke eigen jouw je uw your personal unieke")


def _asks_for_a_code(text: str) -> bool:
    """Whether a name or question text asks for the code of a person: "Wat is je persoonlijke code?"."""
    parts = set(parts_of(text))
    return bool({"code", "pseudoniem"} & parts and _OWN & parts)


def _looks_like_codes(column: Column) -> bool:
    """Short texts without spaces that occur once: codes, whatever the column is called."""
    return (
        column.unique
        and column.kind == "text"
        and not column.identifying
        and not is_system(column)
        and bool({"code", "id", "key", "sleutel", "nummer"} & set(parts_of(column.name)))
    )


def _counted_by_tool(file: Delivered) -> bool:
    """Whether the file comes from a tool that counts its responses."""
    names = {squeezed(c.name) for c in file.columns}
    tools = ("qualtrics", "limesurvey", "castor", "redcap")
    return file.format in tools or not names.isdisjoint(
        {"begintijd", "starttime", "startdate", "submitdate", "timestamp", "tijdstempel", "completiontime"}
    )


def guess_team(columns: Sequence[Column], taken: Iterable[str] = ()) -> str | None:
    """The column with the team of a row: shared by rows, and no item about the team."""
    return _shared(columns, _TEAM_EXACT, _TEAM_PARTS, set(taken))


def guess_organisation(columns: Sequence[Column], taken: Iterable[str] = ()) -> str | None:
    """The column with the organisation of a row."""
    return _shared(columns, _ORGANISATION_EXACT, _ORGANISATION_PARTS, set(taken))


def _shared(
    columns: Sequence[Column], names: Sequence[str], parts: frozenset[str], taken: set[str]
) -> str | None:
    left = [c for c in columns if c.name not in taken and c.filled and c.kind in ("text", "number")]
    exact = _exact(left, names, lambda c: not c.fractions)
    if exact:
        return exact.name
    worded = [c for c in left if _names_a_group(c, parts)] or [c for c in left if _asks_for_a_group(c, parts)]
    return worded[0].name if worded else None


def _asks_for_a_group(column: Column, parts: frozenset[str]) -> bool:
    """Whether the question text asks which team it is, whatever the column is called: "In welk team werk je?"."""
    if column.fractions or column.identifying or not 1 < column.distinct < column.filled:
        return False
    said = parts_of(column.label)
    return any(one in ("welk", "welke", "which") and other in parts for one, other in pairwise(said[:6]))


def _names_a_group(column: Column, parts: frozenset[str]) -> bool:
    """`teamcode_2024`, "In welk team werk je?": a name with the word, that asks for it or is little else."""
    if column.fractions or column.identifying or is_background(column):
        return False
    words = parts_of(column.name)
    asks = bool({"welk", "welke", "which", "what", "wat"} & set(words[:3])) and (
        column.kind == "text" or len(column.value_labels) > 0
    )
    mostly = len([w for w in words if not w.isdigit()]) <= 3 and (
        column.kind == "text" or len(column.value_labels) > 0 or not _counts(column.name)
    )
    return not parts.isdisjoint(words) and (asks or mostly) and (column.distinct > 1 or column.filled == 1)


def _counts(name: str) -> bool:
    return bool(places(name))


def guess_arm(columns: Sequence[Column], taken: Iterable[str] = ()) -> str | None:
    """The column with the arm: by its name, or a group whose values are words for arms."""
    left = [c for c in columns if c.name not in set(taken) and 1 < c.distinct <= 6 and not c.fractions]
    exact = _exact(left, _ARM_EXACT, lambda c: c.distinct <= 4)
    if exact:
        return exact.name
    found = [c for c in left if are_arms([*c.words, *c.value_labels.values()]) or _names_arms(c)]
    return found[0].name if found else None


def _names_arms(column: Column) -> bool:
    """Whether a short name has a word for arms: `conditie_2024`, `randomised group`."""
    parts = parts_of(column.name)
    return column.distinct <= 4 and len(parts) <= 4 and not _ARM_PARTS.isdisjoint(parts)


def are_arms(values: Sequence[str]) -> bool:
    """Whether these few values are words for arms of a study, one of them of the reference arm."""
    folded = [set(fold(v).split()) for v in values]
    return (
        2 <= len(values) <= 4
        and all(not words.isdisjoint(_ARM_WORDS) for words in folded)
        and any(is_control(v) for v in values)
        and not all(is_control(v) for v in values)
        and not any(words <= {"nee", "geen", "no", "none"} for words in folded)
    )


def is_control(value: str) -> bool:
    """Whether a value is a word for the reference arm."""
    return value in ("0",) or not _CONTROL.isdisjoint(fold(value).split())


def guess_wave(columns: Sequence[Column], taken: Iterable[str] = ()) -> str | None:
    """The name of a column that could say which wave a row is of."""
    left = [c for c in columns if c.name not in set(taken) and 1 < c.distinct <= 60 and c.kind != "date"]
    left = [c for c in left if not c.fractions and c.distinct < c.filled]
    exact = _exact(left, _WAVE_EXACT, lambda c: True)
    return exact.name if exact else None

"""What the terminal says, in English and Dutch. Errors of the rooms stay English; their frame is translated."""

from __future__ import annotations

_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "start": "Study {study}: {jobs} steps to do",
        "nothing": "nothing to do: everything is up to date",
        "step": "[{done}/{total}] {what} {left}",
        "left": "(about {seconds} s left)",
        "done": "Done in {seconds} s.",
        "reports": "Reports",
        "primary": "Primary outcomes",
        "failed": "Stopped: {n} step(s) failed",
        "log": "log: {path}",
        "not_estimated": "could not be estimated: {why}",
        "problems": "{n} problem(s) found. Nothing was computed.",
        "check_ok": "No problems found: {sources} files, {scales} scales, {entries} plan entries.",
        "suppressed": "not shown: too few persons",
        "df": "{method} df {df}",
        "adjusted_p": "adjusted p {p}",
        "busy": "An earlier run is still busy; waiting for it to end.",
        "identifier_stopped": "{file}, column {column}: {kind} in {count} rows; goes no further",
        "identifier_perhaps": "{file}, column {column}: {kind}; look whether it names a person",
        "verified": "verified",
        "scales_more": "dww scales ID explains one of them. Item texts are not included.",
        "privacy_ok": "No identifier gets through, and none is in any output.",
        "sealed": "Plan sealed on {date}: {n} entries, seal {hash}. Later changes will show as deviations.",
        "sealed_before_data": "No answers were there: the entries count as registered.",
        "sealed_after_data": "Files of answers that were there already: {n}. The entries count as sealed after data.",
        "key": "Key written to {path}. Keep a copy in a safe place, apart from the data; without it no person links.",
        "exported": "Written (data of persons: keep it where it is allowed):",
        "explain_none": "Nothing would run: everything is up to date.",
        "explain_some": "{n} steps would run:",
        "internal": "An internal error. The program, not your data, is at fault; the log has the details.",
        "interrupted": "Interrupted. Run the same command again to go on where it stopped.",
        "warning": "warning: {text}",
    },
    "nl": {
        "start": "Studie {study}: {jobs} stappen te doen",
        "nothing": "niets te doen: alles is bijgewerkt",
        "step": "[{done}/{total}] {what} {left}",
        "left": "(nog ongeveer {seconds} s)",
        "done": "Klaar in {seconds} s.",
        "reports": "Rapporten",
        "primary": "Primaire uitkomsten",
        "failed": "Gestopt: {n} stap(pen) mislukt",
        "log": "logboek: {path}",
        "not_estimated": "kon niet worden geschat: {why}",
        "problems": "{n} probleem/problemen gevonden. Er is niets berekend.",
        "check_ok": "Geen problemen: {sources} bestanden, {scales} schalen, {entries} onderdelen van het plan.",
        "suppressed": "niet getoond: te weinig personen",
        "df": "{method} df {df}",
        "adjusted_p": "gecorrigeerde p {p}",
        "busy": "Een eerdere run is nog bezig; er wordt gewacht tot die klaar is.",
        "identifier_stopped": "{file}, kolom {column}: {kind} in {count} rijen; gaat niet verder",
        "identifier_perhaps": "{file}, kolom {column}: {kind}; kijk of er een persoon in genoemd wordt",
        "verified": "geverifieerd",
        "scales_more": "dww scales ID legt er een uit. De teksten van de items zijn niet opgenomen.",
        "privacy_ok": "Er komt geen persoonsgegeven doorheen, en er staat er geen in de uitvoer.",
        "sealed": "Plan verzegeld op {date}: {n} onderdelen, zegel {hash}. Latere wijzigingen gelden als afwijking.",
        "sealed_before_data": "Er waren nog geen antwoorden: de onderdelen gelden als geregistreerd.",
        "sealed_after_data": "Bestanden met antwoorden die er al waren: {n}. De onderdelen zijn verzegeld na de data.",
        "key": "Sleutel geschreven naar {path}. Bewaar een kopie op een veilige plek, los van de gegevens.",
        "exported": "Geschreven (gegevens van personen: bewaar ze waar dat mag):",
        "explain_none": "Er hoeft niets te worden uitgevoerd: alles is bijgewerkt.",
        "explain_some": "{n} stappen zouden worden uitgevoerd:",
        "internal": "Een interne fout. Het programma is de oorzaak, niet uw gegevens; het logboek bevat de details.",
        "interrupted": "Onderbroken. Geef dezelfde opdracht nog eens om verder te gaan.",
        "warning": "waarschuwing: {text}",
    },
}

# rule of the workflow -> what a person calls it
_STAGES = {
    "en": {
        "ingest": "read {name}",
        "allocate": "read the allocation",
        "link": "link persons by their own codes",
        "linkage": "describe how persons were linked",
        "combine": "lay all sources together",
        "codebook": "write the codebook",
        "exposure": "read {name}",
        "exposures": "lay learning at work side by side",
        "score": "score {name}",
        "analyse": "measurement quality of {name}",
        "careless": "flag careless answers",
        "estimate": "estimate {name}",
        "families": "correct for many tests",
        "describe": "describe who took part",
        "draw": "draw {name}",
        "overview": "draw the overview figures",
        "report": "write the report",
    },
    "nl": {
        "ingest": "lees {name}",
        "allocate": "lees de toewijzing",
        "link": "koppel personen op hun eigen codes",
        "linkage": "beschrijf hoe personen zijn gekoppeld",
        "combine": "leg alle bronnen bij elkaar",
        "codebook": "schrijf het codeboek",
        "exposure": "lees {name}",
        "exposures": "leg leren op het werk naast elkaar",
        "score": "scoor {name}",
        "analyse": "meetkwaliteit van {name}",
        "careless": "markeer slordige antwoorden",
        "estimate": "schat {name}",
        "families": "corrigeer voor meervoudig toetsen",
        "describe": "beschrijf wie meedeed",
        "draw": "teken {name}",
        "overview": "teken de overzichtsfiguren",
        "report": "schrijf het rapport",
    },
}

LANGUAGES = tuple(_WORDS)


def tell(language: str, key: str, **values: object) -> str:
    """One message in one language."""
    return _WORDS[language][key].format(**values)


def name_stage(language: str, rule: str, name: str) -> str:
    """A step in words, e.g. "score work_engagement"."""
    return _STAGES[language].get(rule, rule).format(name=name)

"""The catalogues: the same keys and blanks in both languages, every phrase used, none missing, none elsewhere."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import dww_analysis
from dww_analysis.language import LANGUAGES, catalogue

HOME = Path(dww_analysis.__file__).parent
SPEAKING = ("reports", "figures", "cli", "stages", "language", "ingest", "exposure", "scales", "effects")
# How many of a level there are is a matter of each language's own words.
OWN = "level.several."
TOLD = re.compile(r"\b(?:tell\((?:[\w.]+|\"en\"), |settings\.say\(\s*)[\"'](\w+)[\"']")
PLACE = r"([\w ,.-]*)"  # in a key that is put together
# Why rows are dropped is said by the rules of a study.
OF_STUDIES = {"reason.test row", "reason.no consent", "exposure.reason.test_event"}
KEYS = sorted(k for k in catalogue.everything("en") if not k.startswith(OWN))


def forms(language: str, key: str) -> tuple[str, ...]:
    phrase = catalogue.everything(language)[key]
    return (phrase,) if isinstance(phrase, str) else phrase


def blanks(phrase: str) -> set[str]:
    return set(re.findall(r"{(\w+)[:}]", phrase))


@cache
def source() -> str:
    files = [f for room in SPEAKING for f in (HOME / room).rglob("*") if f.suffix in (".py", ".j2")]
    return "\n".join(f.read_text(encoding="utf-8") for f in files)


@pytest.mark.parametrize("part", catalogue.parts("en"))
def test_both_languages_have_the_same_catalogues_and_keys(part):
    assert catalogue.parts("nl") == catalogue.parts("en")
    own = [
        [k for k in catalogue.catalogue(language, part) if not k.startswith(OWN)] for language in LANGUAGES
    ]
    assert own[0] == own[1], "the same keys in the same order, so that they can be read side by side"


def test_no_key_stands_twice():
    for language in LANGUAGES:
        for file in (HOME / "language" / language).glob("*.po"):
            found = Counter(re.findall(r'^msgid "(.+)"$', file.read_text(encoding="utf-8"), re.M))
            assert [k for k, n in found.items() if n > 1] == []
        keys = [k for part in catalogue.parts(language) for k in catalogue.catalogue(language, part)]
        assert len(keys) == len(set(keys))


def test_no_entry_is_empty_or_fuzzy():
    for language in LANGUAGES:
        for file in (HOME / "language" / language).glob("*.po"):
            text = file.read_text(encoding="utf-8")
            assert "fuzzy" not in text
            entries = len(re.findall(r'^msgid ".+"$', text, re.M))
            assert entries == len(catalogue.catalogue(language, file.stem)), file


# what a study calls its levels may be named in one language and be clear from the rest in the other
LEVELS = re.compile(r"(organisation|team|person|unit)_(one|many)")


def shape(language: str, key: str) -> tuple[int, set[str]]:
    """In how many forms a phrase stands, and its blanks."""
    several = forms(language, key)
    return len(several), {b for phrase in several for b in blanks(phrase) if not LEVELS.fullmatch(b)}


def test_both_languages_have_the_same_blanks_and_plurals():
    assert [k for k in KEYS if shape("nl", k) != shape("en", k)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_phrase_calls_anything_significant(language):
    assert not [k for k in KEYS for p in forms(language, k) if "signific" in p.lower()]


# Dutch words that would have to know whether a study's own word takes `de` or `het`, and the English article that
# would have to know its first letter.
AGREEING = {
    "nl": r"de|het|deze|dit|die|dat|elke?|iedere?|welke?|andere?|onze?|dezelfde|hetzelfde",
    "en": r"an?",
}
LEVEL = r"\{(?:organisation|team|person|unit)_one\}"
FIXED = re.compile(r"\b(?:teams?|organisations?|organisaties?)\b", re.I)
# the names themselves, and what is said before there is a study
OF_NO_STUDY = ("level.", "figure.power.", "terminal.", "teach.")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_before_a_levels_name_has_to_agree_with_it(language):
    before = re.compile(rf"\b(?:{AGREEING[language]}) {LEVEL}", re.I)
    assert [(k, p) for k in KEYS for p in forms(language, k) if before.search(p)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_levels_are_never_called_by_our_own_words(language):
    ours = [k for k in KEYS if not k.startswith(OF_NO_STUDY)]
    plain = {k: [re.sub(r"{\w+}", "", p) for p in forms(language, k)] for k in ours}
    assert [(k, p) for k, phrases in plain.items() for p in phrases if FIXED.search(p)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "key",
    ["methods.unit_by_wave_is_residual", "methods.unit_shares", "participation.note", "df_method.units",
     "weighting.balance_note"],
)  # fmt: skip
def test_units_are_not_called_units(language, key):
    assert not [
        p for p in forms(language, key) if re.search(r"\b(?:eenhe\w+|units?)\b", re.sub(r"{\w+}", "", p))
    ]


@cache
def tree(file: Path) -> ast.Module:
    """A module as Python reads it."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def told() -> tuple[ast.AST, ...]:
    """What code says or puts together, of every module."""
    kinds = (ast.JoinedStr, ast.BinOp, ast.Call, ast.Constant)
    return tuple(n for f in HOME.rglob("*.py") for n in ast.walk(tree(f)) if isinstance(n, kinds))


@cache
def asked() -> tuple[frozenset[str], dict[str, list[re.Pattern]]]:
    """Keys that code names as they stand; and, by the text they begin with, patterns of keys that are put together.

    Places of a pattern are its groups.
    """
    plain: set[str] = set(re.findall(r"[\"']([a-z]\w*\.[\w. ,-]+)[\"']", source()))
    made = {re.escape(stem) + PLACE for stem in re.findall(r"'(\w+\.[\w.]*)' ~", source())}
    for node in told():
        if isinstance(node, ast.JoinedStr):
            made.add(_pattern(node))
        elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
            made.add(_pattern(node.left) + PLACE)
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "known":
            made.add(_pattern(node.args[0]) + r"\.(.+)")
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tell":
            made.add(r"terminal\." + _pattern(node.args[1]))
    plain |= {f"terminal.{k}" for k in TOLD.findall(source())}
    by_head: dict[str, list[re.Pattern]] = {}
    for pattern in made:
        if re.match(r"\w{3,}(\\\.|_)", pattern):
            head = re.sub(r"\\(.)", r"\1", pattern.partition("(")[0])
            by_head.setdefault(head, []).append(re.compile(pattern))
    return frozenset(plain), by_head


def _fits(key: str) -> list[re.Match]:
    """How patterns fit a key."""
    made = asked()[1]
    patterns = (p for end in range(len(key) + 1) for p in made.get(key[:end], ()))
    return [m for p in patterns if (m := p.fullmatch(key))]


def _pattern(node: ast.expr) -> str:
    """A key that is put together, with anything in its places."""
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    parts = getattr(node, "values", [])
    return "".join(re.escape(p.value) if isinstance(p, ast.Constant) else PLACE for p in parts)


@cache
def names() -> frozenset[str]:
    """Texts that stand in code or markup, as they would stand in a key."""
    texts = (str(n.value) for n in told() if isinstance(n, ast.Constant))
    return frozenset(map(_as_in_keys, [*texts, *re.findall(r"'(\w+)'", source())]))


def _as_in_keys(text: str) -> str:
    return re.sub(r"[ ,-]+", "_", text).lower()


def _used(key: str) -> bool:
    """Whether code names the key, or puts it together from names that are there; or a study's own rules may name it.

    A key in `_starts` is the form of another phrase for units that start at their own waves, one in `_plain` that for
    studies that gave nothing by lot, one in `_persons` that for studies without teams.
    """
    forms = (key, *(key.removesuffix(f"_{form}") for form in ("starts", "plain", "persons")))
    matches = [m for k in dict.fromkeys(forms) for m in _fits(k)]
    named = any(all(_there(_as_in_keys(place)) for place in m.groups()) for m in matches)
    return named or not asked()[0].isdisjoint(forms) or key in OF_STUDIES


def _there(place: str) -> bool:
    """Whether a name, or a name with a part such as `_neutral` or `partial_`, fills the place."""
    parts = [i + more for i, letter in enumerate(place) if letter == "_" and i for more in (0, 1)]
    return not place or place in names() or any({place[:i], place[i:]} <= names() for i in parts)


def test_every_phrase_is_used_somewhere():
    assert [k for k in KEYS if not _used(k)] == []
    assert not _used("summary.count_sideways"), "no code makes this name"


def test_every_phrase_that_code_names_is_there():
    call = r"(?<!def )\b(?:words|w|labels\.words)(?:\.many)?\(\s*[\"'](\w+\.[\w.]+)[\"']\s*[,)]"
    named = set(re.findall(call, source())) | {f"terminal.{k}" for k in TOLD.findall(source())}
    assert len(named) > 250
    assert sorted(k for k in named if k not in catalogue.everything("en")) == []


# --- no sentence elsewhere

DUTCH = re.compile(r"\b(het|een|niet|voor|zijn|wordt|deze|geen|van de|bij|nog|alleen|omdat|meer dan)\b", re.I)
ENGLISH = re.compile(r"\b(the|is|are|was|were|of|this|these|not|with|which|from|has|have|no|for)\b", re.I)
# What programs read or invent, not what a report says: words in delivered files, and invented studies.
READ = {
    "privacy/patterns.py",
    "domain/exposure.py",
    "delivery/wording.py",
    "guess/words.py",
    "guess/roles.py",
}
REFERENCE = re.compile(r"\(\d{4}\)")


def constants(file: Path) -> list[str]:
    """Texts in a module that may reach a reader: without docstrings, errors, help of commands and keys."""
    nodes = list(ast.walk(tree(file)))
    skipped: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Raise | ast.Assert):
            skipped |= {id(n) for n in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))
        elif isinstance(node, ast.Call) and _is_error_or_help(node):
            skipped |= {id(n) for n in ast.walk(node)}
    texts = [n.value for n in nodes if isinstance(n, ast.Constant) and id(n) not in skipped]
    return [t for t in texts if isinstance(t, str) and len(t.split()) >= 4]


def _is_error_or_help(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in ("of", "Problem", "Option", "Argument", "Typer") or name.endswith("Error")


def test_no_dutch_sentence_stands_outside_the_catalogues():
    found = [
        (str(f.relative_to(HOME)), text)
        for f in HOME.rglob("*.py")
        if f.relative_to(HOME).parts[0] != "simulate" and str(f.relative_to(HOME)) not in READ
        for text in constants(f)
        if DUTCH.search(text)
    ]
    assert found == []


@pytest.mark.parametrize("room", ["reports", "figures", "language"])
def test_no_english_sentence_stands_outside_the_catalogues(room):
    found = [
        (str(f.relative_to(HOME)), text)
        for f in (HOME / room).rglob("*.py")
        for text in constants(f)
        if ENGLISH.search(text) and "(?P<" not in text and not REFERENCE.search(text)
    ]
    assert found == []


def test_templates_hold_no_words():
    markup = r"{#.*?#}|{%.*?%}|{{.*?}}|<(script|style)>.*?</\1>|<[^>]+>"
    for template in (HOME / "reports").rglob("*.j2"):
        text = re.sub(markup, " ", template.read_text(encoding="utf-8"), flags=re.S)
        words = set(re.findall(r"[A-Za-z]{3,}", text)) - {"SVG", "PNG", "CSV", "DOCTYPE"}
        assert not words, (template.name, words)

"""A drawing as part of a page: its own ids, the colours of the page, and no more bytes than what is seen needs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import count

# What a figure's colours become on the page, so that they follow light and dark.
COLOURS = {
    "#1c2126": "ink",
    "#555d66": "soft",
    "#c9ced4": "faint",
    "#ffffff": "paper",
    "#eceff2": "band",
    "#0072b2": "one",
    "#d55e00": "two",
    "#009e73": "three",
    "#cc79a7": "four",
}
COLOUR = re.compile(f"({'|'.join(COLOURS)})(?![0-9a-f])", re.I)
LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|; font-family: [^;\"]*", re.S)
USED = re.compile(r'(?:url\(|href=")#([^)"]+)')
ID = re.compile(r' id="([^"]+)"')
UPRIGHT = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
FINE = re.compile(r'( (?:x|y|width|height)=")(-?\d+\.\d)\d+"')
PATH = re.compile(r' d="([^"]*)"')
DRAWING = re.compile(r'<svg [^>]*role="img"[^>]*focusable="false"><defs>.*?</svg>', re.S)
STYLE = re.compile(r' style="([^"]*)"')
JOINS = '<defs><style type="text/css">*{stroke-linejoin: round; stroke-linecap: butt}</style></defs>'
OWN = re.compile(r' id="(d[0-9a-f]+\.)\d+"')
GROUP = re.compile(r"<g>|<g [^>]*[^/]>|</g>")
UNSEEN = re.compile(r'<g/>|<path d="M[-\d. ]+"[^>]*/>')  # a point of a line that goes nowhere leaves no mark
ALIKE = re.compile(r'(<g clip-path="[^"]*">)((?:<(?:use|path) [^>]*/>)*)</g>\1')
SUBPATH = re.compile(r"M([^Mz]*)(z?)", re.I)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
CURVED = re.compile(r"[^MLz\d.\s-]", re.I)  # a path of more than straight lines, or with exponents


def inline_svg(svg: str, identity: str, alt: str) -> str:
    """An SVG without prologue, with ids that are unique on the page and colours that follow its theme.

    identity: what the ids are made from, another for each drawing of a page; alt: escaped, and read aloud instead of
    the drawing. Ids that nothing refers to fall away; points of a path keep a tenth, which on a screen is less than a
    fifth of a pixel. ValueError for a text without `<svg`.
    """
    svg = LEFT_OUT.sub("", svg[svg.index("<svg") :])  # the style sheet names the font once
    own = f"d{zlib.crc32(identity.encode()):x}"
    short = {name: f"{own}.{i}" for i, name in enumerate(dict.fromkeys(USED.findall(svg)))}
    svg = ID.sub(lambda m: f' id="{short[m[1]]}"' if m[1] in short else "", svg)
    svg = re.sub(r'(?:xlink:href|href)="#([^"]+)"', lambda m: f'href="#{short[m[1]]}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{short[m[1]]})", svg)
    svg = PATH.sub(lambda m: f' d="{_path(m[1])}"', svg)
    svg = FINE.sub(r'\1\2"', UPRIGHT.sub("", svg))
    svg = STYLE.sub(lambda m: f' style="{m[1].replace(": ", ":").replace("; ", ";")}"', svg)
    svg = COLOUR.sub(lambda m: f"var(--fig-{COLOURS[m[1].lower()]})", svg)
    head = re.match(r"<svg[^>]*>", svg)
    assert head is not None
    box = re.search(r'viewBox="[^"]*"', head[0])
    opening = f'<svg {box[0] if box else ""} role="img" aria-label="{_escape(alt)}" focusable="false">'
    drawn = UNSEEN.sub("", re.sub(r">\s+<", "><", opening + svg[head.end() :]))
    return _clipped_together(_without_bare_groups(drawn)).strip()


def with_shared_styles(page: str, mark: str) -> str:
    """A page whose drawings say the way they look by class; the classes stand once, where `mark` was. Ids of a drawing
    begin with its number on the page."""
    classes: dict[str, str] = {}
    numbers = count()

    def named(found: re.Match[str]) -> str:
        return f' class="{classes.setdefault(found[1], f"d{len(classes)}")}"'

    def shared(drawn: re.Match[str]) -> str:
        text, number = STYLE.sub(named, drawn[0].replace(JOINS, "", 1)), next(numbers)
        own = OWN.search(text)
        return text.replace(own[1], f"f{number}.") if own is not None else text

    page = DRAWING.sub(shared, page)
    joins = "svg *{stroke-linejoin:round;stroke-linecap:butt}"
    return page.replace(mark, "\n".join([joins, *(f".{name}{{{style}}}" for style, name in classes.items())]))


def _path(path: str) -> str:
    """The same path in fewer letters: straight lines in tenths, each point from the one before.

    `M 10.00 2.04 L 13.10 4.00 L 16.20 4.00 L 20 4 z` becomes `M10 2l3.1 2h6.9z`.
    """
    if CURVED.search(path):
        return " ".join(path.split())
    return "".join(_subpath(found[1], found[2]) for found in SUBPATH.finditer(path))


def _subpath(points: str, close: str) -> str:
    """One run of lines; of steps in a row along one axis one remains."""
    values = [round(10 * float(n)) for n in NUMBER.findall(points)]
    steps: list[tuple[int, int]] = []
    (x, y), rest = values[:2], values[2:]
    start = f"M{_tenths(x)} {_tenths(y)}"
    for to_x, to_y in zip(rest[::2], rest[1::2], strict=True):
        step = (to_x - x, to_y - y)
        x, y = to_x, to_y
        if steps and _goes_on(steps[-1], step):
            step = (steps[-1][0] + step[0], steps.pop()[1] + step[1])
        steps.append(step)
    return start + "".join(_commands(steps)) + close.lower()


def _commands(steps: list[tuple[int, int]]) -> Iterator[str]:
    """Steps as a path says them: along an axis by one number."""
    slanted = False
    for dx, dy in steps:
        if dx and dy:
            yield f"{' ' if slanted else 'l'}{_tenths(dx)} {_tenths(dy)}"
        else:
            yield f"v{_tenths(dy)}" if dy else f"h{_tenths(dx)}"
        slanted = bool(dx and dy)


def _goes_on(before: tuple[int, int], step: tuple[int, int]) -> bool:
    """Whether a step goes the same way as the one before, along an axis."""
    (a, b), (c, d) = before, step
    return (b == d == 0 and a * c >= 0) or (a == c == 0 and b * d >= 0)


def _tenths(n: int) -> str:
    """A number of tenths: 33 is `3.3`, -5 is `-.5`, 30 is `3`."""
    whole, tenth = divmod(abs(n), 10)
    shown = (str(whole) if whole or not tenth else "") + (f".{tenth}" if tenth else "")
    return f"-{shown}" if n < 0 else shown


def _without_bare_groups(svg: str) -> str:
    """Without `<g>` that say nothing of what they hold."""
    kept: list[bool] = []

    def shown(found: re.Match[str]) -> str:
        if found[0] != "</g>":
            kept.append(found[0] != "<g>")
            return found[0] if kept[-1] else ""
        return "</g>" if kept.pop() else ""

    return GROUP.sub(shown, svg)


def _clipped_together(svg: str) -> str:
    """Marks that follow each other and are cut off by the same edge in one group."""
    together, found = ALIKE.subn(r"\1\2", svg)
    return _clipped_together(together) if found else svg


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")

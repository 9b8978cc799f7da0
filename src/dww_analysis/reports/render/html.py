"""Pages: figures made part of them, templates filled, everything in one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from dww_analysis.reports.figure_record import FigureRecord

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


def inline(figure: FigureRecord) -> str:
    """The SVG as part of a page: ids of its own, colours of the page, a name and description for screen readers."""
    return inline_svg(figure.svg, f"{figure.name}-{figure.language}", figure.alt)


def inline_narrow(figure: FigureRecord) -> str:
    """The same of the variant for a telephone."""
    return inline_svg(figure.svg_narrow, f"{figure.name}-{figure.language}-narrow", figure.alt)


def inline_svg(svg: str, identity: str, alt: str) -> str:
    """An SVG without prologue, with ids that are unique on the page and colours that follow its theme."""
    start = svg.index("<svg")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[start:], flags=re.S)
    svg = re.sub(r"<!--.*?-->", "", svg, flags=re.S)
    svg = re.sub(r'\bid="([^"]+)"', lambda m: f'id="{identity}.{m[1]}"', svg)
    svg = re.sub(r'(xlink:href|href)="#([^"]+)"', lambda m: f'href="#{identity}.{m[2]}"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", lambda m: f"url(#{identity}.{m[1]})", svg)
    svg = re.sub(r"; font-family: [^;\"]*", "", svg)  # the style sheet names it once
    for colour, name in COLOURS.items():
        svg = re.sub(re.escape(colour) + r"(?![0-9a-f])", f"var(--fig-{name}, {colour})", svg, flags=re.I)
    head = re.match(r"<svg[^>]*>", svg)
    assert head is not None
    box = re.search(r'viewBox="[^"]*"', head[0])
    opening = f'<svg {box[0] if box else ""} role="img" aria-label="{_escape(alt)}" focusable="false">'
    return re.sub(r">\s+<", "><", opening + svg[head.end() :]).strip()


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def render(context: Mapping[str, Any]) -> str:
    """The page of the report."""
    return fill("page.html.j2", context)


def fill(template: str, context: Mapping[str, Any]) -> str:
    """A template of templates/ with its places filled; every text is escaped unless the template says it is markup."""
    return _environment().get_template(template).render(**context)


def asset(name: str) -> str:
    """A style sheet or script that is written into the page."""
    return (files("dww_analysis.reports.render") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dww_analysis.reports.render", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"tight": tight, "inline": inline, "inline_narrow": inline_narrow}
    return environment


def tight(text: str) -> Any:
    """Escaped text in which a number stays on one line with its sign: `95 % CI`, `p = 0,015`."""
    from markupsafe import Markup, escape

    found = re.sub(
        r"(\d[\d.,]* ?%(?:-BI| CI)|p (?:=|&lt;|&gt;) [\d.,]*\d)",
        r'<span class="one">\1</span>',
        str(escape(text)),
    )
    return Markup(found)

"""The page itself: figures made part of it, the template filled, everything in one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from dww_analysis.errors import ReportError

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
NEEDED = (
    "name",
    "kind",
    "subject",
    "language",
    "title",
    "subtitle",
    "caption",
    "alt",
    "long_description",
    "svg",
)


@dataclass(frozen=True)
class FigureRecord:
    """A figure in one language, as text. `svg` has no frame: title and caption stand on the page."""

    name: str
    kind: str
    subject: str
    language: str
    title: str
    subtitle: str
    caption: str
    alt: str
    long_description: str
    svg: str
    svg_narrow: str = ""  # for a telephone; "" when the figure has none

    @classmethod
    def of(cls, figure: FigureRecord | Mapping[str, str] | Any) -> FigureRecord:
        """From a record, a mapping with the same names, or a drawing that can give one (`record()`)."""
        if isinstance(figure, FigureRecord):
            return figure
        values = figure if isinstance(figure, Mapping) else figure.record()
        absent = [n for n in NEEDED if n not in values]
        if absent:
            raise ReportError.of(
                f"a figure without {', '.join(absent)}",
                "figures of the report",
                ", ".join(NEEDED),
                "give all of them",
            )
        return cls(**{n: values[n] for n in NEEDED}, svg_narrow=values.get("svg_narrow", ""))

    @property
    def lines(self) -> tuple[str, ...]:
        """The long description, one statement a line."""
        return tuple(line for line in self.long_description.split("\n") if line)

    def inline(self) -> str:
        """The SVG as part of a page: ids of its own, colours of the page, a name and description for screen readers."""
        return inline_svg(self.svg, f"{self.name}-{self.language}", self.alt)

    def inline_narrow(self) -> str:
        """The same of the variant for a telephone; "" when there is none."""
        return (
            inline_svg(self.svg_narrow, f"{self.name}-{self.language}-narrow", self.alt)
            if self.svg_narrow
            else ""
        )


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
    return (files("dww_analysis.reports") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dww_analysis.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tight"] = tight
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

"""Pages: figures made part of them, templates filled, everything in one file that needs nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from dww_analysis.reports.citations import Cited, Reference, joined
from dww_analysis.reports.figure_record import FigureRecord
from dww_analysis.reports.render.svg import inline_svg, with_shared_styles
from dww_analysis.reports.tables import Table

MARK = "/* drawings */"
NAMED_COLUMNS = 20  # that page.css has a rule for


def inline(figure: FigureRecord, identity: str = "") -> str:
    """The SVG as part of a page: ids of its own, colours of the page, a name and description for screen readers.
    identity: what the ids are made from where a figure stands twice; else its name."""
    return inline_svg(figure.svg, f"{identity or figure.name}-{figure.language}", figure.alt)


def inline_narrow(figure: FigureRecord, identity: str = "") -> str:
    """The same of the variant for a telephone, `svg_narrow`, which has to be there."""
    return inline_svg(figure.svg_narrow, f"{identity or figure.name}-{figure.language}-narrow", figure.alt)


def render(context: Mapping[str, Any]) -> str:
    """The page of the report: `page.html.j2` filled, with the styles that drawings share once at the top."""
    return with_shared_styles(fill("page.html.j2", {**context, "drawings": MARK}), MARK)


def fill(template: str, context: Mapping[str, Any]) -> str:
    """A template of templates/ with its places filled; every text is escaped unless the template says it is markup. A
    place that `context` has no value for raises UndefinedError."""
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
    environment.filters |= {
        "tight": tight,
        "inline": inline,
        "inline_narrow": inline_narrow,
        "joined": joined,
        "looks": looks,
    }
    return environment


def looks(table: Table) -> list[str]:
    """The classes of a table: whether its rows stand in groups, and its columns of numbers as far as page.css knows
    them; of columns behind those each cell says itself that it is a number."""
    named = [f"n{j + 1}" for j in sorted(table.numeric) if j < NAMED_COLUMNS]
    return [*(["grouped"] if table.strong else []), *named]


def tight(text: str, lang: str = "") -> Any:
    """Escaped text in which a number stays on one line with its sign: `95 % CI`, `p = 0,015`; and in which a citation
    is a link to the list of references in that language, where one is given."""
    from markupsafe import Markup, escape

    if lang and isinstance(text, Cited):
        return Markup("").join(_linked(p, lang) if isinstance(p, Reference) else tight(p) for p in text.parts)
    found = re.sub(
        r"(\d[\d.,]* ?%(?:-BI| CI)|p (?:=|&lt;|&gt;) [\d.,]*\d)",
        r'<span class="one">\1</span>',
        str(escape(text)),
    )
    return Markup(found)


def _linked(reference: Reference, lang: str) -> Any:
    from markupsafe import Markup

    return Markup('<a class="cite" href="#ref-{}-{}">{}</a>').format(reference.id, lang, reference.short)

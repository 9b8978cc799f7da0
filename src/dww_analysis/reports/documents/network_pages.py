"""The pages of learning networks: one of each network, all of them beside each other, and the intake, by language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.networks import INTAKE, Checklist
from dww_analysis.domain.practice import Practice
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.study import Study
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.documents.network_paper import network_pdf
from dww_analysis.reports.render.html import asset, fill
from dww_analysis.reports.sections.measurement import there
from dww_analysis.reports.sections.networks.beside import beside_blocks
from dww_analysis.reports.sections.networks.checked import checked_block, intake_blocks
from dww_analysis.reports.sections.networks.linked import linked_blocks
from dww_analysis.reports.sections.networks.met import met_block
from dww_analysis.reports.sections.networks.pictures import NetworkBlock
from dww_analysis.reports.sections.networks.rated import rated_block, yield_block
from dww_analysis.reports.sections.networks.rows import NetworkRows, rows_of_network
from dww_analysis.reports.sections.networks.who import who_block
from dww_analysis.reports.sections.notices import data_notice
from dww_analysis.reports.tables import flagged, refuse_small

TEMPLATE = "network.html.j2"
SEVERAL = 2  # networks that are shown beside each other


@dataclass(frozen=True)
class NetworkStudy:
    """What the pages of all networks share. quantities: the table as it is published."""

    quantities: pd.DataFrame
    practice: Practice
    checklists: Sequence[Checklist]
    study: Study

    def told(self, language: str) -> list[NetworkRows]:
        """Every network of which something is known, in the order of practice.yaml: one that no row of `quantities`
        is about is left out."""
        labels = Labels(self.study, (), Words(language))
        found = [
            rows_of_network(n, self.quantities, self.practice, self.checklists, labels)
            for n in self.practice.networks
        ]
        return [told for told in found if told.rows]


def network_page(network: str, language: str, form: str = "html") -> str:
    """Where a network's page or PDF stands below the folder of networks."""
    return f"{network}/page.{language}.{form}"


def build_network_pages(of: NetworkStudy, settings: ReportSettings) -> dict[str, str | bytes]:
    """`{network/page.language.html: page, ....pdf: PDF}`; index.language.html of several networks,
    intake.language.html of an intake.

    Every number is a row of the quantities. Each page is one file that needs nothing else.
    """
    private = of.quantities[of.quantities["basis"] != "open"]
    refuse_small(private, "quantities", "n", ("value",), of.study.min_cell_size)
    pages: dict[str, str | bytes] = {}
    for language in settings.languages:
        told = of.told(language)
        for network in told:
            name = network.network.id
            said = _said(
                network.labels, network.title, network_blocks(network), "../../", _others(told, network)
            )
            pdf = network_page("", language, "pdf").removeprefix("/")
            pages[network_page(name, language)] = fill(TEMPLATE, {**said, "pdf": pdf})
            pages[network_page(name, language, "pdf")] = network_pdf(said, of.study)
        if len(told) >= SEVERAL:
            title = told[0].labels.words("networks.beside")
            said = _said(told[0].labels, title, beside_blocks(told), "../", _links(told), small=True)
            pages[f"index.{language}.html"] = fill(TEMPLATE, said)
        if blocks := _intake(told):
            title = told[0].labels.words("networks.intake")
            said = _said(told[0].labels, title, blocks, "../", [])
            pages[f"intake.{language}.html"] = fill(TEMPLATE, said)
    return pages


def network_blocks(told: NetworkRows) -> list[NetworkBlock]:
    """Everything a network's page says, in order; parts about which there are no rows fall away, and a network of
    which little is known says why."""
    parts = [
        who_block(told),
        met_block(told),
        rated_block(told),
        yield_block(told),
        *linked_blocks(told),
        *(checked_block(told, checklist) for checklist in told.filled),
    ]
    return [part for part in (*parts, _why_little(told)) if part]


def _why_little(told: NetworkRows) -> NetworkBlock:
    """Why numbers are missing, where some are."""
    words = told.labels.words
    if not any(flagged(r) and r["basis"] == "private" for r in told.rows):
        return NetworkBlock()
    said = words("networks.why_little", minimum=told.labels.study.min_cell_size)
    return NetworkBlock(words("networks.why_little_head"), (said,))


def _intake(told: Sequence[NetworkRows]) -> list[NetworkBlock]:
    """The intake of every network that has one."""
    found = []
    for network in told:
        for checklist in network.checklists:
            if checklist.id == INTAKE:
                found += intake_blocks(network, checklist)
    return found


def networks_of(quantities: pd.DataFrame | None, practice: Practice | None, study: Study) -> NetworkStudy:
    """What a report needs of the networks to name them and to link to their pages. None for quantities or practice: a
    study without them, which names no network."""
    rows = pd.DataFrame(columns=["unit_level", "unit"]) if quantities is None else quantities
    return NetworkStudy(rows, practice or Practice(), (), study)


def network_summary(of: NetworkStudy, language: str) -> Block:
    """Networks as a report names them, each in a sentence, in the order of practice.yaml; an empty Block without any
    that rows are about."""
    told = of.told(language)
    if not told:
        return Block()
    words = told[0].labels.words
    return block(
        words("networks.several"), sentences=[words("networks.each_own")], points=[_sentence(n) for n in told]
    )


def _sentence(told: NetworkRows) -> str:
    words = told.labels.words
    parts = [words.many("networks.of_members", n) for n in [told.value("members")] if there(n)]
    if there(held := told.value("sessions_held")):
        parts.append(words.many("networks.of_sessions", held))
    rounds = told.subjects("rating_mean")
    if rounds and there(mean := told.value("rating_mean", rounds[-1])):
        parts.append(words("networks.of_rating", mean=words.number(mean, 1), round=rounds[-1]))
    said = words.listing(parts)
    return words("networks.summary", network=told.title, said=said) if said else told.title


def network_links(of: NetworkStudy, language: str) -> list[tuple[str, str]]:
    """(name, address) of all pages in one language, as the report links to them."""
    told = of.told(language)
    if not told:
        return []
    words = told[0].labels.words
    found = [(n.title, f"networks/{network_page(n.network.id, language)}") for n in told]
    if len(told) >= SEVERAL:
        found.append((words("networks.beside"), f"networks/index.{language}.html"))
    if any(s.startswith(f"{INTAKE}:") for n in told for s in n.subjects("checklist")):
        found.append((words("networks.intake"), f"networks/intake.{language}.html"))
    return found


def _others(told: Sequence[NetworkRows], own: NetworkRows) -> list[tuple[str, str]]:
    words = own.labels.words
    return [(words("networks.beside"), f"../index.{words.language}.html")] if len(told) >= SEVERAL else []


def _links(told: Sequence[NetworkRows]) -> list[tuple[str, str]]:
    return [(n.title, network_page(n.network.id, n.labels.words.language)) for n in told]


def _said(
    labels: Labels,
    title: str,
    blocks: Sequence[NetworkBlock],
    up: str,
    links: Sequence[tuple[str, str]],
    small: bool = False,
) -> Mapping[str, Any]:
    words, study = labels.words, labels.study
    return {
        "css": asset("page.css") + asset("network.css"),
        "w": words,
        "lang": words.language,
        "title": title,
        "study": words.say(study.title),
        "notice": data_notice(labels),
        "blocks": blocks,
        "small": small,
        "how": list(_how(words)),
        "links": links,
        "pdf": "",
        "data": f"{up}tables/quantities.csv",
        "contact": study.contact,
    }


def _how(words: Words) -> Iterator[str]:
    yield words("networks.nobody_drawn")
    yield words("networks.no_persons")

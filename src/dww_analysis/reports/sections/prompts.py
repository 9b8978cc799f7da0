"""What people told of the study in about.yaml, as they wrote it; what nobody told is named as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dww_analysis.domain.about import About, Discussion
from dww_analysis.language.labels import Labels
from dww_analysis.reports.blocks import Block, block
from dww_analysis.reports.cells import heading, text
from dww_analysis.reports.tables import Table, build_table


def told_sentences(names: Sequence[str], about: About, labels: Labels) -> list[str]:
    """One paragraph per prompt that was answered, with its name before it, and one that names the others. names:
    fields of `About`."""
    words = labels.words
    given = [n for n in names if n in about.given()]
    said = [words("told.line", name=words(f"told.{n}"), text=words.say(about.text(n))) for n in given]
    absent = [n for n in names if n not in given]
    return [*said, *([not_told(absent, labels)] if absent else [])]


def not_told(names: Sequence[str], labels: Labels) -> str:
    """The sentence that names prompts that nobody answered."""
    words = labels.words
    return words("told.absent", names=words.listing(words(f"told.{n}").lower() for n in names))


def told_table(identity: str, names: Sequence[str], about: About, labels: Labels) -> Table:
    """One row per prompt, also of those that nobody answered."""
    words, given = labels.words, about.given()
    rows = [
        [
            heading(words(f"told.{n}")),
            text(words.say(about.text(n)) if n in given else words("checklist.absent")),
        ]
        for n in names
    ]
    columns = [words("told.prompt"), words("told.answer")]
    return build_table(identity, words(f"told.caption.{identity}"), columns, rows)


def discussion_blocks(
    discussion: Discussion | None, labels: Labels, *, elsewhere: bool = False
) -> list[Block]:
    """What people make of the results, with who wrote it and when; None: that nobody wrote it yet, or with `elsewhere`
    that it is there in another language."""
    words = labels.words
    if discussion is None:
        return [block(sentences=[words(f"article.{'written_elsewhere' if elsewhere else 'not_written'}")])]
    signed = words("article.written_by", by=discussion.by, date=words.date(discussion.date))
    written = [block(p.heading, sentences=p.paragraphs, points=p.points) for p in discussion.passages]
    starts = [i for i, b in enumerate(written) if b.heading]
    below = [
        replace(written[i], folded=tuple(written[i + 1 : end]))
        for i, end in zip(starts, [*starts[1:], len(written)], strict=True)
    ]
    return [block(sentences=[signed], folded=written[: (starts or [len(written)])[0]]), *below]

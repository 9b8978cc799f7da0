"""A small reader of pages: a tree with attributes and text, which refuses tags that do not match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from dww_analysis.language import catalogue

VOID = {"meta", "br", "hr", "img", "input", "link", "col", "wbr"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str | None]
    children: list[Node | str] = field(default_factory=list)

    def walk(self, skip=lambda node: False) -> Iterator[Node]:
        """This element and all below it, in reading order, without those that `skip`."""
        if skip(self):
            return
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk(skip)

    def all(self, *tags: str) -> list[Node]:
        return [n for n in self.walk() if n.tag in tags]

    def text(self, skip=lambda node: False) -> str:
        """The words in reading order."""
        if skip(self):
            return ""
        parts = [c if isinstance(c, str) else c.text(skip) for c in self.children]
        return " ".join(" ".join(parts).split())

    def get(self, name: str) -> str:
        return self.attributes.get(name) or ""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Node("", {})
        self.open = [self.root]

    def handle_starttag(self, tag, attrs):
        names = [a for a, _ in attrs]
        assert len(names) == len(set(names)), f"attribute twice in <{tag}>: {names}"
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag, attrs):
        self.open[-1].children.append(Node(tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, f"</{tag}> at line {self.getpos()[0]} closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].children.append(data)


def read_page(html: str) -> Node:
    """The tree of a page; an AssertionError when tags do not match."""
    parser = _Parser()
    parser.feed(html)
    parser.close()
    assert parser.open == [parser.root], f"never closed: {[n.tag for n in parser.open[1:]]}"
    return parser.root


def part(page: Node, language: str) -> Node:
    """The block of one language."""
    return next(n for n in page.walk() if n.get("id") == f"report-{language}")


def phrases(language: str, *parts: str) -> dict[str, str]:
    """The phrases of parts of a catalogue (`quality`) by key; of a plural, its last form."""
    found = {k: v for k, v in catalogue.everything(language).items() if k.partition(".")[0] in parts}
    return {k: v if isinstance(v, str) else v[-1] for k, v in found.items()}

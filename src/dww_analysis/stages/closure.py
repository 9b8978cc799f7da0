"""What code a stage rests on: every module that its function can import, and the package data those modules read.

Computed from the source, never listed by hand. Imports count wherever they stand, also inside functions; a name that a
room loads when first used (`dww_analysis.lazy`) counts as an import of the module that holds it. Scoring keys are
left out: a job depends on the keys it uses, through its slice of the configuration. Figures that analysts ask of a fit
are left out too.
"""

from __future__ import annotations

import ast
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = "dww_analysis"
HOME = Path(__file__).resolve().parents[1]
# run before any stage; `cli` sets the number of threads
ENTRY = (
    PACKAGE,
    f"{PACKAGE}.__main__",
    f"{PACKAGE}.cli",
    f"{PACKAGE}.cli.job_client",
    f"{PACKAGE}.cli.stage",
)
SLICED = ("scales/keys",)  # data that reaches a job through its slice
BY_HAND = (f"{PACKAGE}.multilevel.plots", f"{PACKAGE}.analyst.plot")  # for who analyses: no job draws a fit

_STATEMENT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+import\b|import[ \t]+[\w.])", re.MULTILINE)
_DATA_WORDS = ("__file__", "resources", "PackageLoader", "FileSystemLoader", "pkgutil", "gettext", "get_data")
_READS_DATA = re.compile(rf"\b(?:{'|'.join(_DATA_WORDS)})\b")
_NAMES_ROOM = re.compile(rf"[\"']{PACKAGE}\.(\w+)")


@dataclass(frozen=True)
class Facts:
    """What one module says of others: (module, name or "") it imports, the homes of names it loads lazily, modules it
    names in text only, and the rooms of which it reads package data."""

    text: str
    imports: tuple[tuple[str, str], ...]
    homes: Mapping[str, str] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    data_rooms: tuple[str, ...] = ()

    def attributes_of(self, name: str) -> set[str]:
        """What this module takes of a module it imports whole: the x of every `name.x`."""
        return set(re.findall(rf"\b{re.escape(name)}\.(\w+)", self.text))


Stamp = tuple[
    tuple[str, int, int, int, int], ...
]  # of every file: path, inode, size, times of content and of state
SETTLED = 2.0  # seconds after which a change cannot hide behind a time stamp of the same tick


def closure(*roots: str, home: Path = HOME) -> tuple[str, ...]:
    """The files, relative to the package, that the modules `roots` rest on: code and package data, sorted."""
    walk = _Walk(_Sources(home))
    for root in roots:
        walk.module(root)
    return tuple(sorted({*walk.files(), *walk.data()}))


def stage_closure(module: str, home: Path = HOME) -> tuple[str, ...]:
    """The closure of a job of the stage in this module, with what runs before and around every stage: paths relative
    to the package, sorted. Remembered in this process for as long as no file of the package moved."""
    stamp = _stamp(home)
    return _found(module, _Sources(home)) if stamp is None else _found_then(module, home, stamp)


def stage_hash(module: str, home: Path = HOME) -> str:
    """A short hash of that closure: names and contents."""
    return stage_hashes([module], home)[module]


def stage_hashes(modules: Iterable[str], home: Path = HOME) -> Mapping[str, str]:
    """The hashes of several stages by module, from one look at the package."""
    stamp = _stamp(home)
    if stamp is not None:
        return {module: _hashed_then(module, home, stamp) for module in modules}
    sources = _Sources(home)
    return {module: _hashed(_found(module, sources), sources) for module in modules}


def code_hash(files: Iterable[str], home: Path = HOME) -> str:
    """A short hash of these files of the package: names and contents, in the order of `files` (paths relative to the
    package)."""
    return _hashed(files, _Sources(home))


def _hashed(files: Iterable[str], sources: _Sources) -> str:
    digest = hashlib.sha256()
    for name in files:
        digest.update(name.encode() + b"\0" + sources.digest(name))
    return digest.hexdigest()[:16]


def package_hash(home: Path = HOME) -> str:
    """A short hash of every file of the package, `__pycache__` apart: names and contents."""
    stamp = _stamp(home)
    return _package(home) if stamp is None else _package_then(home, stamp)


def _package(home: Path) -> str:
    files = (p for p in home.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return code_hash(sorted(p.relative_to(home).as_posix() for p in files), home)


def _found(module: str, sources: _Sources) -> tuple[str, ...]:
    walk = _Walk(sources)
    walk.module(module)
    walk.imports_of(f"{PACKAGE}.cli.stage")
    entry = {sources.file(m) for m in ENTRY}
    return tuple(sorted({*walk.files(), *walk.data(), *entry}))


# What follows from the files is worked out once for as long as no file has changed; a fork knows what its parent knew.


@cache
def _sources_then(home: Path, _: Stamp) -> _Sources:
    return _Sources(home)


@cache
def _found_then(module: str, home: Path, stamp: Stamp) -> tuple[str, ...]:
    return _found(module, _sources_then(home, stamp))


@cache
def _hashed_then(module: str, home: Path, stamp: Stamp) -> str:
    return _hashed(_found_then(module, home, stamp), _sources_then(home, stamp))


@cache
def _package_then(home: Path, _: Stamp) -> str:
    return _package(home)


def _stamp(home: Path) -> Stamp | None:
    """The state of every file of the package, by which a change shows; None just after one, when it might not."""
    files = tuple(_states(str(home)))
    newest = max((changed for *_, changed in files), default=0)
    return files if time.time() - newest / 1e9 > SETTLED else None


def _states(folder: str) -> Iterator[tuple[str, int, int, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir():
                now = entry.stat()
                yield entry.path, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns
            elif entry.name != "__pycache__":
                yield from _states(entry.path)


class _Sources:
    """The package's files as they are now, each read once, whatever walks through them."""

    def __init__(self, home: Path):
        self._home = home
        root = str(home)
        self._there = frozenset(
            Path(path).relative_to(root).as_posix() for path, *_ in _states(root) if path.endswith(".py")
        )
        self._facts: dict[str, Facts] = {}
        self._next: dict[str, tuple[str, ...]] = {}
        self._digests: dict[str, bytes] = {}
        self._data: dict[str, tuple[str, ...]] = {}

    def file(self, module: str) -> str:
        """Where a module would stand, relative to the package."""
        below = "/".join(module.split(".")[1:])
        package = f"{below}/__init__.py".lstrip("/")  # a folder of data beside a module of its name is none
        return package if package in self._there else f"{below}.py"

    def exists(self, module: str) -> bool:
        return self.file(module) in self._there

    def facts(self, module: str) -> Facts:
        if module not in self._facts:
            self._facts[module] = facts_of(module, self._home)
        return self._facts[module]

    def counts(self, module: str) -> bool:
        """Whether it is a module of ours that jobs may rest on."""
        return module.startswith(PACKAGE) and not module.startswith(BY_HAND) and self.exists(module)

    def next_to(self, module: str) -> tuple[str, ...]:
        """The modules that count with this one: the package above it, and what it imports or names."""
        if module not in self._next:
            named = (module.rpartition(".")[0], *self.imported_by(module), *self.facts(module).named)
            self._next[module] = tuple(filter(self.counts, dict.fromkeys(named)))
        return self._next[module]

    def imported_by(self, module: str) -> Iterator[str]:
        """What this module imports, and where the names stand that it takes of a room."""
        facts = self.facts(module)
        for home, name in facts.imports:
            yield from self._imported(home, name, facts)

    def _imported(self, module: str, name: str, importer: Facts) -> Iterator[str]:
        """`from module import name`, or `import module` when name is empty."""
        yield module
        if not self.counts(module):
            return
        whole = f"{module}.{name}" if name else module
        if name and self.exists(whole):
            yield whole
            yield from self._lazy(whole, lambda: importer.attributes_of(name))
        elif name:
            yield from self._lazy(module, lambda: self.facts(module).homes if name == "*" else [name])
        else:
            yield from self._lazy(whole, lambda: importer.attributes_of(whole))

    def _lazy(self, module: str, names: Callable[[], Iterable[str]]) -> Iterator[str]:
        homes = self.facts(module).homes if self.counts(module) else {}
        for name in names() if homes else ():
            if name in homes:
                yield from self._imported(_home_of(homes[name], module), name, self.facts(module))

    def digest(self, name: str) -> bytes:
        """The checksum of a file."""
        if name not in self._digests:
            self._digests[name] = hashlib.sha256((self._home / name).read_bytes()).digest()
        return self._digests[name]

    def data(self, room: str) -> tuple[str, ...]:
        """The package data of a room that count as code."""
        if room not in self._data:
            self._data[room] = tuple(self._data_of(room))
        return self._data[room]

    def _data_of(self, room: str) -> Iterator[str]:
        for path in sorted((self._home / room).rglob("*")):
            name = path.relative_to(self._home).as_posix()
            if path.is_file() and path.suffix not in (".py", ".pyc") and not name.startswith(SLICED):
                yield name


class _Walk:
    """Follows imports from module to module."""

    def __init__(self, sources: _Sources):
        self._sources = sources
        self._seen: set[str] = set()

    def files(self) -> Iterator[str]:
        return map(self._sources.file, self._seen)

    def data(self) -> Iterator[str]:
        facts = map(self._sources.facts, self._seen)
        for room in sorted({room for one in facts for room in one.data_rooms}):
            yield from self._sources.data(room)

    def module(self, name: str) -> None:
        """This module, the packages above it, and all they import."""
        self._all([name])

    def imports_of(self, name: str) -> None:
        """What this module imports, without the package it stands in."""
        self._all(self._sources.imported_by(name))

    def _all(self, names: Iterable[str]) -> None:
        waiting = [name for name in names if self._sources.counts(name)]
        while waiting:
            name = waiting.pop()
            if name not in self._seen:
                self._seen.add(name)
                waiting += self._sources.next_to(name)


def _home_of(home: str, room: str) -> str:
    return home if home.startswith(f"{PACKAGE}.") else f"{room}.{home}"


def _file(module: str, home: Path) -> Path:
    below = home.joinpath(*module.split(".")[1:])
    package = below / "__init__.py"  # a folder of data beside a module of its name is none
    return package if package.is_file() else below.with_suffix(".py")


def _exists(module: str, home: Path) -> bool:
    return _file(module, home).is_file()


def facts_of(module: str, home: Path = HOME) -> Facts:
    """What one module's source says; remembered for as long as its text is the same. FileNotFoundError for a module
    that the package has not."""
    path = _file(module, home)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    return _read(path.read_text(encoding="utf-8"), module, package, home)


@cache
def _read(text: str, module: str, package: str, home: Path) -> Facts:
    room = module.split(".")[1] if "." in module else ""
    imports = tuple(_imports(text, package))
    homes = _lazy_homes(ast.parse(text)) if "lazily(" in text and room != "lazy" else {}
    named = _named_modules(ast.parse(text), package, home) if _loads_by_name(text) and room != "lazy" else ()
    data = {room, *_NAMES_ROOM.findall(text)} if _reads_data(text) and room != "stages" else set()
    rooms = tuple(sorted(r for r in data if r and (home / r).is_dir()))
    return Facts(text, imports, homes, tuple(named), rooms)


def _reads_data(text: str) -> bool:
    """Whether a module reads package data. Most have none of the words, which is found out faster than by pattern."""
    return any(word in text for word in _DATA_WORDS) and _READS_DATA.search(text) is not None


def _loads_by_name(text: str) -> bool:
    """Whether a module loads others by names that stand in it as texts."""
    return "import_module(" in text or "load_stage(" in text


def _imports(text: str, package: str) -> Iterator[tuple[str, str]]:
    """(module, name) of every import of ours. Only the statements are parsed: the whole of a module takes long."""
    for match in _STATEMENT.finditer(text):
        for node in _statement(text, match.start()):
            if isinstance(node, ast.Import):
                yield from ((a.name, "") for a in node.names if a.name.split(".")[0] == PACKAGE)
            elif isinstance(node, ast.ImportFrom):
                module = _absolute(node, package)
                if module.split(".")[0] == PACKAGE:
                    yield from ((module, a.name) for a in node.names)


def _statement(text: str, start: int) -> list[ast.stmt]:
    """The import statement that starts here; nothing when the line is prose in a docstring, or can import nothing of
    ours."""
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)]
    if PACKAGE not in line and "from ." not in line and not line.endswith("\\"):
        return []
    if "(" in line and ")" not in line:
        line = text[start : text.find(")", start) + 1]
    elif line.rstrip().endswith("\\"):
        line = text[start : text.find("\n\n", start)]
    try:
        return ast.parse(line.strip()).body
    except SyntaxError:
        return []


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    above = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _lazy_homes(tree: ast.Module) -> dict[str, str]:
    """Public name -> module, of the mapping that a room gives to `lazily`."""
    mappings = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Dict)
    }
    homes: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lazily":
            given = node.args[1]
            homes |= ast.literal_eval(mappings[given.id] if isinstance(given, ast.Name) else given)
    return homes


def _named_modules(tree: ast.Module, package: str, home: Path) -> Iterator[str]:
    """Modules that a table of names in this module stands for: of its own package, or by their whole name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value.lstrip(".")
            for module in (text, f"{package}.{text}"):
                if (
                    text
                    and re.fullmatch(r"[\w.]+", text)
                    and module.startswith(PACKAGE)
                    and _exists(module, home)
                ):
                    yield module

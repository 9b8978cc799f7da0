"""Which room may import which: no arrow points upward (docs/map.md)."""

import ast
from functools import cache
from pathlib import Path

import dww_analysis

HOME = Path(dww_analysis.__file__).parent
STAGE_ROOMS = {
    "config",
    "storage",
    "ingest",
    "exposure",
    "practice",
    "privacy",
    "scales",
    "sheets",
    "effects",
    "simulate",
    "figures",
    "reports",
}
EXTRA = {
    "effects": {"multilevel", "simulate", "parts"},
    "scales": {"factor"},
    "ingest": {"delivery"},
    "exposure": {"delivery"},
    "practice": {"delivery"},
    "privacy": {"delivery"},
    "sheets": {"delivery"},
    "figures": {"language", "analyst"},
    "reports": {"language"},
}
ALLOWED = {
    "domain": {"domain"},
    "errors": set(),
    "lazy": set(),
    "opened": set(),
    "parts": set(),
    "language": {"domain", "errors", "lazy", "language"},
    "analyst": {"analyst"},
    "multilevel": {"multilevel", "analyst"},
    "factor": {"factor", "analyst"},
    "delivery": {"domain", "errors", "delivery"},
    "guess": {"domain", "errors", "lazy", "delivery", "guess"},
    **{room: {"domain", "errors", "lazy", "opened", room} | EXTRA.get(room, set()) for room in STAGE_ROOMS},
    "stages": {"domain", "errors", "lazy", "opened", "parts", "delivery", "language", "stages"}
    | STAGE_ROOMS - {"simulate"},
}


@cache
def imports(text: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """Every import in the text of a module, wherever it stands."""
    return tuple(n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Import | ast.ImportFrom))


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in imports(file.read_text(encoding="utf-8")):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        else:
            if node.level:  # within the room
                assert node.level <= len(file.relative_to(HOME).parts) - 1, f"{file}: leaves its room"
                continue
            names = (
                [f"{node.module}.{a.name}" for a in node.names]
                if node.module == "dww_analysis"
                else [str(node.module)]
            )
        rooms |= {n.split(".")[1] for n in names if n.startswith("dww_analysis.")}
    return rooms


def test_no_room_imports_upward():
    wrong = []
    for room, allowed in ALLOWED.items():
        files = (HOME / room).rglob("*.py") if (HOME / room).is_dir() else [HOME / f"{room}.py"]
        for file in files:
            upward = imported_rooms(file) - allowed
            if upward:
                wrong.append(f"{file.relative_to(HOME)} imports {sorted(upward)}")
    assert not wrong, "\n".join(wrong)


def test_every_room_is_known():
    rooms = {p.name for p in HOME.iterdir() if (p / "__init__.py").exists()}
    assert rooms - set(ALLOWED) == {"cli"}


# ---- circles inside a room ---------------------------------------------------------------------------------------
# Imports at the top, inside functions and for type checking all count: a circle hidden in a function is a circle.


def module_name(file: Path) -> str:
    parts = file.relative_to(HOME.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(file: Path, known: set[str]) -> set[str]:
    """The modules of `known` that a file imports, anywhere in its text."""
    package = module_name(file) if file.name == "__init__.py" else module_name(file).rpartition(".")[0]
    found = set()
    for node in imports(file.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        else:
            around = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            named = {f"{base}.{a.name}" for a in node.names}
            found |= (named & known) or {base}
    return (found & known) - {module_name(file)}


def modules_on_circles(graph: dict[str, set[str]]) -> set[str]:
    """Modules from which imports lead back to themselves: what is left when ends are taken away, and beginnings."""
    left = dict(graph)
    while True:
        wanted = {m for targets in left.values() for m in targets}
        ends = {m for m, targets in left.items() if not targets & left.keys() or m not in wanted}
        if not ends:
            return set(left)
        left = {m: targets - ends for m, targets in left.items() if m not in ends}


def import_graph(folder: Path) -> dict[str, set[str]]:
    files = {module_name(f): f for f in folder.rglob("*.py")}
    return {name: imported_modules(f, set(files)) for name, f in files.items()}


def rooms_on_circles() -> dict[str, set[str]]:
    rooms = [p for p in HOME.iterdir() if (p / "__init__.py").exists()]
    return {room.name: found for room in rooms if (found := modules_on_circles(import_graph(room)))}


def test_no_import_circles_inside_a_room():
    circles = rooms_on_circles()
    assert not circles, "\n".join(f"{room}: {', '.join(sorted(found))}" for room, found in circles.items())


def test_a_circle_is_found_wherever_the_import_stands(tmp_path, monkeypatch):
    room = tmp_path / "dww_analysis" / "room"
    room.mkdir(parents=True)
    monkeypatch.setitem(globals(), "HOME", room.parent)
    (room / "__init__.py").write_text("from .top import run\n")
    (room / "top.py").write_text("from . import middle\n\ndef run():\n    return middle.x\n")
    (room / "middle.py").write_text("def x():\n    from .low import y\n    return y\n")
    (room / "low.py").write_text("y = 1\n")
    assert modules_on_circles(import_graph(room)) == set()
    (room / "low.py").write_text("def y():\n    from .top import run\n    return run\n")
    assert modules_on_circles(import_graph(room)) == {
        f"dww_analysis.room.{m}" for m in ("top", "middle", "low")
    }

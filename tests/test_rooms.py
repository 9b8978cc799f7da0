"""Which room may import which: no arrow points upward (docs/map.md)."""

import ast
from pathlib import Path

import dww_analysis

HOME = Path(dww_analysis.__file__).parent
STAGE_ROOMS = {
    "config",
    "storage",
    "ingest",
    "exposure",
    "privacy",
    "scales",
    "effects",
    "simulate",
    "figures",
    "reports",
}
EXTRA = {
    "effects": {"multilevel", "simulate"},
    "scales": {"factor"},
    "ingest": {"delivery"},
    "exposure": {"delivery"},
    "figures": {"language"},
    "reports": {"language"},
}
ALLOWED = {
    "domain": {"domain"},
    "errors": set(),
    "lazy": set(),
    "language": {"domain", "errors", "lazy", "language"},
    "multilevel": {"multilevel"},
    "factor": {"factor", "errors"},
    "delivery": {"domain", "errors", "delivery"},
    **{room: {"domain", "errors", "lazy", room} | EXTRA.get(room, set()) for room in STAGE_ROOMS},
}


def imported_rooms(file: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom):
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

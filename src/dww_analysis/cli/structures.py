"""Files that say what the columns of a delivered file mean, among the files that were given: which goes with which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from dww_analysis import storage
from dww_analysis.guess import Delivered

LSS = ".lss"
OF_LAYOUT: Mapping[str, str] = {
    "limesurvey": LSS,
    "redcap": ".csv",
}  # layout of answers -> how its structure ends


def is_structure(file: Path) -> bool:
    """Whether a file is the structure of a LimeSurvey survey, or REDCap's data dictionary."""
    return file.suffix.lower() == LSS or storage.is_dictionary(file)


def structure_of(file: Path, layout: str, structures: Sequence[Path]) -> Path | None:
    """The structure of a file with answers in this layout: of the same name, beside it, or the only one given."""
    suffix = OF_LAYOUT.get(layout)
    if suffix is None:
        return None
    fitting = [s for s in structures if s.suffix.lower() == suffix]
    same = [s for s in fitting if s.stem == file.stem]
    own = file.with_suffix(LSS)
    if not same and suffix == LSS and own.is_file():
        same = [own]
    return same[0] if same else fitting[0] if len(fitting) == 1 else None


def unused_structures(structures: Iterable[Path], looks: Iterable[Delivered]) -> list[Path]:
    """Structures that were given and go with no file."""
    used = {look.options.get("structure") for look in looks}
    return [s for s in structures if s.name not in used]


def said_of(unused: Sequence[Path]) -> list[str]:
    """What to do with structures that go with no file, in words."""
    return [
        f"{s.name}: it is not clear which file it belongs to, so it is left out; give it the name of that file "
        "or declare options: {structure: ...}"
        for s in unused
    ]

"""How the names of files end, by format. The content decides; the name only has to agree."""

from __future__ import annotations

from collections.abc import Mapping

SUFFIXES: Mapping[str, tuple[str, ...]] = {
    "sav": (".sav",),
    "zsav": (".zsav",),
    "por": (".por",),
    "dta": (".dta",),
    "sas7bdat": (".sas7bdat",),
    "xpt": (".xpt",),
    "xlsx": (".xlsx", ".xlsm"),
    "ods": (".ods",),
    "csv": (".csv", ".txt", ".dat"),
    "tsv": (".tsv", ".tab"),
    "zip": (".zip",),
}
BY_SUFFIX = {suffix: name for name, suffixes in SUFFIXES.items() for suffix in suffixes}
TEXTS = ("csv", "tsv")

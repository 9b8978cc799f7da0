"""dww_analysis: from delivered survey files to defensible reports.

The rooms: config, storage, ingest, privacy, scales, multilevel, effects, simulate, figures, reports, cli.
The public names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "fit": "dww_analysis.multilevel",
    "read_table": "dww_analysis.storage",
    "score": "dww_analysis.scales",
    "cronbach_alpha": "dww_analysis.scales",
    "omega_total": "dww_analysis.scales",
    "fit_cfa": "dww_analysis.scales",
    "invariance": "dww_analysis.scales",
    "rwg_j": "dww_analysis.scales",
    "icc1": "dww_analysis.scales",
    "icc2": "dww_analysis.scales",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

"""dww_analysis: from delivered survey files to defensible reports.

docs/map.md walks through the rooms.
The public names below are loaded when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from dww_analysis.lazy import lazily

__version__ = "0.2.0"

_PUBLIC = {
    "fit": "multilevel",
    "fit_ols": "multilevel",
    "read_table": "storage",
    "score": "scales",
    "cronbach_alpha": "scales",
    "omega_total": "scales",
    "fit_cfa": "factor",
    "invariance": "factor",
    "rwg_j": "scales",
    "icc1": "scales",
    "icc2": "scales",
}

__all__ = ["__version__", *_PUBLIC]

__getattr__, __dir__ = lazily(__name__, _PUBLIC)

"""The versions that a job runs with: of Python, and of the libraries that its numbers can rest on."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import Any

PACKAGES = ("numpy", "scipy", "pandas", "statsmodels", "pyreadstat", "matplotlib", "snakemake")


def versions() -> dict[str, Any]:
    """{"python": its version, "packages": library -> version, of `PACKAGES`}; PackageNotFoundError for one that is
    not installed."""
    return {"python": platform.python_version(), "packages": {name: version(name) for name in PACKAGES}}

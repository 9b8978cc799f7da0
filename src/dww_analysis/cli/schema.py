"""`dww schema`: JSON schemas of the configuration files, so that an editor completes and checks them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from dww_analysis import storage
from dww_analysis.config.archive import ArchiveConfig
from dww_analysis.config.power import PowerConfig
from dww_analysis.config.whole import FILES, OPTIONAL


def write_schemas(root: Path) -> list[Path]:
    """Write config/schemas/<file>.schema.json for every configuration file, also optional ones (`FILES`, `OPTIONAL`,
    power, archive); their paths."""
    folder = root / "config" / "schemas"
    models: dict[str, type[BaseModel]] = {**FILES, **OPTIONAL, "power": PowerConfig, "archive": ArchiveConfig}
    return [
        storage.save_json(model.model_json_schema(), folder / f"{name}.schema.json")
        for name, model in models.items()
    ]

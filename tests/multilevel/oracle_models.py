"""Reads the stored R results and fits their models once a session, for the tests of the engine."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.multilevel import Fit, fit

ORACLES = Path(__file__).parents[1] / "oracles"
MIXED_CASES = (
    "01_sleepstudy", "02_pastes", "03_penicillin", "04_exam_hsb", "05_orthodont", "06_cbpp", "07_cluster_trial",
    "08_stepped_wedge",
)  # fmt: skip


@cache
def read_oracle(case: str) -> dict[str, Any]:
    return json.loads((ORACLES / case / "oracle.json").read_text())


@cache
def read_table(case: str, table: str = "") -> pd.DataFrame:
    """A CSV of a case with the column types its JSON declares; `table` where the case has several."""
    declared = read_oracle(case)["data"]
    declared = declared if "file" in declared else declared[table]
    data = pd.read_csv(ORACLES / case / declared["file"])
    for name, column in declared["columns"].items():
        if column["type"] in ("factor", "ordered"):
            data[name] = as_factor(data[name], column["levels"])
    return data


def as_factor(values: pd.Series, levels: list[Any]) -> pd.Categorical:
    if pd.api.types.is_numeric_dtype(values):
        texts = [None if pd.isna(v) else f"{v:g}" for v in values]
    else:
        texts = [None if pd.isna(v) else str(v) for v in values]
    return pd.Categorical(texts, categories=[str(level) for level in levels])


def _table_of(case: str, model: dict[str, Any]) -> str:
    if case == "04_exam_hsb":
        return model["data"]
    if case == "07_cluster_trial":
        return "post" if "post" in model["data"] else "main"
    return ""


@cache
def model_data(case: str, name: str) -> pd.DataFrame:
    """The data of a model with its derived columns."""
    model = read_oracle(case)["models"][name]
    data = read_table(case, _table_of(case, model)).copy()
    if case == "05_orthodont":
        data["age11"] = data["age"] - 11
    if case == "06_cbpp":
        data["obs"] = np.arange(len(data))
    if name == "constrained_baseline":
        for wave in ("T1", "T2", "T3"):
            data[f"trt_{wave}"] = ((data["condition"] == "intervention") & (data["wave"] == wave)).astype(
                float
            )
    if name == "t3_ancova":
        data = data[data["wave"] == "T3"]
    if name == "exposure_time":
        data["exposureF"] = as_factor(data["exposure"], sorted(data["exposure"].unique()))
    return data


@cache
def oracle_fit(case: str, name: str, method: str = "REML") -> Fit:
    model = read_oracle(case)["models"][name]
    data = model_data(case, name)
    if model["family"] != "gaussian":
        return fit(model["formula"], data, family=model["family"], quadrature=model["nAGQ"])
    return fit(model["formula"], data, method=method)


def models_with(block: str, *, family: str = "gaussian") -> list[tuple[str, str]]:
    """(case, model) of all stored models that have a block of results (and not only a note why there is none)."""
    found = []
    for case in MIXED_CASES:
        for name, model in read_oracle(case)["models"].items():
            stored = model.get(block)
            if (
                model["family"] == family
                and stored
                and not (isinstance(stored, dict) and "not_available" in stored)
            ):
                found.append((case, name))
    return found


def is_singular(case: str, name: str) -> bool:
    model = read_oracle(case)["models"][name]
    return bool(model.get("reml", model["ml"]).get("singular"))


def matrix(block: dict[str, Any]) -> np.ndarray:
    return np.array(block["values"], dtype=float)

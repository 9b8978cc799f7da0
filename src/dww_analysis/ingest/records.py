"""What one source leaves behind beside its answers: missing reasons, counts of rows, and its codebook."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from dww_analysis.delivery.codes import code_text
from dww_analysis.delivery.identifiers import identifying_columns
from dww_analysis.delivery.rows import Rows
from dww_analysis.delivery.table import DeliveredTable
from dww_analysis.domain.measurements import NOT_RECOGNISED, MissingReason
from dww_analysis.domain.study import Background, Source, Study
from dww_analysis.ingest.values import PRESENT, REASONS, Column

SAME_MEANING = "declared to mean the same in every wave"
CODEBOOK_COLUMNS = (
    *("source", "sample", "wave", "name", "delivered_name", "label", "type", "value_labels", "missing_codes"),
    *("min_valid", "max_valid", "n_valid", "n_missing", "rules"),
)


def background_of(ours: str, study: Study) -> Background | None:
    """The background variable of that name (a column of ours); None for any other column."""
    return next((b for b in study.background if b.name == ours), None)


def valid_range(
    ours: str, study: Study, item_ranges: Mapping[str, tuple[float, float]]
) -> tuple[float, float] | None:
    """(lowest, highest) valid answer of a column of ours: of background as declared, of items as their key says;
    None where nothing does."""
    background = background_of(ours, study)
    return background.valid_range if background is not None else item_ranges.get(ours)


def constant(text: str, length: int) -> pd.Series:
    return pd.Series([text], dtype="str").take(np.zeros(length, dtype="int64")).reset_index(drop=True)


def missing_table(keys: Mapping[str, Any], columns: Mapping[str, Column], source: Source) -> pd.DataFrame:
    """One row per absent answer: sample, person, wave, column, reason."""
    at = [np.flatnonzero(column.reasons != PRESENT) for column in columns.values()]
    total = sum(map(len, at))
    rows = np.concatenate(at) if at else np.empty(0, dtype="int64")
    names = pd.Series(list(columns), dtype="str").take(np.repeat(np.arange(len(at)), [len(a) for a in at]))
    which = [c.reasons[a] for c, a in zip(columns.values(), at, strict=True)]
    reasons = pd.Series([str(r) for r in REASONS], dtype="str")
    return pd.DataFrame(
        {
            "sample": constant(source.sample, total),
            "person": keys["person"].take(rows).reset_index(drop=True),
            "wave": np.full(total, source.wave, dtype="int64"),
            "column": names.reset_index(drop=True),
            "reason": reasons.take(
                np.concatenate(which).astype("int64") if which else np.empty(0, dtype="int64")
            ).reset_index(drop=True),
        },
        copy=False,
    )


def flow(
    delivered: int, rows: Rows, columns: Mapping[str, Column], data: pd.DataFrame, source: Source
) -> pd.DataFrame:
    """Rows read, dropped by reason and kept; identifying columns dropped; answers set to missing."""
    steps = [("read", "", delivered)]
    steps += [("dropped", reason, count) for reason, count in rows.dropped.items()]
    steps.append(("kept", "", int(rows.keep.sum())))
    if source.persons == "anonymous" or "person" not in source.columns:
        steps.append((NOT_RECOGNISED, "", int(rows.keep.sum())))
    identifying = set(identifying_columns(map(str, data.columns), source.identifiers)) - set(
        source.columns.values()
    )
    if identifying:
        steps.append(("columns dropped", "identifies persons", len(identifying)))
    outside = sum(column.out_of_range for column in columns.values())
    if outside:
        steps.append(("answers set to missing", str(MissingReason.OUT_OF_RANGE), outside))
    return pd.DataFrame(
        {
            "source": source.id,
            "sample": source.sample,
            "wave": source.wave,
            "step": [step for step, _, _ in steps],
            "reason": pd.Series([reason for _, reason, _ in steps], dtype="str"),
            "rows": [count for _, _, count in steps],
        }
    )


def codebook(
    columns: Mapping[str, Column],
    keys: Mapping[str, Any],
    given: DeliveredTable,
    study: Study,
    item_ranges: Mapping[str, tuple[float, float]],
) -> pd.DataFrame:
    """One row per used column."""
    about, source = given.variables.drop_duplicates("name").set_index("name"), given.source
    records = []
    for ours, theirs in given.present.items():
        known = about.loc[theirs] if theirs in about.index else None
        low, high = valid_range(ours, study, item_ranges) or (np.nan, np.nan)
        column = columns.get(ours)
        absent = int((column.reasons != PRESENT).sum()) if column is not None else int(_absent(keys, ours))
        labels = {} if known is None else known["value_labels"]
        records.append(
            {
                "source": source.id,
                "sample": source.sample,
                "wave": source.wave,
                "name": ours,
                "delivered_name": theirs,
                "label": "" if known is None else str(known["label"]),
                "type": "" if known is None else str(known["type"]),
                "value_labels": _as_json(
                    {_recoded(code, ours, source): str(t) for code, t in labels.items()}
                ),
                "missing_codes": _as_json(_missing_codes(column, known)),
                "min_valid": float(low),
                "max_valid": float(high),
                "n_valid": len(keys["wave"]) - absent,
                "n_missing": absent,
                "rules": "; ".join(_rules(ours, column, source)),
            }
        )
    return pd.DataFrame(records, columns=list(CODEBOOK_COLUMNS))


def _missing_codes(column: Column | None, known: pd.Series | None) -> dict[str, str]:
    """Codes for "no answer" with their reasons: those met, and those that the file declares."""
    declared: dict[str, str] = {}
    if column is not None and known is not None:
        codes = [
            *known["missing_values"],
            *(c for c in known["value_labels"] if _in_ranges(c, known["missing_ranges"])),
        ]
        declared = {code_text(code): str(MissingReason.SKIPPED) for code in codes}
    return declared | (column.missing_codes if column is not None else {})


def _in_ranges(code: Any, ranges: Any) -> bool:
    return isinstance(code, int | float) and any(low <= code <= high for low, high in ranges)


def _absent(keys: Mapping[str, Any], ours: str) -> int:
    return int(pd.Series(keys[ours]).isna().sum()) if ours in keys else 0


def _recoded(code: Any, ours: str, source: Source) -> str:
    text = code_text(code)
    return source.recode.get(ours, {}).get(text, text)


def _conflict_rules(ours: str, source: Source) -> list[str]:
    """What was declared for a column that differs between waves."""
    if ours in source.apart:
        return [f"kept apart from the other waves, where it is {source.apart[ours]}"]
    return [SAME_MEANING] if source.conflicts.get(ours) == "same" else []


def _rules(ours: str, column: Column | None, source: Source) -> list[str]:
    if column is not None:
        return [*column.rules, *_conflict_rules(ours, source)]
    if ours == "person":
        return ["replaced by a pseudonym"]
    translated = source.recode.get(ours) or (ours == "team" and source.team_aliases)
    return ["delivered names replaced by ids"] if translated else []


def _as_json(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), ensure_ascii=False) if value else ""

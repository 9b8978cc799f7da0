"""The codebook: what every used column is, from the delivered labels, with the rules that were applied to it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dww_analysis.domain.measurements import Ingested
from dww_analysis.ingest.conflicts import wave_conflicts


def codebook_table(parts: Sequence[Ingested]) -> pd.DataFrame:
    """The codebooks of all sources under each other; disagreements between waves are added to `rules`."""
    book = pd.concat([part.codebook for part in parts], ignore_index=True)
    for row in wave_conflicts(parts).to_dict("records"):
        at = (book["source"] == row["other_source"]) & (book["name"] == row["name"])
        settled = f" ({row['rule']})" if row["rule"] else ""
        note = f"{row['kind']} differs from wave {row['wave']}{settled}"
        book.loc[at, "rules"] = book.loc[at, "rules"].map(
            lambda rules, n=note: "; ".join(filter(None, (rules, n)))
        )
    return book

"""Who was with the employer at each wave, as personnel records have it."""

from __future__ import annotations

import pandas as pd

from dww_analysis.domain.study import Study


def employed_at_waves(months: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Columns sample, person, wave: everybody with a contract in the month of a wave's date.

    months: person-months of the records (sample, person, month). Records know employments by their month, so whoever
    left in that month was there. A wave that the records do not reach has no rows.
    """
    days = {w.number: pd.Timestamp(w.date) for w in study.waves if w.date is not None}
    parts = [
        months.loc[months["month"].dt.to_period("M") == day.to_period("M"), ["sample", "person"]]
        .drop_duplicates()
        .assign(wave=number)
        for number, day in days.items()
    ]
    columns = ["sample", "person", "wave"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)

"""What readers get: tables through the gate, beside what was published before; the same for figures as for documents.

What was published before stands in the reports until a run ends, so no job waits for it: every job of a run reads the
same one, and the report replaces it last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis import storage
from dww_analysis.stages import places
from dww_analysis.stages.project import Project

Shown = dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Publication:
    """The least group that may be shown, how often a person may have answered, and what readers have already."""

    minimum: int
    waves: int
    earlier: Mapping[str, Any]

    @classmethod
    def of(cls, project: Project) -> Publication:
        """The next publication of a study; after none, without a record of the last one, nothing was published
        before."""
        before = places.PUBLISHED.at(project.paths)
        study = project.files.study
        earlier = storage.load_json(before) if before.is_file() else {}
        return cls(study.min_cell_size, max(1, len(study.waves)), earlier)

    def beside(self, gated: Mapping[str, pd.DataFrame]) -> tuple[Shown, int]:
        """Gated tables as readers get them, and how many rows keep their earlier numbers."""
        from dww_analysis.privacy.published import as_published

        return as_published(gated, self.earlier, self.minimum, self.waves)

    def through(self, tables: Mapping[str, pd.DataFrame]) -> Shown:
        """Tables as readers get them: through the gate, and beside what was published before. KeyError for a table
        without a declaration."""
        from dww_analysis.privacy.gate import let_out

        return self.beside(let_out(tables, self.minimum))[0]

    def means(self, fits: Mapping[str, Mapping[str, Any]]) -> Shown:
        """Entry -> the means of its fit as readers get them, hidden rows too; without entries that have no means."""
        found = {
            entry: pd.DataFrame(fit["means"]).assign(entry=entry)
            for entry, fit in fits.items()
            if fit.get("means")
        }
        return {entry: self.through({"model_means": frame})["model_means"] for entry, frame in found.items()}

    def facts(
        self, fits: Mapping[str, Mapping[str, Any]], estimates: pd.DataFrame | None
    ) -> tuple[dict[str, dict[str, Any]], Shown]:
        """The records of the fits as readers get them, and the tables that hold their numbers. estimates: through the
        gate, with all digits; None in a study without."""
        from dww_analysis.effects.facts import fact_tables, with_facts
        from dww_analysis.privacy.gate import let_out

        if estimates is None:
            return {}, {}
        planned = estimates[estimates["id"] == estimates["entry"]].set_index("entry")
        off = planned["suppressed"].astype(bool)
        tables = let_out(fact_tables(fits, planned.loc[~off, "n_persons"].to_dict()), self.minimum)
        shown = self.beside({"estimates": estimates, **tables})[0]
        facts, now = {name: shown[name] for name in tables}, shown["estimates"]
        hidden = now.loc[now["suppressed"].astype(bool) & (now["id"] == now["entry"]), "entry"]
        return with_facts(fits, facts, set(hidden)), facts

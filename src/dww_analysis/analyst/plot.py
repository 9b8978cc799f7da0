"""A figure for a notebook: matplotlib's own, with words for who does not see it and the numbers it shows."""

from __future__ import annotations

import html
from base64 import b64encode
from io import BytesIO

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from dww_analysis.analyst.look import WIDTH, style

DPI = 144  # twice what a notebook shows, so that text stays sharp


class Plot(Figure):
    """A matplotlib figure. `alt` says what it shows, `data` holds the plotted numbers."""

    def __init__(self, height: float, width: float = WIDTH) -> None:
        super().__init__(figsize=(width, height))
        FigureCanvasAgg(self)
        self.alt = ""
        self.data = pd.DataFrame()

    def png(self, dpi: int = DPI) -> bytes:
        """The figure as PNG, on paper of its own so that it can be read on any page; bytes repeat."""
        buffer = BytesIO()
        with style():
            self.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        """An image with its alternative text, which notebooks give to screen readers."""
        source = b64encode(self.png()).decode()
        width = round(self.get_size_inches()[0] * 96)
        return (
            f'<img src="data:image/png;base64,{source}" alt="{html.escape(self.alt)}" '
            f'style="width: {width}px; max-width: 100%; height: auto">'
        )

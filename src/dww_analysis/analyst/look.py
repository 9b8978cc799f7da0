"""How every figure looks: colours, widths, matplotlib's settings, and an empty figure to draw in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, SOFT, FAINT, PAPER, BAND = "#1c2126", "#555d66", "#c9ced4", "#ffffff", "#eceff2"
# Okabe & Ito (2008): told apart by people with any common colour vision; shape and line are the second cue.
ARM_STYLES = (
    {"color": "#d55e00", "marker": "s", "linestyle": (0, (4, 2))},
    {"color": "#0072b2", "marker": "o", "linestyle": "-"},
    {"color": "#009e73", "marker": "^", "linestyle": (0, (1, 1.5))},
    {"color": "#cc79a7", "marker": "D", "linestyle": (0, (5, 1, 1, 1))},
)
ONE_GROUP: dict[str, Any] = {"color": "#0072b2", "marker": "o", "linestyle": "-"}
WIDTH = 7.6  # inches: 730 pixels at the size a browser shows
NARROW = 3.9  # of the variant for a telephone


@contextmanager
def style(salt: str = "dww") -> Iterator[None]:
    """The look of every figure; ids in an SVG depend on `salt` and the drawing alone."""
    import matplotlib as mpl

    settings: Any = {
        "font.family": ["DejaVu Sans"],
        "font.size": 9,
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": SOFT,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.labelcolor": INK,
        "ytick.labelcolor": INK,
        "figure.facecolor": PAPER,
        "axes.facecolor": "none",
        "svg.fonttype": "none",
        "text.parse_math": False,  # a label may hold a dollar sign
        "svg.hashsalt": salt,
        "path.simplify": False,
        "axes.unicode_minus": True,
    }
    with mpl.rc_context():
        if mpl.rcParams != mpl.rcParamsDefault:  # a reader's own matplotlibrc must not change a figure
            mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure of the house's width (inches) on the Agg canvas, outside pyplot's global state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def arm_style(position: int) -> dict[str, Any]:
    """Colour, marker and line of the arm at `position` (0 is the reference)."""
    return dict(ARM_STYLES[position % len(ARM_STYLES)])

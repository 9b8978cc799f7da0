"""A figure as SVG text and as PNG, with bytes that repeat: no date, no version."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO, StringIO
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import RendererSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath
from PIL import Image

POINTS = 72  # an inch
# of a PNG: a few hues and what lies between them and paper; a third of the bytes of all colours
COLOURS = 256
WHITE, NEAR_WHITE = 255, 252
Size = tuple[float, float, float]  # width, height, descent


def svg_of(figure: Figure) -> str:
    """The SVG of a figure, a unit a point, in the style that holds."""
    text = StringIO()
    width, height = figure.get_size_inches() * POINTS
    renderer = _Renderer(width, height, text, metadata={"Date": None, "Creator": None})
    _draw(figure, POINTS, lambda: figure.draw(renderer))
    renderer.finalize()
    return text.getvalue()


def png_of(figure: Figure, dpi: int) -> bytes:
    """The PNG of a figure with a palette of at most COLOURS. What is all but white is white: paper stays paper."""
    canvas = FigureCanvasAgg(figure)
    _draw(figure, dpi, canvas.draw)
    shown = canvas.buffer_rgba()
    height, width, _ = shown.shape
    full = Image.frombytes("RGB", (width, height), shown, "raw", "RGBX")
    few = full.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    palette = np.reshape(few.getpalette() or [], (-1, 3))
    palette[(palette >= NEAR_WHITE).all(axis=1)] = WHITE
    few.putpalette(palette.ravel().tolist())
    packed = BytesIO()
    few.save(packed, "PNG", dpi=(dpi, dpi))
    return packed.getvalue()


def _draw(figure: Figure, dpi: float, draw: Callable[[], object]) -> None:
    """Draw at so many dots per inch, and leave the figure with those it had."""
    before = figure.dpi
    figure.dpi = dpi
    try:
        draw()
    finally:
        figure.dpi = before


class _Renderer(RendererSVG):
    """Writes SVG; knows the size of a text that any figure of this process has shown before.

    Matplotlib forgets the sizes with each file, and measuring takes a twentieth of the time of a figure.
    """

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Size:
        return _size_of(s, prop.copy(), ismath)


@lru_cache(maxsize=1 << 12)
def _size_of(text: str, font: FontProperties, ismath: Any) -> Size:
    return _measure.get_text_width_height_descent(text, font, ismath)


_measure = TextToPath()

"""A figure as SVG text and as PNG, with bytes that repeat: no date, no version.

The size of a text that any figure of this process has shown before is known: matplotlib forgets the sizes with each
file, and measuring takes a twentieth of the time of a figure.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from io import BytesIO, StringIO
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
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
    canvas = _Canvas(figure)
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
    _place_nothing(figure)
    before = figure.dpi
    figure.dpi = dpi
    try:
        draw()
    finally:
        figure.dpi = before


def _place_nothing(figure: Figure) -> None:
    """Give titles and labels of axes that say nothing a place, which matplotlib would look for beside all that is said
    on an axis."""
    for axes in figure.axes:
        if not any(axes.get_title(loc) for loc in ("left", "center", "right")):
            axes.set_title("", y=1.0)
        for axis in (axes.xaxis, axes.yaxis):
            if not axis.get_label_text():
                axis.set_label_coords(0.5, 0.5)


class _Renderer(RendererSVG):
    """Writes SVG."""

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Size:
        return _size_of(s, prop.copy(), ismath)


class _Canvas(FigureCanvasAgg):
    """Draws pixels."""

    def get_renderer(self) -> RendererAgg:
        width, height = self.get_width_height(physical=True)
        self.renderer = _Pixels(width, height, self.figure.dpi)
        return self.renderer


class _Pixels(RendererAgg):
    """Draws pixels; the letters of a text in one size, said once."""

    def _draw_text_glyphs_and_boxes(
        self, gc: Any, x: float, y: float, angle: float, glyphs: Any, boxes: Any
    ) -> None:
        fonts: dict[Any, _Sized] = {}
        sized = ((fonts.setdefault(font, _Sized(font)), *rest) for font, *rest in glyphs)
        super()._draw_text_glyphs_and_boxes(gc, x, y, angle, sized, boxes)

    def get_text_width_height_descent(self, s: str, prop: FontProperties, ismath: Any) -> Size:
        return _size_in_pixels(s, prop.copy(), ismath, self.dpi)


class _Sized:
    """A font that is told a size once: told again for each letter, as matplotlib does, it works out its hints again, a
    third of the time that letters take."""

    def __init__(self, font: Any):
        self._font = font
        self._size: tuple[float, ...] = ()

    def set_size(self, *size: float) -> None:
        if size != self._size:
            self._size = size
            self._font.set_size(*size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._font, name)


@lru_cache(maxsize=1 << 12)
def _size_of(text: str, font: FontProperties, ismath: Any) -> Size:
    return _measure.get_text_width_height_descent(text, font, ismath)


@lru_cache(maxsize=1 << 12)
def _size_in_pixels(text: str, font: FontProperties, ismath: Any, dpi: float) -> Size:
    return _measure_in_pixels(dpi).get_text_width_height_descent(text, font, ismath)


@lru_cache(maxsize=4)
def _measure_in_pixels(dpi: float) -> RendererAgg:
    return RendererAgg(1, 1, dpi)


_measure = TextToPath()

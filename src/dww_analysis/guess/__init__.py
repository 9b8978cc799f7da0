"""A first configuration guessed from delivered files. Every guess is marked; what cannot be guessed is left open."""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "Delivered": "columns",
    "delivered": "columns",
    "draft_study": "study",
    "Draft": "records",
    "texts_of": "write",
    "add_to": "added",
    "Known": "added",
    "recode_hints": "hints",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)

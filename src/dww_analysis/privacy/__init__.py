"""Nobody's privacy lost: pseudonyms from a key outside the repository, a scan for identifiers, disclosure control."""

from __future__ import annotations

from dww_analysis.lazy import lazily

_HOME = {
    "let_out": "gate",
    "attack": "audit",
    "key_for": "pseudonyms",
    "new_key": "pseudonyms",
    "pseudonym": "pseudonyms",
    "suppress": "disclosure",
    "roll_up": "disclosure",
    "refuse_crossing": "disclosure",
    "scan_frame": "scan",
    "scan_files": "scan",
    "scan_words": "scan",
    "make_private": "folders",
}

__all__ = sorted(_HOME)
__getattr__, __dir__ = lazily(__name__, _HOME)

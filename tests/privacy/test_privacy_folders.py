"""Folders with rows of single persons are closed to others, new ones and those that were there."""

import os
import stat

import pytest

from dww_analysis.errors import DisclosureError
from dww_analysis.privacy import make_private


def test_folders_are_made_and_closed(tmp_path):
    old = tmp_path / "old"
    old.mkdir()
    os.chmod(old, 0o755)
    new = tmp_path / "data" / "derived" / "s"
    make_private([old, new])
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (old, new)] == [0o700, 0o700]
    make_private([old, new])


def test_links_and_files_are_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(DisclosureError, match="link or a file"):
            make_private([tmp_path / name])

"""A folder is put in its place as a whole, or the old one stays as it was."""

import stat

import pytest

from dww_analysis.storage import whole_folder


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_the_new_folder_takes_the_place_of_the_old_one(tmp_path):
    place = tmp_path / "made"
    for name in ("one", "two"):
        with whole_folder(place) as folder:
            (folder / name).write_text(name)
            assert not (place / name).exists()
    assert names(place) == ["two"] and names(tmp_path) == ["made"]
    assert stat.S_IMODE(place.stat().st_mode) == 0o700


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path):
    place = tmp_path / "made"
    with whole_folder(place) as folder:
        (folder / "one").write_text("one")
    with pytest.raises(RuntimeError), whole_folder(place) as folder:
        (folder / "two").write_text("two")
        raise RuntimeError
    assert names(place) == ["one"] and names(tmp_path) == ["made"]


def test_what_a_killed_program_left_does_not_come_along(tmp_path):
    left = tmp_path / "made.making"
    left.mkdir()
    (left / "half").write_text("half")
    with whole_folder(tmp_path / "made") as folder:
        assert names(folder) == []
    assert names(tmp_path) == ["made"]


def test_the_old_folder_comes_back_where_the_new_one_cannot_be_put(tmp_path):
    place = tmp_path / "made"
    with whole_folder(place) as folder:
        (folder / "one").write_text("one")
    with pytest.raises(OSError), whole_folder(place) as folder:
        folder.rmdir()  # as if the disk had failed
    assert names(place) == ["one"] and names(tmp_path) == ["made"]


def test_a_folder_that_a_killed_program_had_moved_away_comes_back(tmp_path):
    (tmp_path / "made.old").mkdir()
    (tmp_path / "made.old" / "one").write_text("one")
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "made"):
        raise RuntimeError
    assert names(tmp_path / "made") == ["one"] and names(tmp_path) == ["made"]

"""Documents that are made one by one: the stale ones are made, others stay to the second, what cannot be is refused."""

import os

import pytest
from workflow_runs import files_below

from dww_analysis import storage
from dww_analysis.errors import ReportError
from dww_analysis.stages.kept import Document, all_there, draw, save_drawn

LONG_AGO = 1_000_000_000


def saying(text: str, made: list[str], name: str = "sheet.txt") -> Document:
    def files():
        made.append(text)
        return {name: text}

    return Document(text, files)


def too_long() -> Document:
    def files():
        raise ReportError.of(found="too long", where="sheet.nl", expected="less", action="shorten it")

    return Document("too long", files)


class Folder:
    """A kept folder: what is drawn is saved, and every file gets an old time, so that a new one shows."""

    def __init__(self, root):
        self.folder, self.ledger, self.made = root / "units", root / "ledger.json", []

    def run(self, units: dict[str, str], code="code", choose=None, **more: Document):
        documents = {unit: {"sheet": saying(text, self.made)} for unit, text in units.items()}
        documents |= {unit: {"sheet": document} for unit, document in more.items()}
        self.made.clear()
        drawn = draw(documents, self.folder, self.ledger, code, choose)
        save_drawn(drawn, self.folder, self.ledger)
        new = {n for n, p in files_below(self.folder).items() if p.stat().st_mtime != LONG_AGO}
        for path in files_below(self.folder).values():
            os.utime(path, (LONG_AGO, LONG_AGO))
        return drawn, new


@pytest.fixture
def kept(tmp_path):
    found = Folder(tmp_path)
    found.run({"T1": "one", "T2": "two", "T3": "three"})
    return found


def test_what_shows_the_same_is_not_made_again_and_keeps_its_time(kept):
    drawn, new = kept.run({"T1": "one", "T2": "other", "T3": "three"})
    assert (kept.made, new, drawn.counts()) == (["other"], {"T2/sheet.txt"}, (1, 2))
    drawn, new = kept.run({"T1": "one", "T2": "other", "T3": "three"})
    assert (kept.made, new, drawn.counts()) == ([], set(), (0, 3))


def test_other_code_makes_all_of_them_again(kept):
    assert kept.run({"T1": "one", "T2": "two", "T3": "three"}, code="other")[0].counts() == (3, 0)


def test_a_file_that_was_changed_or_taken_away_is_made_again(kept):
    (kept.folder / "T1" / "sheet.txt").write_text("one, and what somebody added")
    (kept.folder / "T2" / "sheet.txt").unlink()
    assert not all_there(kept.folder, kept.ledger)
    _, new = kept.run({"T1": "one", "T2": "two", "T3": "three"})
    assert new == {"T1/sheet.txt", "T2/sheet.txt"}
    assert (kept.folder / "T1" / "sheet.txt").read_text() == "one"
    assert all_there(kept.folder, kept.ledger)


def test_a_unit_that_gets_none_any_more_has_none(kept):
    (kept.folder / "T9").mkdir()
    (kept.folder / "T9" / "sheet.txt").write_text("of an earlier version")
    kept.run({"T1": "one", "T3": "three"})
    assert {p.name for p in kept.folder.iterdir()} == {"T1", "T3"}
    assert set(storage.load_json(kept.ledger)) == {"T1/sheet", "T3/sheet"}


def test_one_that_cannot_be_made_stops_no_other_and_leaves_nothing_old(kept):
    drawn, new = kept.run({"T1": "one", "T3": "new"}, T2=too_long())
    assert [p.found for p in drawn.problems] == ["too long"]
    assert new == {"T3/sheet.txt"}
    assert set(files_below(kept.folder)) == {"T1/sheet.txt", "T3/sheet.txt"}
    assert kept.run({"T1": "one", "T3": "new"}, T2=too_long())[0].problems, (
        "it is refused again, not forgotten"
    )


def test_of_some_units_others_stay_whatever_became_of_them(kept):
    now = {"T1": "first", "T2": "second"}
    drawn, new = kept.run(now, choose=lambda there: [unit for unit in there if unit == "T2"])
    assert (kept.made, new, drawn.counts()) == (["second"], {"T2/sheet.txt"}, (1, 0))
    assert (kept.folder / "T3" / "sheet.txt").is_file(), "nobody asked for it"
    _, new = kept.run(now)
    assert new == {"T1/sheet.txt"}, "what was stale is made when all are asked for"
    assert not (kept.folder / "T3").exists()


def test_a_ledger_that_cannot_be_read_makes_all_again(kept):
    kept.ledger.write_text("{")
    assert kept.run({"T1": "one"})[0].counts() == (1, 0)


def test_a_file_that_a_person_laid_beside_a_document_stays(kept):
    """`reports/STUDY/units/team-T02/` is where a team's own notes end up, and every run took them away."""
    for unit in ("T1", "T2"):
        (kept.folder / unit / "notes of the meeting.docx").write_text("ours")
    kept.run({"T1": "other", "T3": "three"})
    kept.ledger.unlink()
    kept.run({"T1": "other", "T3": "three"})
    assert set(files_below(kept.folder)) == {
        "T1/notes of the meeting.docx", "T1/sheet.txt", "T2/notes of the meeting.docx", "T3/sheet.txt",
    }  # fmt: skip


def test_old_documents_go_where_it_is_not_known_which_there_were(kept):
    kept.ledger.unlink()
    kept.run({}, T1=too_long())
    assert not files_below(kept.folder)

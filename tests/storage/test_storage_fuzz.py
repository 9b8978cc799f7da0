"""Every reader under damage: bytes flipped, cut, put in; members, children and attributes of sheets and structures
taken away. What comes out is a table or a `SourceError`, never another exception."""

import builtins
import datetime as dt
import io
import random
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from dww_analysis.errors import SourceError
from dww_analysis.storage import delivered_path, read_table, verify_checksum
from dww_analysis.storage.cells import typed_cells
from dww_analysis.storage.lines import read_lines

QUICK, MANY = 40, 1500  # damaged files of each kind
ODD = ["", "-1", "99999999999", "nan", "inf", "1e999", "x", "A0", "ZZZZ9", "2024-02-31", "_xD800_", "1" * 400]
STATISTICS = pd.DataFrame(
    {
        "ID": [1.0, 2.0, 99.0] * 5,
        "T": ["a", "b", "c"] * 5,
        "D": [dt.date(2024, 1, 1), dt.date(1900, 1, 1), None] * 5,
    }
)
CSV = 'id;"q ""1""";d;t\n1;2,5;2024-01-05;"a; b"\n2;3;2024-02-01;N/A\n3;4;2024-03-01;x\n'
LIMESURVEY = "id;submitdate;lastpage;G1[SQ001]\n1;2024-01-05 10:00:00;3;1\n2;;1;2\n"
LSS = """<?xml version="1.0" encoding="UTF-8"?><document>
<surveys><rows><row><language>nl</language></row></rows></surveys>
<questions><rows><row><qid>7</qid><parent_qid>0</parent_qid><type>F</type><title>G1</title><question>Hoe?</question>
</row></rows></questions><subquestions><rows><row><qid>8</qid><parent_qid>7</parent_qid><title>SQ001</title>
<question>thuis</question><question_order>1</question_order></row></rows></subquestions><answers><rows><row>
<qid>7</qid><code>1</code><answer>soms</answer><sortorder>1</sortorder></row></rows></answers></document>"""


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    """A whole file of every kind, by its name."""
    home = tmp_path_factory.mktemp("seeds")
    labels = {"ID": {1.0: "een"}}
    frame = STATISTICS
    pyreadstat.write_sav(
        frame, home / "a.sav", variable_value_labels=labels, missing_ranges={"ID": [9, {"lo": 90, "hi": 99}]}
    )
    pyreadstat.write_sav(frame, home / "row.sav", row_compress=True)
    pyreadstat.write_sav(frame, home / "a.zsav", compress=True)
    pyreadstat.write_dta(frame, home / "a.dta", version=15, variable_value_labels=labels)
    pyreadstat.write_dta(frame, home / "old.dta", version=8)
    pyreadstat.write_xport(frame, home / "a.xpt", file_format_version=8)
    pyreadstat.write_por(frame, home / "a.por")
    frame.to_excel(home / "a.xlsx", index=False, engine="openpyxl")
    frame.to_excel(home / "b.xlsx", index=False, engine="xlsxwriter")
    (home / "a.csv").write_text(CSV)
    (home / "escaped.csv").write_text('id,t\n1,"a \\"b\\" c"\n2,"d"\n')
    (home / "wide.csv").write_bytes(CSV.encode("utf-16"))
    with zipfile.ZipFile(home / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/a.sav", (home / "a.sav").read_bytes())
    with zipfile.ZipFile(home / "castor.zip", "w") as archive:
        archive.writestr("study_export.csv", "Participant Id;Participant Status;q\n1;x;2\n")
        archive.writestr("study_variablelist.csv", "Variable name;Field label;Option group name\nq;Hoe?;f\n")
        archive.writestr("study_optiongroups.csv", "Option Group Name;Option Name;Option Value\nf;soms;2\n")
    found = {path.name: path.read_bytes() for path in sorted(home.iterdir())}
    found["odfpy.ods"] = (Path(__file__).parent / "files" / "odfpy.ods").read_bytes()
    return found


KINDS = [
    *("a.sav", "row.sav", "a.zsav", "a.dta", "old.dta", "a.xpt", "a.por", "a.xlsx", "b.xlsx", "odfpy.ods"),
    *("a.csv", "escaped.csv", "wide.csv", "a.zip", "castor.zip"),
]


def damaged_bytes(raw, rng):
    raw = bytearray(raw)
    at, kind = rng.randrange(len(raw)), rng.randrange(5)
    if kind == 0:
        return bytes(raw[: at + 1])
    if kind == 1:
        for _ in range(rng.choice([1, 3, 20])):
            raw[rng.randrange(len(raw))] = rng.randrange(256)
    elif kind == 2:
        del raw[at : at + rng.choice([1, 4, 8, 50])]
    elif kind == 3:
        raw[at:at] = bytes(rng.choice([0, 255, 34, 44, 59, 92, 10]) for _ in range(rng.choice([1, 4, 100])))
    else:
        raw[at : at + 8] = rng.choice([b"\xff" * 8, b"\0" * 8, b"\x7f" * 8])
    return bytes(raw)


def damaged_xml(raw, rng):
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError:
        return damaged_bytes(raw, rng) if raw else b"x"
    element = rng.choice(list(root.iter()))
    if rng.random() < 0.4 and len(element):
        element.remove(rng.choice(list(element)))
    elif rng.random() < 0.7 and element.attrib:
        element.attrib[rng.choice(list(element.attrib))] = rng.choice(ODD)
    else:
        element.text = rng.choice(ODD)
    return ElementTree.tostring(root)


def damaged_members(raw, rng):
    """An archive with one member taken out or damaged inside, packed again without a fault."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(packed, "w") as new:
        names = old.namelist()
        chosen = rng.choice(names)
        for name in names:
            content = old.read(name)
            if name == chosen and rng.random() < 0.2:
                continue
            new.writestr(name, damaged_xml(content, rng) if name == chosen else content)
    return packed.getvalue()


def table_or_refusal(path, **options):
    try:
        table = read_table(path, **options)
    except SourceError as error:
        assert str(error)
        return
    assert len(table.data) == len(table.lines) > 0
    assert table.data.columns.is_unique and list(table.data.columns) == list(table.variables["name"])


def damage(name, raw, folder, count):
    rng = random.Random(f"{name} {count}")
    for _ in range(count):
        packed = name.endswith((".xlsx", ".ods", ".zip")) and rng.random() < 0.7
        path = folder / name
        path.write_bytes(damaged_members(raw, rng) if packed else damaged_bytes(raw, rng))
        table_or_refusal(path)


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files(name, seeds, tmp_path):
    table_or_refusal(_whole(name, seeds, tmp_path))
    damage(name, seeds[name], tmp_path, QUICK)


def test_a_whole_number_beyond_all_others_is_read_in_a_sheet_as_in_text():
    column, kind = typed_cells([1, None, -int("9" * 400)])
    assert kind == "number" and list(column[[0, 2]]) == [1.0, -np.inf]


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_many_damaged_files(name, seeds, tmp_path):
    damage(name, seeds[name], tmp_path, MANY)


def _whole(name, seeds, folder):
    (folder / name).write_bytes(seeds[name])
    assert len(read_table(folder / name).data) > 0
    return folder / name


def structures(folder, count):
    rng = random.Random(count)
    (folder / "a.csv").write_text(LIMESURVEY)
    for _ in range(count):
        raw = LSS.encode()
        for _ in range(rng.choice([1, 2, 5])):
            raw = damaged_xml(raw, rng)
        (folder / "s.lss").write_bytes(damaged_bytes(raw, rng) if rng.random() < 0.3 else raw)
        table_or_refusal(folder / "a.csv", structure="s.lss")


def test_damaged_structures(tmp_path):
    structures(tmp_path, 3 * QUICK)


@pytest.mark.slow
def test_many_damaged_structures(tmp_path):
    structures(tmp_path, 5 * MANY)


@pytest.mark.parametrize("lacking", ["qid", "title", "code"])
def test_an_incomplete_structure_says_what_it_lacks(tmp_path, lacking):
    (tmp_path / "a.csv").write_text(LIMESURVEY)
    root = ElementTree.fromstring(LSS)
    for row in root.iter("row"):
        for cell in row.findall(lacking):
            row.remove(cell)
    (tmp_path / "s.lss").write_bytes(ElementTree.tostring(root))
    with pytest.raises(SourceError, match=rf"s\.lss, section .*: 1 of 1 rows have no <{lacking}>"):
        read_table(tmp_path / "a.csv", structure="s.lss")


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.sav", "a.zip", "odfpy.ods"])
def test_files_that_may_not_be_read(name, seeds, tmp_path, monkeypatch):
    (tmp_path / name).write_bytes(seeds[name])
    monkeypatch.setattr("builtins.open", _closed)
    monkeypatch.setattr("io.open", _closed)
    for read in (read_table, read_lines, lambda path: verify_checksum(path, "0" * 64)):
        with pytest.raises(SourceError, match="permissions"):
            read(tmp_path / name)


def _closed(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("name", ["s.lss", "d.csv", "no.lss"])
def test_structures_that_may_not_be_read(name, tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text(LIMESURVEY)
    (tmp_path / "s.lss").write_text(LSS)
    (tmp_path / "d.csv").write_text("x,y\n1,2\n")
    for home in (io, builtins):
        monkeypatch.setattr(home, "open", _closed_for(("s.lss", "d.csv"), io.open))
    with pytest.raises(SourceError, match=name.replace(".", r"\.")) as error:
        read_table(tmp_path / "a.csv", structure=name)
    assert ("permissions" in str(error.value)) == (name != "no.lss")


def _closed_for(names, real):
    return lambda file, *a, **k: _closed() if Path(str(file)).name in names else real(file, *a, **k)


@pytest.mark.parametrize(
    "encoding", ["utf-9", "a\0b", "base64", "punycode", "idna", "undefined", "unicode_escape", "utf-7"]
)
@pytest.mark.parametrize("name", ["a.csv", "a.sav", "old.dta"])
def test_encodings_that_do_not_fit(encoding, name, seeds, tmp_path):
    raw = seeds[name] if name != "a.csv" else b"id,t\n1,caf\xc3\xa9\n2,\\ud800\n"
    (tmp_path / name).write_bytes(raw)
    table_or_refusal(tmp_path / name, encoding=encoding)


def test_a_folder_that_may_not_be_entered_and_a_name_that_is_too_long(tmp_path, monkeypatch):
    with pytest.raises(SourceError, match="cannot be reached"):
        delivered_path(tmp_path, "x" * 5000)
    monkeypatch.setattr(Path, "exists", _closed)
    with pytest.raises(SourceError, match="permissions of the folder"):
        delivered_path(tmp_path, "a.csv")


@pytest.mark.parametrize("value", ["1e999", "-1e999", "nan", "inf", "9" * 400])
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "ods"])
def test_numbers_without_an_end(value, suffix, tmp_path, write_rows):
    path = write_rows(tmp_path / f"a.{suffix}", [["id", "minutes"], [1, value], [2, "3"]])
    table_or_refusal(path)
    numbers = STATISTICS.assign(ID=[np.inf, -np.inf, np.nan] * 5)
    pyreadstat.write_sav(numbers, tmp_path / "a.sav")
    table_or_refusal(tmp_path / "a.sav")

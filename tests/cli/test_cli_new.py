"""`dww new` and `dww add`: what they write passes `dww check`, or every open point is said; nothing is half written."""

import os
import re
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from dww_analysis.cli.app import run_app
from dww_analysis.storage.spss import write_sav

SCHEMA_WORDS = ("Input should", "List should", "valid list", "pydantic", "Traceback", "validation")
AGREE = {1.0: "Oneens", 2.0: "Beetje oneens", 3.0: "Beetje eens", 4.0: "Eens"}


@pytest.fixture
def dww(tmp_path, monkeypatch, capsys):
    """Runs a command in an empty root; returns exit code and everything that was said."""
    key = tmp_path / "key"
    key.write_text("".join(f"{b:02x}" for b in np.random.default_rng(7).integers(0, 256, 32)))
    os.chmod(key, 0o600)
    monkeypatch.setenv("DWW_KEY_FILE", str(key))

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["dww", "--root", str(tmp_path / "root"), *map(str, words)])
        code = run_app()
        said = capsys.readouterr()
        text = said.out + said.err
        assert not [w for w in SCHEMA_WORDS if w in text]
        return code, text

    (tmp_path / "root").mkdir()
    return run


def config(tmp_path, name, study="s"):
    return yaml.safe_load((tmp_path / "root/config" / study / f"{name}.yaml").read_text(encoding="utf-8"))


def answers(k, n=40, top=5, seed=1):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=n)
    raw = [(top + 1) / 2 + 0.8 * common + rng.normal(scale=0.7, size=n) for _ in range(k)]
    return [np.clip(np.round(x), 1, top).astype(int) for x in raw]


def wave(path, names=("ab1", "ab2", "ab3"), n=40, seed=1, **more):
    data = pd.DataFrame(
        {"code": [f"v{i:03d}q" for i in range(n)], "team": [f"Team {i % 5}" for i in range(n)]}
    )
    data = data.assign(**dict(zip(names, answers(len(names), n, seed=seed), strict=True)), **more)
    data.to_csv(path, index=False)
    return path


def words(path, names, n=40):
    data = pd.DataFrame(
        {"code": [f"v{i:03d}q" for i in range(n)], "team": [f"Team {i % 5}" for i in range(n)]}
    )
    chosen = list(AGREE.values())
    for j, name in enumerate(names):
        data[name] = [chosen[(i * (j + 1) + i // 5) % 4] for i in range(n)]
    data.to_csv(path, index=False)
    return path


def labelled(path, names, n=40, labels=AGREE):
    data = pd.DataFrame(
        {"code": [f"v{i:03d}q" for i in range(n)], "team": [f"Team {i % 5}" for i in range(n)]}
    )
    for name, values in zip(names, answers(len(names), n, top=4), strict=True):
        data[name] = values.astype(float)
    write_sav(data, path, {n: f"question {n}" for n in names}, dict.fromkeys(names, labels))
    return path


def test_a_new_study_passes_its_own_check(dww, tmp_path):
    listed = tmp_path / "lijst.csv"
    pd.DataFrame({"team": [f"Team {i}" for i in range(5)], "arm": list("abaab")}).to_csv(listed, index=False)
    files = [wave(tmp_path / "w0.csv"), wave(tmp_path / "w1.csv", ("ab3", "ab1"), seed=2), listed]
    code, said = dww("new", "s", *files)
    assert code == 0 and "check s" in said and "--root" in said
    code, said = dww("check", "s")
    assert code == 0 and "guesses still (# GUESS)" in said
    assert config(tmp_path, "study")["design"] == "parallel_cluster"
    assert (tmp_path / "root/data/raw/s/w1.csv").read_bytes() == files[1].read_bytes()


def test_waves_below_each_other_are_counted_and_no_row_is_lost_in_silence(dww, tmp_path):
    parts = [pd.read_csv(wave(tmp_path / "x.csv", seed=w)).assign(week=w) for w in (1, 5)]
    pd.concat(parts).to_csv(tmp_path / "long.csv", index=False)
    assert dww("new", "s", tmp_path / "long.csv")[0] == 0
    code, said = dww("check", "s")
    assert code == 0 and "wave1: rows week: 5: 40 of 80 rows" in said
    file = tmp_path / "root/config/s/sources.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('value: "5"', 'value: "6"'), encoding="utf-8")
    code, said = dww("check", "s")
    assert code == 2 and "no row has the value '6'" in said and "40 of 80 rows belong to no source" in said
    file.write_text(text.replace('column: "week"', 'column: "wek"'), encoding="utf-8")
    code, said = dww("check", "s")
    assert code == 2 and "`rows` names the column 'wek'" in said and "week" in said


def test_words_that_nobody_numbered_are_one_open_point(dww, tmp_path):
    file = words(tmp_path / "w0.csv", ("Ik lees", "Ik schrijf", "Ik luister"))
    code, said = dww("new", "s", file)
    assert code == 0 and "give each word its number" in said
    code, said = dww("check", "s")
    assert code == 2 and "1 problem found" in said and all(repr(w) in said for w in AGREE.values())
    written = (tmp_path / "root/config/s/sources.yaml").read_text(encoding="utf-8")
    assert all(written.count(f'"{w}"') == 1 for w in AGREE.values())
    for number, word in AGREE.items():
        written = written.replace(f'"{word}": "?"', f'"{word}": "{number:g}"')
    (tmp_path / "root/config/s/sources.yaml").write_text(written, encoding="utf-8")
    assert dww("check", "s")[0] == 0


def test_a_wave_in_words_after_a_labelled_one(dww, tmp_path):
    names = ("leert", "vraagt", "helpt")
    assert dww("new", "s", labelled(tmp_path / "w0.sav", names))[0] == 0
    code, said = dww("add", "s", words(tmp_path / "w1.csv", names))
    assert code == 0 and "3 columns are known" in said and "formula has no wave" in said
    assert dww("check", "s")[0] == 0
    sources = config(tmp_path, "sources")
    (only,) = sources["recode_sets"].values()
    assert only == {label: f"{code:g}" for code, label in AGREE.items()}
    assert len(config(tmp_path, "study")["waves"]) == 2
    for source in sources["sources"]:
        source.pop("recode", None)
    sources.pop("recode_sets")
    (tmp_path / "root/config/s/sources.yaml").write_text(yaml.safe_dump(sources), encoding="utf-8")
    code, said = dww("check", "s")
    assert code == 2 and "in the labels of source wave0" in said and '"Beetje eens": "3"' in said


def test_labels_that_run_against_the_key_are_said(dww, tmp_path):
    turned = {5.0 - code: label for code, label in AGREE.items()}
    assert dww("new", "s", labelled(tmp_path / "w0.sav", ("leert", "vraagt", "helpt"), labels=turned))[0] == 0
    code, said = dww("check", "s")
    assert code == 2 and "run downwards, from 1 = 'Eens' to 4 = 'Oneens'" in said and "w0.sav" in said


def test_a_later_wave_keeps_the_names_the_comments_and_the_order(dww, tmp_path):
    dww("new", "s", wave(tmp_path / "w0.csv", ("ab1", "ab2", "ab3", "ab4")))
    file = tmp_path / "root/config/s/sources.yaml"
    before = (
        file.read_text(encoding="utf-8").replace("sources:", "# my remark\nsources:").replace("ab_", "mine_")
    )
    file.write_text(before, encoding="utf-8")
    scales = tmp_path / "root/config/s/scales.yaml"
    scales.write_text(scales.read_text(encoding="utf-8").replace("ab_{", "mine_{"), encoding="utf-8")
    code, said = dww("add", "s", wave(tmp_path / "w1.csv", ("AB_4", "AB_2", "AB_1", "nieuw"), seed=3))
    assert code == 0 and "not asked: mine_03" in said and "not used: nieuw" in said
    after = file.read_text(encoding="utf-8")
    assert after.startswith(before)
    second = config(tmp_path, "sources")["sources"][1]
    assert second["columns"]["mine_02"] == "AB_2" and second["wave"] == 1 and second["id"] == "wave1"
    assert dww("check", "s")[0] == 0


def test_a_list_of_arms_that_comes_later(dww, tmp_path):
    dww("new", "s", wave(tmp_path / "w0.csv"), wave(tmp_path / "w1.csv", seed=2))
    listed = tmp_path / "lijst.csv"
    pd.DataFrame({"team": [f"Team {i}" for i in range(5)], "arm": list("abaab")}).to_csv(listed, index=False)
    assert dww("add", "s", listed)[0] == 0
    assert config(tmp_path, "study")["allocation"]["source"] == "allocation"
    assert dww("check", "s")[0] == 0
    before = (tmp_path / "root/config/s/sources.yaml").read_bytes()
    other = tmp_path / "lijst2.csv"
    pd.DataFrame({"team": [f"Team {i}" for i in range(5)], "arm": list("babba")}).to_csv(other, index=False)
    code, said = dww("add", "s", other)
    assert code == 2 and "lijst2.csv is a list of arms, and so is lijst.csv" in said
    assert (tmp_path / "root/config/s/sources.yaml").read_bytes() == before


def test_a_copy_of_a_wave_is_no_wave(dww, tmp_path):
    first = wave(tmp_path / "w0.csv")
    copy = tmp_path / "again.csv"
    copy.write_bytes(first.read_bytes())
    code, said = dww("new", "s", first, copy)
    assert code == 2 and "again.csv has the same content as w0.csv" in said
    assert dww("new", "s", first)[0] == 0
    code, said = dww("add", "s", copy)
    assert code == 2 and "again.csv has the same content as w0.csv" in said


def two_sheets(path):
    first, second = (pd.read_csv(wave(path.with_suffix(".tmp"), seed=s)) for s in (1, 2))
    with pd.ExcelWriter(path) as book:
        first.to_excel(book, sheet_name="Voorjaar", index=False)
        second.to_excel(book, sheet_name="Najaar", index=False)
    return path


def test_a_file_that_needs_an_option_stops_no_other_file(dww, tmp_path):
    book = two_sheets(tmp_path / "w1.xlsx")
    code, said = dww("new", "s", wave(tmp_path / "w0.csv"), book)
    assert code == 0 and "--option w1.xlsx:" in said
    code, said = dww("check", "s")
    assert code == 2 and "Voorjaar" in said and "Najaar" in said
    first = config(tmp_path, "sources")["sources"][0]
    assert first["columns"]["person"] == "code"


@pytest.mark.parametrize(
    "words", [("--sheet", "Najaar"), ("--option", "w1.xlsx:sheet=Najaar"), ("-o", "sheet=2")]
)
def test_an_option_on_the_command_line(dww, tmp_path, words):
    book = two_sheets(tmp_path / "w1.xlsx")
    assert dww("new", "s", book, *words)[0] == 0
    assert config(tmp_path, "sources")["sources"][0]["options"]["sheet"] in ("Najaar", 2)
    assert dww("check", "s")[0] == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--option", "shet=1"], "write 'sheet'"),
        (["--option", "other.csv:sheet=1"], "one of the files: w0.csv"),
        (["--option", "sheet"], "NAME=VALUE"),
        (["--option", "w0.csv:header_line=none"], "a whole number"),
    ],
)
def test_options_that_mean_nothing_are_refused(dww, tmp_path, options, said):
    code, text = dww("new", "s", wave(tmp_path / "w0.csv"), *options)
    assert code == 2 and said in text
    assert not (tmp_path / "root/config/s").exists()


def test_damaged_files_are_refused_together_and_nothing_is_written(dww, tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "scan.csv").write_bytes(b"%PDF-1.7 nothing")
    code, said = dww(
        "new",
        "s",
        wave(tmp_path / "w0.csv"),
        tmp_path / "empty.csv",
        tmp_path / "scan.csv",
        tmp_path / "no.csv",
    )
    assert code == 2 and all(name in said for name in ("empty.csv", "scan.csv", "no.csv"))
    assert said.count("what to do") == 3
    assert not list((tmp_path / "root").rglob("*"))


def test_a_study_that_exists_is_never_overwritten(dww, tmp_path):
    dww("new", "s", wave(tmp_path / "w0.csv"))
    kept = {p: p.read_bytes() for p in (tmp_path / "root").rglob("*") if p.is_file()}
    code, said = dww("new", "s", wave(tmp_path / "w9.csv", seed=5))
    assert code == 2 and "exists already" in said and "dww add" in said
    assert dww("add", "s", tmp_path / "w0.csv")[0] == 2
    other = tmp_path / "again" / "w0.csv"
    other.parent.mkdir()
    assert dww("add", "s", wave(other, seed=6))[0] == 2
    assert {p: p.read_bytes() for p in (tmp_path / "root").rglob("*") if p.is_file()} == kept


def test_a_folder_that_cannot_be_written_leaves_nothing(dww, tmp_path, monkeypatch):
    from dww_analysis import storage

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "save_text", full, raising=False)
    code, said = dww("new", "s", wave(tmp_path / "w0.csv"))
    assert code == 2 and "No space left" in said
    assert not [p for p in (tmp_path / "root").rglob("*") if p.is_file()]


def test_nothing_to_score_is_said_in_words(dww, tmp_path):
    pd.DataFrame({"wie": [f"m{i}" for i in range(9)], "opmerking": [f"iets {i}" for i in range(9)]}).to_csv(
        tmp_path / "w0.csv", index=False
    )
    code, said = dww("new", "s", tmp_path / "w0.csv")
    assert code == 0 and "no column looks like an item" in said
    code, said = dww("check", "s")
    assert code == 2 and "`scales` is open: no column looks like an item" in said


def test_without_a_key_the_whole_command_is_said(dww, tmp_path, monkeypatch):
    dww("new", "s", wave(tmp_path / "w0.csv"))
    monkeypatch.setenv("DWW_KEY_FILE", str(tmp_path / "absent"))
    for command in ("run", "check"):
        code, said = dww(command, "s")
        assert code == 2 and f"`dww --root {tmp_path / 'root'} key new s`" in said


def test_a_structure_of_limesurvey_goes_with_its_answers(dww, tmp_path):
    codes = [f"A{1 + (i * 3) % 4}" for i in range(40)]
    data = pd.DataFrame(
        {"id": range(1, 41), "submitdate": "2024-05-01 10:00:00", "lastpage": 3, "startlanguage": "nl",
         "token": [f"tk{i}x" for i in range(40)], "team": ["T1", "T2"] * 20,
         "G1[SQ1]": codes, "G1[SQ2]": codes[::-1], "G1[SQ3]": codes}
    )  # fmt: skip
    data.to_csv(tmp_path / "ls.csv", index=False)
    questions = "".join(
        f"<row><qid>{q}</qid><parent_qid>{p}</parent_qid><type>F</type><title>{t}</title><question>{t}</question></row>"
        for q, p, t in ((1, 0, "G1"), (2, 1, "SQ1"), (3, 1, "SQ2"), (4, 1, "SQ3"))
    )
    options = "".join(
        f"<row><qid>1</qid><code>A{c:.0f}</code><answer>{text}</answer><sortorder>{c:.0f}</sortorder></row>"
        for c, text in AGREE.items()
    )
    (tmp_path / "ls.lss").write_text(
        f"<document><questions><rows>{questions}</rows></questions><answers><rows>{options}</rows></answers></document>",
        encoding="utf-8",
    )
    assert dww("new", "s", tmp_path / "ls.csv", tmp_path / "ls.lss")[0] == 0
    source = config(tmp_path, "sources")["sources"][0]
    assert source["options"]["structure"] == "ls.lss" and (tmp_path / "root/data/raw/s/ls.lss").is_file()
    assert dww("check", "s")[0] == 0


def test_answers_without_persons_and_teams_leave_the_model_open(dww, tmp_path):
    pd.DataFrame({f"ab{i}": v for i, v in enumerate(answers(3), 1)}).to_csv(tmp_path / "w0.csv", index=False)
    assert dww("new", "s", tmp_path / "w0.csv")[0] == 0
    code, said = dww("check", "s")
    assert code == 2 and "a model needs a group such as (1 | team)" in said and "1 problem found" in said


def session_files(folder):
    folder.mkdir(parents=True, exist_ok=True)
    themes = ["Tijd", "TIJD", "Rust"]
    tables = {
        "stemmen.csv": [
            ("lente", f"b{i}", ("ouders", "bestuur")[i % 2], t, 1) for i in range(12) for t in themes[i % 2 :: 2]
        ],
        "presentie.csv": [
            ("lente", ("ouders", "bestuur")[i % 2], f"p{i}", "46093" if i % 3 else "12-03-2026") for i in range(14)
        ],
        "zaal.csv": [
            ("lente", m, "Genoeg tijd?", ("Ja", "Nee")[i % 2], f"k{i}") for m in ("voor", "na") for i in range(9)
        ],
        "opmerkingen.csv": [
            ("lente", i, "ouders", "Rust", ("kans", "drempel")[i % 2], coder, "meer rust")
            for i in range(9)
            for coder in "ab"
        ],
        "muur.csv": [("lente", g, b, 1) for g in range(9) for b in ("Terugkijken", "Vragen")],
        "agenda.csv": [
            ("Rust voorop", "landelijk", "", "Rust", "opgepakt", "2025-10-01", "bestuur"),
            ("n1", "regio", "Noord", "Rust", "nieuw", "2026-03-12", "bestuur"),
            ("n2", "regio", "Noord", "Tijd", "gestopt", "2026-03-12", "ouders"),
            ("n3", "regio", "Noord", "Tijd", "geborgd", "2026-03-12", "ouders"),
        ],
    }  # fmt: skip
    heads = {
        "stemmen.csv": "Sessie Stembriefje Rol Thema Gekozen", "presentie.csv": "Sessie Rol Deelnemer Datum",
        "zaal.csv": "Sessie Ronde Stelling Antwoord Kastje",
        "opmerkingen.csv": "Sessie Nummer Rol Thema Soort Codeur Tekst",
        "muur.csv": "Sessie Groep Bouwsteen Geplakt", "agenda.csv": "Punt Niveau Regio Thema Stand Sinds Trekker",
    }  # fmt: skip
    for name, rows in tables.items():
        pd.DataFrame(rows, columns=heads[name].split()).to_csv(folder / name, index=False)
    return [folder / name for name in tables]


def test_files_of_sessions_are_recognised_and_pass_their_check(dww, tmp_path):
    code, said = dww("new", "s", *session_files(tmp_path / "files"))
    assert code == 0, said
    assert not (tmp_path / "root/config/s/scales.yaml").exists(), "nobody answered a questionnaire"
    kinds = {s["file"]: s["kind"] for s in config(tmp_path, "sources")["sources"]}
    assert list(kinds.values()) == ["ballots", "attendance", "votes", "statements", "blocks", "agenda"]
    practice = config(tmp_path, "practice")
    assert [t["id"] for t in practice["themes"]] == ["rust", "tijd"], "one theme, however it is written"
    assert practice["sessions"][0]["date"] == "2026-03-12", "also where a spreadsheet made a number of it"
    assert (
        practice["themes"][0]["national"] == "rust_voorop"
        and practice["agenda"]["national"][0]["id"] == "rust_voorop"
    )
    assert "blocks terugkijken: choose its angle" in said and "sessions are private" in said
    code, said = dww("check", "s")
    assert code == 2 and said.count("is open") == 2, said
    path = tmp_path / "root/config/s/practice.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("? team_learning, feedback or context", "feedback")
    )
    code, said = dww("check", "s")
    assert code == 0, said


def test_a_word_that_stands_once_is_left_to_the_check(dww, tmp_path):
    files = session_files(tmp_path / "files")
    table = pd.read_csv(files[0])
    table.loc[len(table)] = ["lente", "b99", "ouders", "Wietske Hoekstra", 1]
    table.to_csv(files[0], index=False)
    assert dww("new", "s", *files)[0] == 0
    assert "Wietske" not in (tmp_path / "root/config/s/practice.yaml").read_text(encoding="utf-8")
    assert "Wietske" not in (tmp_path / "root/config/s/sources.yaml").read_text(encoding="utf-8")


def network_files(folder, people=("a1", "a2", "a3", "a4", "a5"), roles=("ouder",) * 2 + ("beleid",) * 3):
    """Two networks as people deliver them, told ways of acting, and what people think of an app."""
    pairs = list(zip(people, roles, strict=True))
    tables = {
        "kwam.csv": (
            "Netwerk Bijeenkomst Datum Deelnemer Rol",
            [(n, i, f"0{i}-03-2026", p, r) for n in ("Noord", "Zuid") for i in (1, 2) for p, r in pairs],
        ),
        "cijfers.csv": (
            "Leernetwerk Ronde Deelnemer Cijfer Sterk",
            [(n, i, p, 6 + i, "ja dat lukt") for n in ("Noord", "Zuid") for i in (1, 2) for p in people],
        ),
        "wie.csv": (
            "Netwerk Van Naar Waarvoor",
            [("Noord", p, people[(i + 1) % len(people)], "advies vragen") for i, p in enumerate(people)],
        ),
        "lijst.csv": (
            "Netwerk Beoordelaar Punt Gezien",
            [("Noord", r, p, "ja") for r in ("x", "y") for p in ("change_why", "change_how")],
        ),
        "verteld.csv": (
            "Fragment Deelnemer Situatie Kernelement Manier Codeur",
            [(f"f{i}", f"p{i % 4}", "eerste gesprek", "samen beslissen", "m1", c) for i in range(8) for c in "ab"],
        ),
        "app.csv": ("Deelnemer Functie Cijfer", [(p, "feedback vragen", 7) for p in people]),
        "opmerkingen.csv": (
            "Nr Functie Soort Codeur Tekst",
            [(f"r{i}", "feedback vragen", "valkuil", c, "het blijft liggen") for i in range(3) for c in "ab"],
        ),
    }  # fmt: skip
    folder.mkdir()
    for name, (heads, rows) in tables.items():
        pd.DataFrame(rows, columns=heads.split()).to_csv(folder / name, index=False)
    return sorted(folder.iterdir())


def test_files_of_networks_and_acting_are_recognised_and_pass_their_check(dww, tmp_path):
    code, text = dww("new", "s", *network_files(tmp_path / "in"))
    assert (
        code == 0 and "networks noord: choose its type" in text and "networks zuid: choose its type" in text
    )
    kinds = {s["file"]: s["kind"] for s in config(tmp_path, "sources")["sources"]}
    assert kinds == {
        "app.csv": "ratings", "cijfers.csv": "ratings", "kwam.csv": "attendance", "lijst.csv": "checklist",
        "opmerkingen.csv": "statements", "verteld.csv": "fragments", "wie.csv": "ties",
    }  # fmt: skip
    practice = config(tmp_path, "practice")
    assert [m["role"] for m in practice["networks"][0]["members"]] == ["ouder"] * 2 + ["beleid"] * 3
    assert [r["id"] for r in practice["relations"]] == ["advies_vragen"]
    assert [c["id"] for c in practice["checklists"]] == ["good_practice"]
    open_code, said = dww("check", "s")
    assert open_code == 2 and "community_of_practice" in said, "what is open is said"
    file = tmp_path / "root/config/s/practice.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r'type: "\?[^"]*"', "type: living_lab", text), encoding="utf-8")
    code, text = dww("check", "s")
    assert code == 0 and "No problems found: 7 files" in text, text


def test_people_called_by_their_names_are_not_written_down(dww, tmp_path):
    people = ("Wietske", "Harm Jan", "Fenna", "Oeds", "Taeke")
    code, text = dww("new", "s", *network_files(tmp_path / "in", people))
    written = "".join(f.read_text(encoding="utf-8") for f in (tmp_path / "root/config/s").iterdir())
    assert code == 0 and "list its members by codes" in text
    assert not [name for name in people if name in written + text]


def test_networks_and_sessions_share_their_roles(dww, tmp_path):
    folder = network_files(tmp_path / "in")
    rows = [("Lente", f"b{i}", "Ouder!", "Rust", 1) for i in range(3)]
    ballots = tmp_path / "in" / "stemmen.csv"
    pd.DataFrame(rows, columns=["Sessie", "Stembriefje", "Rol", "Thema", "Gekozen"]).to_csv(
        ballots, index=False
    )
    assert dww("new", "s", *folder, ballots)[0] == 0
    practice = config(tmp_path, "practice")
    assert sorted(r["id"] for r in practice["roles"]) == ["beleid", "ouder"]
    assert [s["id"] for s in practice["sessions"]] == ["lente"]


def test_a_later_file_that_needs_a_choice_is_not_added_in_silence(dww, tmp_path):
    dww("new", "s", wave(tmp_path / "w0.csv"))
    tables = {
        name: pd.read_csv(wave(tmp_path / f"{name}.csv", seed=i)) for i, name in enumerate(("Mei", "Juni"), 2)
    }
    with pd.ExcelWriter(tmp_path / "w1.xlsx") as book:
        for name, table in tables.items():
            table.to_excel(book, sheet_name=name, index=False)
    code, said = dww("add", "s", tmp_path / "w1.xlsx")
    assert code == 2 and "Mei, Juni" in said and "--option w1.xlsx:sheet=VALUE" in said
    assert (
        not (tmp_path / "root/data/raw/s/w1.xlsx").exists()
        and len(config(tmp_path, "sources")["sources"]) == 1
    )
    assert dww("add", "s", tmp_path / "w1.xlsx", "--option", "w1.xlsx:sheet=Mei")[0] == 0
    assert config(tmp_path, "sources")["sources"][1]["options"]["sheet"] == "Mei"


def test_a_list_of_three_arms_that_comes_later_is_said(dww, tmp_path):
    dww("new", "s", wave(tmp_path / "w0.csv"))
    listed = pd.DataFrame(
        {"team": [f"Team {i}" for i in range(5)], "conditie": ["controle", "a", "b", "a", "b"]}
    )
    listed.to_csv(tmp_path / "lijst.csv", index=False)
    code, said = dww("add", "s", tmp_path / "lijst.csv")
    assert code == 0 and "3 arms (controle, a, b)" in said


@pytest.mark.parametrize("design", ["persons", "starts"])
def test_lists_of_persons_and_of_starts_pass_their_check(dww, tmp_path, design):
    waves = [wave(tmp_path / f"w{w}.csv", seed=w) for w in (1, 2, 3)]
    listed = {
        "persons": {"code": [f"v{i:03d}q" for i in range(40)], "groep": ["controle", "interventie"] * 20},
        "starts": {"team": [f"Team {i}" for i in range(5)], "start": [1, 1, 2, 2, 2]},
    }[design]
    pd.DataFrame(listed).to_csv(tmp_path / "lijst.csv", index=False)
    assert dww("new", "s", *waves, tmp_path / "lijst.csv")[0] == 0
    code, said = dww("check", "s")
    assert code == 0, said
    study = config(tmp_path, "study")
    assert len(study["waves"]) == 3
    assert (study["design"], study["allocation"]["unit"]) in (
        ("parallel_cluster", "person"),
        ("before_after", "team"),
    )


def test_a_data_dictionary_goes_with_its_answers_and_is_no_wave(dww, tmp_path):
    data = pd.read_csv(wave(tmp_path / "x.csv")).rename(columns={"code": "record_id"})
    data.assign(redcap_event_name="start_arm_1", form_complete=2).to_csv(tmp_path / "rc.csv", index=False)
    (tmp_path / "book.csv").write_text(
        '"Variable / Field Name","Form Name","Field Type","Field Label","Choices, Calculations, OR Slider Labels"\n'
        + "".join(f'ab{i},form,radio,Vraag {i},"1, nooit | 5, altijd"\n' for i in (1, 2, 3)),
        encoding="utf-8",
    )
    assert dww("new", "s", tmp_path / "rc.csv", tmp_path / "book.csv")[0] == 0
    (source,) = config(tmp_path, "sources")["sources"]
    assert source["options"]["structure"] == "book.csv" and (tmp_path / "root/data/raw/s/book.csv").is_file()
    assert dww("check", "s")[0] == 0


def test_structures_that_go_with_no_file_are_said(dww, tmp_path):
    for name in ("a.lss", "b.lss"):
        (tmp_path / name).write_text("<document/>", encoding="utf-8")
    code, said = dww("new", "s", wave(tmp_path / "w0.csv"), tmp_path / "a.lss", tmp_path / "b.lss")
    assert code == 0 and "a.lss: it is not clear" in said and "b.lss: it is not clear" in said
    assert not (tmp_path / "root/data/raw/s/a.lss").exists()
    code, said = dww("new", "t", tmp_path / "a.lss")
    assert code == 2 and "no file with answers: a.lss" in said and not (tmp_path / "root/config/t").exists()
    code, said = dww("add", "s", tmp_path / "a.lss")
    assert code == 2 and "no file with answers" in said


def test_a_file_without_answers_is_left_out_and_said(dww, tmp_path):
    (tmp_path / "leesmij.txt").write_text("De data staan in w0.\nGroet.\n", encoding="utf-8")
    code, said = dww("new", "s", wave(tmp_path / "w0.csv"), tmp_path / "leesmij.txt")
    assert (
        code == 0 and "leesmij.txt: no column looks like an answer, so it is no wave and is left out" in said
    )
    assert not (tmp_path / "root/data/raw/s/leesmij.txt").exists() and dww("check", "s")[0] == 0

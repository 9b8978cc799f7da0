"""Files about sessions: their words become ids, and no two things one."""

import pandas as pd
from tables import file_of

from dww_analysis.guess.meetings import meeting_kind, meeting_source, with_words


def drafted(*files):
    kinds = [(file, meeting_kind(file)) for file in files]
    return with_words([meeting_source(*each) for each in kinds], files)


def votes(*options, name="zaal.csv"):
    rows = [("lente", moment, "genoeg tijd", o, 3) for moment in ("voor", "na") for o in options]
    columns = ["Sessie", "Moment", "Stelling", "Antwoord", "Aantal"]
    return file_of(pd.DataFrame(rows, columns=columns), name)


def agenda(*items):
    rows = [(item, "landelijk", "Rust", "nieuw", "2026-03-12") for item in items]
    return file_of(pd.DataFrame(rows, columns=["Punt", "Niveau", "Thema", "Stand", "Sinds"]), "agenda.csv")


LONG = "Ja, maar alleen als er genoeg tijd en ondersteuning"


def test_options_that_look_alike_stay_apart():
    for pair in (("+", "-"), (f"{LONG} is", f"{LONG} komt")):
        (source,), practice = drafted(votes(*pair))
        assert len(set(source.recode["option"].values())) == 2, pair
        assert sorted(practice.options["genoeg_tijd"].values()) == sorted(pair)


def test_an_option_is_one_in_every_file_and_however_it_is_written():
    sources, practice = drafted(
        votes("+", "-"), votes("-", name="zaal2.csv"), votes("Ja!", "ja", name="zaal3.csv")
    )
    first, second, third = (source.recode["option"] for source in sources)
    assert first["-"] == second["-"] != first["+"]
    assert third["Ja!"] == "ja" and len(practice.options["genoeg_tijd"]) == 3


def test_national_items_that_begin_alike_stay_apart():
    (source,), practice = drafted(agenda(f"{LONG} is", f"{LONG} komt"))
    assert len(set(source.recode["item"].values())) == len(practice.national) == 2


def test_places_of_blocks_and_ratings_of_themes_are_recognised():
    pasted = [("lente", f"g{i}", "rug", 1, 3.5, 7) for i in range(4)]
    blocks = file_of(pd.DataFrame(pasted, columns=["Sessie", "Groep", "Bouwsteen", "Geplakt", "X", "Y"]))
    rated = [("lente", f"b{i}", "ouder", "rust", 7) for i in range(4)]
    ballots = file_of(
        pd.DataFrame(rated, columns=["Sessie", "Stembriefje", "Rol", "Thema", "Cijfer"]), "c.csv"
    )
    (first, second), _ = drafted(blocks, ballots)
    assert (first.kind, [m.ours for m in first.columns][-2:]) == ("blocks", ["x", "y"])
    assert (second.kind, second.columns[-1].ours) == ("ballots", "rating")

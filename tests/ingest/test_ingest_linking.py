"""Self-generated codes: errors are forgiven one at a time, doubt never; the placebo rate knows the truth."""

import numpy as np
import pandas as pd
import pytest

from dww_analysis.errors import MeasurementError
from dww_analysis.ingest.linking import code_distances, compare_linked, link_persons, normalise_code

LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
MOST_FALSE = 0.02  # McGloin, Holcomb and Main (1996) report 2.7 % wrong links; chance codes give fewer


def records(*rows):
    return pd.DataFrame(rows, columns=["wave", "team", "code", *["band"] * (len(rows[0]) > 3)])


def outcome(*rows, **options):
    linkage = link_persons(records(*rows), **options)
    return linkage.outcomes["outcome"].tolist(), linkage.persons.tolist()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("an03b12", "AN03B12"),
        ("Ál?b*2", "ALXBX2"),
        ("IJs-3", "YS-3"),
        ("ĳs 3", "YS-3"),
        ("van der Berg 03", "BERG-03"),
        (None, ""),
    ],
)
def test_codes_in_one_spelling(code, expected):
    assert normalise_code(code) == expected


def test_restricted_edit_distance_and_elements():
    assert code_distances(["ABCD"], ["ABCD", "ABDC", "ABC", "AXYD"]).tolist() == [[0, 1, 1, 2]]
    assert code_distances(["AN03B12"], ["AN11B12", "AN11B13"], [2, 2, 1, 2]).tolist() == [[1, 2]]
    assert code_distances(["AN-03-B"], ["AN-11-B"]).tolist() == [[1]]


def test_equal_codes_and_one_error_are_linked():
    said, who = outcome((0, "T", "AN03B12"), (0, "T", "PQ77Z99"), (1, "T", "an03b12"), (1, "T", "PQ78Z99"))
    assert said[2:] == ["exact", "one error"]
    assert who[2] == who[0] and who[3] == who[1] and who[0] != who[1]
    said, who = outcome((0, "T", "AN03B12"), (1, "T", "AN03B13"), rule="exact")
    assert said[1] == "unlinked" and who[0] != who[1]
    assert outcome((0, "T", "A1"), (1, "T", "A1"), rule="none")[1] == ["person 0", "person 1"]


def test_two_errors_or_another_team_are_not_linked():
    assert outcome((0, "T", "AN03B12"), (1, "T", "AN04B13"))[0][1] == "unlinked"
    assert outcome((0, "T", "AN03B12"), (1, "U", "AN03B12"))[0][1] == "unlinked"


def test_doubt_is_never_a_link():
    """Two candidates one error away; one candidate for two records; a runner-up that is only one edit worse."""
    assert outcome((0, "T", "AAAAA"), (0, "T", "AAABB"), (1, "T", "AAAAB"))[0][2] == "ambiguous"
    assert outcome((0, "T", "AAAAA"), (1, "T", "AAAAB"), (1, "T", "AAAAC"))[0][1:] == [
        "ambiguous",
        "ambiguous",
    ]
    assert outcome((0, "T", "AAAAA"), (0, "T", "AABBB"), (1, "T", "AAAAB"))[0][2] == "ambiguous"
    assert outcome((0, "T", "AAAAA"), (0, "T", "BBBBB"), (1, "T", "AAAAB"))[0][2] == "one error"


def test_duplicate_codes_are_never_linked():
    said, who = outcome((0, "T", "AB12"), (0, "T", "ab12"), (1, "T", "AB12"))
    assert said[2] == "unlinked" and len(set(who)) == 3
    said, who = outcome(
        (0, "T", "AB12"), (1, "T", "AB12"), (1, "T", "AB12"), (1, "T", "XXXX"), (1, "T", None)
    )
    assert said[1:] == ["duplicate", "duplicate", "no code", "no code"] and len(set(who)) == 5


def test_facts_that_do_not_change_forbid_a_link():
    said, who = outcome((0, "T", "AB12", "1980s"), (1, "T", "AB12", "1990s"), facts=["band"])
    assert said[1] == "contradiction" and who[0] != who[1]
    assert outcome((0, "T", "AB12", None), (1, "T", "AB12", "1990s"), facts=["band"])[0][1] == "exact"
    rows = [(0, "T", "AAAAA", "a"), (0, "T", "AAABB", "b"), (1, "T", "AAAAB", "a")]
    assert outcome(*rows, facts=["band"])[0][2] == "one error"


def test_somebody_who_missed_a_wave_and_somebody_who_moved():
    said, who = outcome((0, "T", "AB12"), (1, "T", "QQ77"), (2, "T", "AB12"))
    assert said == ["first", "unlinked", "exact"] and who[2] == who[0]
    moved = records((0, "T", "ABC12"), (0, "U", "XYZ89"), (1, "U", "ABC12")).assign(organisation="O")
    linkage = link_persons(moved)
    assert linkage.outcomes["outcome"].iloc[2] == "exact, other team"
    assert linkage.persons.iloc[2] == linkage.persons.iloc[0]


@pytest.fixture(scope="module")
def trial():
    """40 teams of 12 with two waves; 70 % repeat their code, 20 % make one error, 10 % are newcomers."""
    rng = np.random.default_rng(3)
    rows, truth = [], []
    for team in range(40):
        codes = ["".join(rng.choice(LETTERS, 3)) + f"{rng.integers(0, 1000):03d}" for _ in range(12)]
        for i, code in enumerate(codes):
            rows.append((0, f"T{team}", code))
            truth.append((team, i))
        for i, code in enumerate(codes):
            kind = rng.choice(3, p=[0.7, 0.2, 0.1])
            at = rng.integers(0, 6)
            if kind == 1:
                other = (
                    str((int(code[at]) + 1) % 10) if at > 2 else LETTERS[(LETTERS.index(code[at]) + 5) % 26]
                )
                code = code[:at] + other + code[at + 1 :]
            if kind == 2:
                code = "".join(rng.choice(LETTERS, 3)) + f"{rng.integers(0, 1000):03d}"
            rows.append((1, f"T{team}", code))
            truth.append((team, i) if kind != 2 else (team, i, "new"))
    return records(*rows), truth


@pytest.mark.long
def test_links_against_a_known_truth(trial):
    table, truth = trial
    linkage = link_persons(table)
    of_person = {}
    right = wrong = 0
    for i, key in enumerate(linkage.persons):
        if table["wave"].iloc[i] == 0:
            of_person[key] = truth[i]
        elif key in of_person:
            right += of_person[key] == truth[i]
            wrong += of_person[key] != truth[i]
    known = sum(len(who) == 2 for who, wave in zip(truth, table["wave"], strict=True) if wave == 1)
    assert right > 0.85 * known and wrong / (right + wrong) < MOST_FALSE
    (placebo,) = linkage.placebo.to_dict("records")
    assert placebo["links"] == right + wrong
    assert placebo["false_match_rate"] < MOST_FALSE and placebo["comparisons"] > 10_000
    report = linkage.report
    assert report[report["team"] == ""]["count"].sum() == 480
    assert report.groupby(["wave", "team"])["share"].sum().round(12).eq(1).all()


def test_short_codes_have_a_visible_placebo_rate():
    rng = np.random.default_rng(5)
    rows = [(w, f"T{t}", f"{rng.integers(0, 100):02d}") for w in (0, 1) for t in range(30) for _ in range(10)]
    (placebo,) = link_persons(records(*rows)).placebo.to_dict("records")
    assert placebo["false_match_rate"] > 0.5


def test_linked_and_unlinked_are_compared():
    table = pd.DataFrame({"age": [30.0, 40, 50, 60, np.nan]})
    row = compare_linked(table, np.array([True, True, False, False, False]), ["age"]).iloc[0]
    assert (row["n_linked"], row["mean_linked"], row["n_unlinked"], row["mean_unlinked"]) == (2, 35, 2, 55)
    assert row["difference"] == pytest.approx(-20 / np.sqrt(50))


def test_absent_columns_are_named():
    with pytest.raises(MeasurementError, match="team"):
        link_persons(pd.DataFrame({"wave": [0], "code": ["a"]}))


def _merged() -> pd.DataFrame:
    """Teams A and B became C; team D split into D1 and D2."""
    rows = [
        (0, "A", "ab12x"), (0, "B", "cd34y"), (0, "D", "ef56z"), (0, "D", "gh78w"), (0, "E", "kk99k"),
        (1, "C", "ab12x"), (1, "C", "cd34q"), (1, "D1", "ef56z"), (1, "D2", "ef56z"), (1, "D2", "gh78w"),
        (1, "C", "kk99k"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["wave", "team", "code"])


def test_teams_that_merged_or_split_are_compared_with_what_they_came_from():
    records = _merged()
    alone = link_persons(records).outcomes["outcome"]
    assert (alone[records["wave"] == 1] == "unlinked").all()
    linked = link_persons(records, came_from={"c": ["a", "B"], "D1": ["D"], "D2": ["D"]})
    assert linked.outcomes["outcome"].tolist()[5:] == [
        "exact", "one error", "ambiguous", "ambiguous", "exact", "unlinked",
    ]  # fmt: skip
    who = linked.persons
    assert who[5] == who[0] and who[6] == who[1] and who[9] == who[3]
    assert who[7] != who[2] and who[8] != who[2] and who[7] != who[8]
    assert who.nunique() == 8


def test_former_teams_are_no_strangers_for_the_placebo_rate():
    records = _merged().assign(team=lambda d: d["team"].replace({"C": "A", "D1": "D", "D2": "E"}))
    plain = link_persons(records).placebo["placebo_links"].sum()
    told = link_persons(records, came_from={"A": ["B", "E"], "E": ["D"]}).placebo["placebo_links"].sum()
    assert told < plain


def _wrong_and_expected(seed: int, stay: float) -> tuple[int, float]:
    """False links among short codes, and what the placebo rate expected of them; `stay`: share who come back."""
    rng, teams, size = np.random.default_rng(seed), 15, 14

    def codes(n: int) -> list[str]:
        return ["".join(rng.choice(list("ABCDEFGH"), 3)) + str(rng.integers(10, 40)) for _ in range(n)]

    n = teams * size
    first = pd.DataFrame({"wave": 0, "team": np.repeat(np.arange(teams), size).astype(str), "code": codes(n)})
    later, who = first.assign(wave=1), np.arange(n)
    new = rng.random(n) >= stay
    later.loc[new, "code"] = codes(int(new.sum()))
    who[new] = -1
    linked = link_persons(pd.concat([first, later], ignore_index=True))
    partner = linked.persons[n:].map(dict(zip(linked.persons[:n], range(n), strict=True)))
    wrong = int((partner.notna() & (partner.to_numpy() != who)).sum())
    return wrong, float(linked.placebo["expected_false"].iloc[0])


@pytest.mark.slow
def test_the_placebo_rate_is_the_number_of_false_links_among_strangers():
    """With nobody coming back every link is false: 8 studies, Poisson with a mean near 23 in all, 3 SD of room."""
    wrong, expected = np.sum([_wrong_and_expected(seed, 0.0) for seed in range(8)], axis=0)
    assert expected > 10
    assert abs(wrong - expected) < 3 * np.sqrt(expected)


@pytest.mark.long
def test_the_placebo_rate_is_an_upper_bound_where_persons_come_back():
    wrong, expected = np.sum([_wrong_and_expected(seed, 0.7) for seed in range(4)], axis=0)
    assert wrong <= expected

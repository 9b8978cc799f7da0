"""`dww check` on a study by lot: what the run would refuse whatever is answered, before anything is answered."""

import lot_study as made
import pytest

from dww_analysis.cli.check import check_study
from dww_analysis.stages.paths import Paths
from dww_analysis.stages.project import Project

pytestmark = pytest.mark.long
ORGANISATIONS = {f"o{i}": ("control", "support")[i % 2] for i in range(1, 5)}


def checked(root, *given, **how):
    made.make_trial(root, *given, **how)
    return check_study(Project(Paths(root, made.STUDY)))


def at(**when):
    return lambda files: files["plan"]["entries"][0].update(estimand={"at": when})


def unasked(*waves, **entry):
    def edit(files):
        for source in files["sources"]["sources"]:
            if source.get("wave") in waves:
                del source["columns"]["mark"]
        files["plan"]["entries"][0].update(entry)

    return edit


def lagged(lag):
    def edit(files):
        nodes = {"support": {"arm": True, "label": "s"}, "learning": {"scale": "learning", "label": "l"}}
        arrow = {"from": "support", "to": "learning", "lag": lag}
        files["theory"] = {"nodes": nodes, "arrows": [arrow]}

    return edit


@pytest.mark.parametrize(
    ("given", "edit", "said"),
    [
        (made.STARTS, at(exposure=4), "no answers at exposure 4"),
        (made.ARMS, at(exposure=1), "has an `exposure`"),
        (made.ARMS, at(wave=9), "wave `9` does not exist"),
        (made.ARMS, at(wave=0), "is the one before the start"),
        (dict.fromkeys(made.TEAMS, 1), None, "cannot be told from the waves"),
        (made.ARMS, unasked(3), "no answers of control, support at wave 3"),
        (made.ARMS, unasked(0, baseline="ancova"), "no answers at a wave before its contrast"),
        (
            made.STARTS,
            lagged(4),
            "theory.yaml, arrow support>learning: `support>learning` cannot be estimated",
        ),
        (made.ARMS, lambda f: f["plan"]["entries"][1].update(sesoi=5), "it is of shares"),
    ],
)
def test_problems(tmp_path, given, edit, said):
    found = "\n".join(map(str, checked(tmp_path, given, edit=edit, waves=4).problems))
    assert said in found


def test_the_study_as_it_is_has_no_problems(tmp_path):
    for name, given in (("arms", made.ARMS), ("starts", made.STARTS)):
        assert checked(tmp_path / name, given, waves=4).problems == ()


def test_few_organisations_to_impute_are_a_line(tmp_path):
    def edit(files):
        files["plan"]["missing"] = {"imputation": {"auxiliaries": ["other", "third"]}}
        more = (made.scale(name, name, "mark", "continuous", [1, 5]) for name in ("other", "third"))
        files["scales"]["scales"] += more

    found = checked(tmp_path, ORGANISATIONS, edit=edit, unit="organisation")
    assert found.problems == ()
    (line,) = (line for line in found.lines if "imputation" in line)
    assert (
        line.startswith("change: plan.yaml, missing: imputation: ") and "4 organisations for 3 scores" in line
    )


def test_a_test_that_no_lot_can_give_and_one_that_stands_in_are_lines(tmp_path):
    def edit(files):
        files["plan"]["entries"][0]["test"] = {"primary": "CR2"}

    three = {team: made.ARMS[team] for team in made.TEAMS[:3]}
    table = made.people(size=12)
    found = checked(tmp_path, three, table=table[table["team"].isin(three)], edit=edit)
    assert found.problems == ()
    said = "\n".join(found.lines)
    assert (
        "change: no test at .05 exists: one team in arm support" in said
        and "no p below .33 can come out" in said
    )
    assert "change: the planned test (CR2) cannot be had, so Kenward-Roger stands in for it" in said
    assert "help: no test at .05 exists" in said


def test_what_the_answers_themselves_stop_is_a_line_and_so_is_how_the_list_was_read(tmp_path):
    def edit(files):
        files["scales"]["scales"][0]["measure"] = "count"

    found = checked(tmp_path, made.STARTS, edit=edit, waves=4)
    assert found.problems == ()
    assert (
        "list: starts: 4 teams from wave 1 on, 4 teams from wave 2 on, 4 teams from wave 3 on, 4 teams never"
        in found.lines
    )
    (line,) = (line for line in found.lines if "would not be estimated" in line)
    assert line.startswith("change: with these answers") and "measure: count" in line

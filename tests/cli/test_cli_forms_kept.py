"""What a person did to lines that were proposed for sources.yaml stays, whichever way it was written."""

import pytest

from dww_analysis.cli.forms_kept import merged

HEAD = "# Add these.\n"
LINES = {id: f"  - id: {id}\n    file: {id}.xlsx\n" for id in ("one", "two")}


def test_what_is_not_there_comes_below():
    first = merged("", {"one": LINES["one"]}, HEAD)
    assert first == HEAD + LINES["one"]
    both = merged(first, LINES, HEAD)
    assert both == f"{HEAD}{LINES['one']}\n{LINES['two']}" == merged("", LINES, HEAD)
    assert merged(both, LINES, HEAD) == both


@pytest.mark.parametrize(
    "written",
    [
        '  - id: "one"\n    file: mine.xlsx\n',
        "  - id: 'one'  # came back\n    file: mine.xlsx\n",
        "- id: one\n  file: mine.xlsx\n",
        "    -   id:   one\n        file: mine.xlsx\n",
        "  - {id: one, file: mine.xlsx}\n",
        '  - {"id": one, file: mine.xlsx}\n',
        "  # - id: one\n  #   file: no.xlsx\n",
        LINES["one"] + "\n\n\n# a remark at the end\n",
    ],
)
def test_lines_that_somebody_wrote_in_another_way_stay_and_are_not_proposed_again(written):
    assert merged(written, {"one": LINES["one"]}, HEAD) == written
    more = merged(written, LINES, HEAD)
    assert more.startswith(written.rstrip("\n")) and more.endswith(LINES["two"]) and more.count("one") < 4


def test_two_sources_of_one_id_both_stay():
    """The second once took the place of the first."""
    written = LINES["one"] + "\n" + LINES["one"].replace("one.xlsx", "late.xlsx")
    assert merged(written, LINES, HEAD) == f"{written}\n{LINES['two']}"


def test_a_file_that_only_somebody_wrote_in_stays():
    assert merged("# mine\n", {"one": LINES["one"]}, HEAD) == "# mine\n" + LINES["one"]

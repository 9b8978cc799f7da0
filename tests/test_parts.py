"""Work in parts: the outcome is the same whoever did which, and what a part refuses is the work's to judge."""

import pytest

from dww_analysis.parts import done_here, share, whole

SPLITS = (1, 2, 3, 7, 50)


class Refused(Exception):
    pass


def work(made, *, refuses=None):
    """Squares of ten numbers, then one more part that rests on them; `made` hears of what is done."""

    def square(i):
        if i == refuses:
            raise Refused(i)
        made.append(i)
        return i * i

    try:
        done = yield {f"square {i}": (lambda i=i: square(i)) for i in range(10)}
    except Refused as refused:
        return f"without {refused}"
    last = yield {"sum": lambda: sum(done.values())}
    return list(done.values()), last["sum"]


@pytest.mark.parametrize("n", SPLITS)
def test_pieces_joined_are_the_whole_and_each_part_is_done_once(n):
    made, known = [], {}
    for k in range(1, n + 1):
        known |= share(work(made), k, n)
    assert sorted(made) == list(range(10)) and "sum" not in known
    assert whole(work(made), known) == whole(work([]))
    assert len(made) == 10  # nothing again


def test_a_piece_that_was_lost_is_done_by_who_joins():
    made, known = [], {}
    for k in (1, 3):
        known |= share(work(made), k, 3)
    assert whole(work(made), known) == whole(work([])) and sorted(made) == list(range(10))


def test_what_a_part_refuses_is_left_out_of_its_piece_and_met_by_the_whole():
    found = share(work([], refuses=4), 1, 2, (Refused,))
    assert list(found) == ["square 0", "square 2", "square 6", "square 8"]
    assert whole(work([], refuses=4), found) == "without 4"
    with pytest.raises(Refused):
        share(work([], refuses=4), 1, 2)


def test_work_that_is_refused_at_once_or_has_no_parts_has_no_pieces():
    def refused():
        raise Refused
        yield

    def plain():
        return 3
        yield

    assert share(refused(), 1, 2, (Refused,)) == {} == share(plain(), 1, 2)
    assert whole(plain()) == 3
    with pytest.raises(Refused):
        whole(refused())


def test_work_that_is_done_here_takes_its_own_arguments_and_keeps_its_name():
    def total(first: int, *, second: int):
        """Their sum."""
        done = yield {"a": lambda: first, "b": lambda: second}
        return done["a"] + done["b"]

    here = done_here(total)
    assert here(2, second=3) == 5 and here.__name__ == "total" and here.__doc__ == "Their sum."

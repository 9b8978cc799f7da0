"""Work in pieces: the outcome is that of one process, whatever happens to the others."""

import os
import signal
from functools import partial

import pytest

from dww_analysis.cli.pool import done_in_pieces
from dww_analysis.errors import ConfigError


def squares(parent, fate="", n=6):
    done = yield {f"{i}": partial(square, i, parent, fate) for i in range(n)}
    return sum(done.values())


def square(i, parent, fate):
    if fate == "killed" and i == 3 and os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    if fate == "refused" and i == 3:
        raise ConfigError.of(found="three", where="here", expected="another", action="try")
    return i * i


@pytest.mark.parametrize("n", [1, 2, 9])
def test_the_outcome_does_not_hang_on_the_number_of_pieces(n):
    assert done_in_pieces(partial(squares, os.getpid()), n) == 55


def test_what_a_killed_process_had_is_done_here():
    assert done_in_pieces(partial(squares, os.getpid(), "killed"), 3) == 55


def test_a_refusal_of_a_part_is_raised():
    with pytest.raises(ConfigError, match="three"):
        done_in_pieces(partial(squares, os.getpid(), "refused"), 3)

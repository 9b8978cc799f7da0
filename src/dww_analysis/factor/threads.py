"""One thread for many small matrices: several threads wait for each other longer than they compute.

On a busy machine the difference is a factor of two to twenty-five. The limit holds inside a fit and is lifted after it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def on_one_thread(work: Callable[P, R]) -> Callable[P, R]:
    """`work` with linear algebra on one thread, where threadpoolctl (which comes with scikit-learn) is installed."""

    @wraps(work)
    def limited(*args: P.args, **kwargs: P.kwargs) -> R:
        controller = _controller()
        if controller is None:
            return work(*args, **kwargs)
        with controller.limit(limits=1, user_api="blas"):
            return work(*args, **kwargs)

    return limited


@cache
def _controller() -> Any:
    """What limits the threads of the libraries that are loaded now; finding them takes longer than a small fit."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return None
    return ThreadpoolController()

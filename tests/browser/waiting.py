"""Waiting for a page: asked again from outside, for our pages forbid what Playwright's own wait needs."""

from __future__ import annotations

import time


def wait_until(page, expression: str, argument=None, seconds: float = 10.0) -> None:
    """Returns once `expression`, JavaScript as `page.evaluate` takes it, is true; AssertionError after `seconds`.

    `page.wait_for_function` looks once by the debugger and from then on by `eval` in the page, which the pages'
    Content-Security-Policy refuses: it fails whenever the first look comes too early.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, f"not true within {seconds:g} s: {expression}"
        page.wait_for_timeout(20)

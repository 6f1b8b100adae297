"""The error: its code, its sentence, and what of it a result shows."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import CODES, StemeDBError


def test_the_codes_are_those_that_are_documented() -> None:
    assert set(CODES) == {
        "config",
        "transport",
        "tls",
        "timeout",
        "auth",
        "not_found",
        "protocol",
    }


@pytest.mark.parametrize("code", CODES)
def test_a_failure_shows_all_but_the_sentence(code: str) -> None:
    error = StemeDBError(code, "What was wrong.", "http://g:18181/v1/health", 503, "busy")
    assert str(error) == error.message == "What was wrong."
    assert error.as_failure() == {
        "code": code,
        "url": "http://g:18181/v1/health",
        "status": 503,
        "detail": "busy",
    }


def test_what_is_unknown_is_null_and_not_left_out() -> None:
    assert StemeDBError("config", "No gateway is named.").as_failure() == {
        "code": "config",
        "url": None,
        "status": None,
        "detail": None,
    }


def test_a_code_that_nobody_could_branch_on_is_refused() -> None:
    with pytest.raises(ValueError, match="'oops'"):
        StemeDBError("oops", "What was wrong.")

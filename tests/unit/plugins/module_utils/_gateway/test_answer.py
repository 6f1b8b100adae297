"""An answer as it came."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer


def test_an_error_quotes_the_beginning_of_a_body() -> None:
    answer = Answer("GET", "http://gateway:18181/v1/health", 200, b"x" * 100_000, "/other")
    assert answer.shortened() == answer._replace(body=b"x" * 65536)
    assert answer.shortened().shortened() == answer.shortened()

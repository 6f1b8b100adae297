"""The frame of modules: options in, one result or one clear failure out."""

from __future__ import annotations

import json
from typing import Any, Callable, Optional

import pytest
from ansible.module_utils.common.parameters import remove_values
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import CODES, StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._module.reader import (
    ReaderSession,
    UnfulfilledError,
    place_of,
    run_reader,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    routed,
)
from ansible_collections.stemedb.cluster.tests.unit.support.framing import ROUTES, run

SECRET = "0123456789abcdefghij"


def fail(error: Exception) -> Callable[[ReaderSession], dict[str, Any]]:
    def body(_session: ReaderSession) -> dict[str, Any]:
        raise error

    return body


def test_the_result_is_the_bodys(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(
        run_reader,
        capsys,
        lambda session: {"nodes": [session.params["own"]]},
        {"own": {"type": "int"}},
        own="3",
    )
    assert (found["nodes"], found["changed"]) == ([3], False)
    assert "failed" not in found
    assert "requests" not in found


MASKED: dict[str, dict[str, Any]] = {
    "cluster": {"name": "bugs"},
    "part of a name": {"nodes": [{"node_id": "a"}, {"node_id": "the-bugs-node"}]},
    "number": {"shard_count": 123454},
    "list": {"rows": [["x"], ["y", "bugs"]]},
}
KEYS = {"number": "2345"}


@pytest.mark.parametrize("kind", MASKED)
def test_nothing_is_decided_with_what_ansible_has_masked(
    capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    key = KEYS.get(kind, "bugs")
    found = run(run_reader, capsys, lambda _session: MASKED[kind], api_key=key)
    assert found["failed"] is True
    assert found["msg"].startswith("The API key is part of the answer, in ")
    assert found["failure"]["code"] == "config"
    # What Ansible masks is just what was found.
    plain = run(run_reader, capsys, lambda _session: MASKED[kind])
    masked = remove_values(plain, [key])
    assert {name: masked[name] for name in MASKED[kind]} != MASKED[kind]


@pytest.mark.parametrize("key", [None, "", "a-long-random-key"])
def test_a_key_that_is_no_part_of_an_answer_is_none_of_its_business(
    capsys: pytest.CaptureFixture[str], key: Optional[str]
) -> None:
    found = run(run_reader, capsys, lambda _session: MASKED, api_key=key)
    assert "failed" not in found


def test_the_place_of_a_key_is_named() -> None:
    assert place_of("bugs", {"a": [{"b": 1}, {"b": ["x", "bugs"]}]}) == "a[1].b[1]"


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_a_sentence_and_a_failure(
    capsys: pytest.CaptureFixture[str], code: str
) -> None:
    error = StemeDBError(code, "It went wrong: try that.", "http://a:1/v1", 503, "quoted")
    found = run(run_reader, capsys, fail(error))
    assert found["failed"]
    assert found["msg"] == "It went wrong: try that."
    assert found["failure"] == {
        "code": code,
        "url": "http://a:1/v1",
        "status": 503,
        "detail": "quoted",
    }


def test_a_failure_may_carry_what_was_found(capsys: pytest.CaptureFixture[str]) -> None:
    error = UnfulfilledError(StemeDBError("timeout", "Too late."), {"samples": 3})
    found = run(run_reader, capsys, fail(error))
    assert (found["msg"], found["samples"]) == ("Too late.", 3)
    assert found["failure"]["code"] == "timeout"


@pytest.mark.parametrize("verbosity", [0, 2, 3, 4])
@pytest.mark.parametrize("served", [True, False])
def test_requests_are_shown_to_who_asks_for_them(
    capsys: pytest.CaptureFixture[str], verbosity: int, served: bool
) -> None:
    with FaultServer(routed(ROUTES if served else {})) as server:

        def body(session: ReaderSession) -> dict[str, Any]:
            return {"views": len(session.reader().snapshot().views)}

        given: dict[str, Any] = {"_ansible_verbosity": verbosity, "retries": 0}
        found = run(run_reader, capsys, body, gateway_url=server.url, **given)
    if verbosity < 3:
        assert "requests" not in found
    else:
        start = f"GET {server.url}/v1/cluster/status {200 if served else 404} "
        assert found["requests"][0].startswith(start)
        assert found["requests"][0].endswith(" B")


@pytest.mark.parametrize("verbosity", [0, 4])
def test_a_secret_is_in_no_result(capsys: pytest.CaptureFixture[str], verbosity: int) -> None:
    echo = reply(401, {"error": f"the key {SECRET} is unknown"})
    with FaultServer(echo) as server:

        def body(session: ReaderSession) -> dict[str, Any]:
            session.reader().snapshot()
            return {}

        given: dict[str, Any] = {"api_key": SECRET, "_ansible_verbosity": verbosity}
        found = run(run_reader, capsys, body, gateway_url=server.url, **given)
    assert server.requests[0].headers["x-api-key"] == SECRET
    assert found["failure"]["code"] == "auth"
    assert SECRET not in json.dumps(found)


def test_a_missing_gateway_is_a_failure_of_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    def body(session: ReaderSession) -> dict[str, Any]:
        session.reader()
        return {}

    urls: list[Any] = ["", "gateway:18181", []]
    for url in urls:
        found = run(run_reader, capsys, body, gateway_url=url)
        assert found["failure"]["code"] == "config"
        assert "gateway_url" in found["msg"]

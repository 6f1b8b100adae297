"""The frame of modules: options in, one result or one clear failure out."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import CODES, StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._frame import (
    Session,
    UnfulfilledError,
    run_decider,
    run_reader,
)
from ansible_collections.stemedb.cluster.tests.unit.plugins.module_utils.fault_server import (
    FaultServer,
    reply,
    routed,
)

SECRET = "0123456789abcdefghij"
ROUTES = {
    "/v1/health": reply(200, {"status": "healthy"}),
    "/v1/cluster/status": reply(
        200, {"node_count": 1, "nodes": [{"node_id": "node-01", "state": "Alive"}]}
    ),
    "/v1/admin/ranges": reply(200, {"ranges": []}),
}
Body = Callable[[Session], "dict[str, Any]"]


def run(
    capsys: pytest.CaptureFixture[str],
    body: Body,
    spec: dict[str, Any] | None = None,
    runner: Any = run_reader,
    call_timeout: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """What a module with this body prints as its result."""
    more = {"call_timeout": call_timeout} if call_timeout else {}
    with patch_module_args(given):
        with pytest.raises(SystemExit):
            runner(spec or {}, body, **more)
    return dict(json.loads(capsys.readouterr().out))


def fail(error: Exception) -> Body:
    def body(_session: Session) -> dict[str, Any]:
        raise error

    return body


def test_the_result_is_the_bodys(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(
        capsys,
        lambda session: {"nodes": [session.params["own"]]},
        {"own": {"type": "int"}},
        own="3",
    )
    assert (found["nodes"], found["changed"]) == ([3], False)
    assert "failed" not in found
    assert "requests" not in found


@pytest.mark.parametrize("code", CODES)
def test_an_error_is_a_sentence_and_a_failure(
    capsys: pytest.CaptureFixture[str], code: str
) -> None:
    error = StemeDBError(code, "It went wrong: try that.", "http://a:1/v1", 503, "quoted")
    found = run(capsys, fail(error))
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
    found = run(capsys, fail(error))
    assert (found["msg"], found["samples"]) == ("Too late.", 3)
    assert found["failure"]["code"] == "timeout"


@pytest.mark.parametrize("verbosity", [0, 2, 3, 4])
@pytest.mark.parametrize("served", [True, False])
def test_requests_are_shown_to_who_asks_for_them(
    capsys: pytest.CaptureFixture[str], verbosity: int, served: bool
) -> None:
    with FaultServer(routed(ROUTES if served else {})) as server:

        def body(session: Session) -> dict[str, Any]:
            return {"views": len(session.reader().snapshot().views)}

        given: dict[str, Any] = {"_ansible_verbosity": verbosity, "retries": 0}
        found = run(capsys, body, gateway_url=server.url, **given)
    if verbosity < 3:
        assert "requests" not in found
    else:
        start = f"GET {server.url}/v1/cluster/status {200 if served else 404} "
        assert found["requests"][0].startswith(start)
        assert found["requests"][0].endswith(" B")


def test_a_reader_asks_the_first_and_a_decider_all(capsys: pytest.CaptureFixture[str]) -> None:
    with FaultServer(routed(ROUTES)) as one, FaultServer(routed(ROUTES)) as two:
        urls = [one.url, two.url]
        read = run(
            capsys,
            lambda s: {"urls": [v.url for v in s.reader().snapshot().views]},
            gateway_url=urls,
        )
        decided = run(
            capsys,
            lambda s: {"urls": [v.url for v in s.observers().sample().views]},
            runner=run_decider,
            gateway_url=urls,
        )
    assert read["urls"] == [one.url]
    assert decided["urls"] == urls


def test_a_decider_may_leave_out_more_nodes_than_it_was_told_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with FaultServer(routed(ROUTES)) as one:
        found = run(
            capsys,
            lambda s: {"views": s.observers(without=["127.0.0.1", "host-2"]).sample().views},
            runner=run_decider,
            gateway_url=one.url,
            exclude_nodes=["host-1", "host-2"],
        )
    assert found["failure"]["code"] == "config"
    assert "(host-1, host-2, 127.0.0.1)" in found["msg"]


def test_the_timeout_of_a_call_may_have_another_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMEDB_TIMEOUT", "7.5")
    found = run(
        capsys,
        lambda session: dict(session.params),
        {"timeout": {"type": "float", "default": 300.0}},
        runner=run_decider,
        call_timeout="call_timeout",
    )
    assert (found["timeout"], found["call_timeout"]) == (300.0, 7.5)


@pytest.mark.parametrize("verbosity", [0, 4])
def test_a_secret_is_in_no_result(capsys: pytest.CaptureFixture[str], verbosity: int) -> None:
    echo = reply(401, {"error": f"the key {SECRET} is unknown"})
    with FaultServer(echo) as server:

        def body(session: Session) -> dict[str, Any]:
            session.reader().snapshot()
            return {}

        given: dict[str, Any] = {"api_key": SECRET, "_ansible_verbosity": verbosity}
        found = run(capsys, body, gateway_url=server.url, **given)
    assert server.requests[0].headers["x-api-key"] == SECRET
    assert found["failure"]["code"] == "auth"
    assert SECRET not in json.dumps(found)


def test_a_missing_gateway_is_a_failure_of_the_options(capsys: pytest.CaptureFixture[str]) -> None:
    def body(session: Session) -> dict[str, Any]:
        session.reader()
        return {}

    urls: list[Any] = ["", "gateway:18181", []]
    for url in urls:
        found = run(capsys, body, gateway_url=url)
        assert found["failure"]["code"] == "config"
        assert "gateway_url" in found["msg"]

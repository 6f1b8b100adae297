"""`stemedb_contract_check`: its result, its files, and what it does not do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.probe import examine
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.modules import stemedb_contract_check
from ansible_collections.stemedb.cluster.tests.support.fault_server import reply
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import (
    A,
    run_module,
    serve,
)

Printed = pytest.CaptureFixture[str]


def run(printed: Printed, *urls: str, **options: Any) -> dict[str, Any]:
    return run_module(stemedb_contract_check.main, printed, gateway_url=list(urls), **options)


def test_the_report_and_its_screen(capsys: Printed) -> None:
    with serve() as server:
        found = run(capsys, server.url)
        report = examine((server.url,), GatewayOptions()).report
    assert found["changed"] is False
    for fact in ("dialect", "fields", "works", "endpoints", "advice"):
        assert found["report"][fact] == report[fact]
    assert found["report"]["gateway"] == server.url
    assert found["lines"][0] == f"Contract check of {server.url}"
    assert found["report"]["dialect"]["states"] == {
        "ALIVE": "Alive",
        "Alive": "Alive",
        "Dead": "Dead",
    }
    assert {request.method for request in server.requests} == {"GET"}


def test_the_files_that_were_asked_for(capsys: Printed, tmp_path: Path) -> None:
    dest, capture = tmp_path / "report.json", tmp_path / "capture.json"
    files = {"dest": str(dest), "capture": str(capture)}
    with serve() as server:
        found = run(capsys, server.url, **files)
        again = run(capsys, server.url, capture=str(capture))
    assert found["changed"] is True
    assert json.loads(dest.read_text(encoding="utf-8")) == found["report"]
    assert A not in capture.read_text(encoding="utf-8")
    assert [path.stat().st_mode & 0o777 for path in (dest, capture)] == [0o600, 0o600]
    assert again["changed"] is False


def test_a_capture_of_something_else_is_not_overwritten_nor_a_report_left(
    capsys: Printed, tmp_path: Path
) -> None:
    capture = tmp_path / "capture.json"
    capture.write_text("{}", encoding="utf-8")
    with serve() as server:
        found = run(capsys, server.url, dest=str(tmp_path / "report.json"), capture=str(capture))
    assert found["failed"] is True
    assert found["failure"]["code"] == "config"
    assert capture.read_text(encoding="utf-8") == "{}"
    assert list(tmp_path.iterdir()) == [capture]


def test_check_mode_writes_nothing(capsys: Printed, tmp_path: Path) -> None:
    files = {"dest": str(tmp_path / "report.json"), "capture": str(tmp_path / "capture.json")}
    with serve() as server:
        found = run(capsys, server.url, _ansible_check_mode=True, **files)
    assert found["changed"] is True
    assert found["report"]["works"]
    assert list(tmp_path.iterdir()) == []


def test_a_gateway_that_does_not_answer_is_a_failure(capsys: Printed) -> None:
    found = run(capsys, "http://127.0.0.1:1", retries=0)
    assert found["failed"] is True
    assert found["failure"]["code"] == "transport"


def test_with_vvv_each_request_is_listed(capsys: Printed) -> None:
    with serve(health=reply(200, {"status": "ok"})) as server:
        found = run(capsys, server.url, _ansible_verbosity=3)
    assert len(found["requests"]) == len(server.requests)
    assert all(line.startswith(f"GET {server.url}/") for line in found["requests"])

"""The event source: its options, its loop, and that nothing ends it. The rest is `_events`."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from ansible_collections.stemedb.cluster.tests.support.fault_server import reply
from ansible_collections.stemedb.cluster.tests.unit.support import served_cluster
from ansible_collections.stemedb.cluster.tests.unit.support.served_cluster import C, serve

ROOT = Path(__file__).resolve().parents[3]
PLACE = "ansible_collections/stemedb/cluster/extensions/eda/plugins/event_source/cluster_events.py"
FAST = {"interval": 0.1, "settle": 0.1, "timeout": 2}

Event = dict[str, Any]


@pytest.fixture(scope="module")
def source() -> ModuleType:
    """As a rulebook loads it: a file that no package holds."""
    path = ROOT / ".collections" / PLACE
    spec = importlib.util.spec_from_file_location("cluster_events", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def first(
    source: ModuleType, args: dict[str, Any], until: Callable[[Event], Any]
) -> list[Event]:
    """The events up to the first of this kind, of a source that is ended then."""
    queue: asyncio.Queue[dict[str, Event]] = asyncio.Queue(1)
    task = asyncio.create_task(source.main(queue, args))
    events: list[Event] = []
    try:
        while not events or not until(events[-1]):
            got: Awaitable[dict[str, Event]] = asyncio.wait_for(queue.get(), 20)
            events.append((await got)["stemedb"])
            assert not task.done()
    finally:
        task.cancel()
    return events


def run(source: ModuleType, args: dict[str, Any], until: Callable[[Event], Any]) -> list[Event]:
    return asyncio.run(first(source, args, until))


def test_it_reminds_of_what_is_amiss_at_the_start(source: ModuleType) -> None:
    with serve() as server:
        (event,) = run(source, {**FAST, "gateway_url": server.url}, lambda e: True)
    assert event["kind"] == "reminder"
    assert (event["amiss"], event["nodes_not_alive"], event["shards_leaderless"]) == (True, 1, 2)
    assert json.loads(json.dumps(event)) == event


def test_a_change_is_an_event(source: ModuleType) -> None:
    members = [{**node, "state": "Alive"} for node in served_cluster.STATUS["nodes"]]
    whole = reply(200, {**served_cluster.STATUS, "nodes": members, "node_count": 3})
    current = [reply(200, served_cluster.STATUS)]

    def seen(event: Event) -> bool:
        current[0] = whole
        return bool(event["kind"] == "node_state_changed")

    with serve(status=lambda talk, request: current[0](talk, request)) as server:
        events = run(source, {**FAST, "gateway_url": [server.url]}, seen)
    assert {k: events[-1][k] for k in ("node_id", "old", "new", "amiss")} == {
        "node_id": C,
        "old": "Dead",
        "new": "Alive",
        "amiss": False,
    }


def test_a_gateway_that_falls_silent_is_an_event(source: ModuleType) -> None:
    unable = reply(503, {"error": "no"})
    current = [reply(200, served_cluster.STATUS)]

    def seen(event: Event) -> bool:
        current[0] = unable
        return bool(event["kind"] == "gateway_unreachable")

    with serve(status=lambda talk, request: current[0](talk, request)) as gone, serve() as server:
        events = run(source, {**FAST, "gateway_url": f"{server.url},{gone.url}"}, seen)
    assert (events[-1]["gateway"], events[-1]["error"]) == (gone.url, "transport")


def test_no_error_of_any_kind_ends_it(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    errors = iter([RuntimeError("can't start new thread"), MemoryError(), OSError(24, "files")])
    sample = source._sample

    def failing(*given: Any) -> Any:
        for error in errors:
            raise error
        return sample(*given)

    monkeypatch.setattr(source, "_sample", failing)
    monkeypatch.setattr(source, "pause", lambda interval, failed, chance: 0.01)
    with serve() as server:
        run(source, {**FAST, "gateway_url": server.url}, lambda e: True)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "RuntimeError: can't start new thread",
        "MemoryError: ",
        "OSError: [Errno 24] files",
        "A gateway answers again.",
    ]


def test_it_asks_less_often_while_nobody_answers(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures: list[int] = []

    def pause(interval: float, failed: int, chance: float) -> float:
        failures.append(failed)
        assert 0 <= chance < 1
        return 0.05

    monkeypatch.setattr(source, "pause", pause)
    with serve() as server:
        url = server.url
    run(source, {**FAST, "gateway_url": url}, lambda e: e["kind"] == "reminder")
    assert failures == list(range(1, len(failures) + 1))
    assert len(caplog.records) == 1, "the same is logged once"
    assert url in caplog.records[0].getMessage()


def test_a_gateway_of_another_cluster_counts_for_nothing(source: ModuleType) -> None:
    with serve() as server:
        args = {**FAST, "gateway_url": server.url, "cluster_name": "other"}
        (event,) = run(source, args, lambda e: True)
    assert (event["gateways_unreachable"], event["nodes_not_alive"]) == (1, 0)


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"gateway_url": "ftp://x"}, "http://gateway:18181"),
        ({"gateway_url": "http://u:p@x"}, "api_key"),
        ({"interval": 0}, "interval is 0: use 0.1 to 60 seconds"),
        ({"settle": "nan"}, "settle is nan: use 0 to 3600 seconds"),
        ({"remind": "often"}, "remind"),
        ({"gateway": "http://x"}, "gateway"),
        ({"ca_path": "/nonexistent/ca.pem"}, "ca_path '/nonexistent/ca.pem' cannot be read"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_in_a_sentence(
    source: ModuleType, args: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match=r"^stemedb\.cluster\.cluster_events: ") as error:
        asyncio.run(source.main(None, args))
    assert problem in str(error.value)


def test_what_a_rulebook_adds_is_no_option(source: ModuleType) -> None:
    options, _asked = source._accepted({"gateway_url": "http://x", "eda_feedback_queue": object()})
    assert (options["interval"], options["timeout"], options["retries"]) == (2.0, 5.0, 0)


def test_options_come_from_the_environment(
    source: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEMEDB_GATEWAY_URL", "http://one:1,http://two:2")
    monkeypatch.setenv("STEMEDB_API_KEY", "a-secret-0123456789")
    options, _asked = source._accepted({})
    assert options["gateway_url"] == ["http://one:1", "http://two:2"]
    assert options["api_key"] == "a-secret-0123456789"


def test_its_documentation_is_rendered_and_is_that_of_its_options(source: ModuleType) -> None:
    """As Galaxy renders it: as that of a module."""
    folder = ROOT / Path(PLACE).relative_to("ansible_collections/stemedb/cluster").parent
    command = [str(Path(sys.executable).parent / "ansible-doc"), "--json", "-t", "module"]
    done = subprocess.run(
        [*command, "-M", str(folder), "cluster_events"],
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections")},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    rendered = json.loads(done.stdout)["cluster_events"]
    documented = {
        name: (option.get("type"), option.get("default"))
        for name, option in rendered["doc"]["options"].items()
    }
    assert documented == {
        name: (spec["type"], spec.get("default")) for name, spec in source._specification().items()
    }
    assert rendered["doc"]["short_description"]
    (ruleset,) = yaml.safe_load(rendered["examples"])
    assert source.NAME in ruleset["sources"][0]

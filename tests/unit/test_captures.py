"""Every capture in tests/captures, asked again over a real socket, by the check and by the client.

A capture is a test by being there: what it expects was written with it, and whatever is said to
work is tried with the client that the modules use.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster import predicates as words
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import Snapshot
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.capture import (
    VERSION,
    expected,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.check import lasting
from ansible_collections.stemedb.cluster.plugins.module_utils._contract_check.probe import examine
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import parse_shard_id
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.observers import (
    Observers,
    Policy,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.reader import Reader
from ansible_collections.stemedb.cluster.plugins.module_utils._present import results, shards
from ansible_collections.stemedb.cluster.plugins.module_utils._present.shard_details import (
    shard_details,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.conditions import (
    parse_conditions,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.readings import (
    Memory,
    Plan,
    Settings,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._wait.sample import read
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    Behaviour,
    FaultServer,
    raw,
    reply,
    routed,
)

from tests.support.expect_captures import refresh

CAPTURES = sorted((Path(__file__).resolve().parents[1] / "captures").glob("*.json"))

# Conditions with the argument that they are tried with; a name in capitals is filled in.
CONDITIONS = {
    "healthy": True,
    "node_alive": "NODE",
    "node_has_shards": "HOLDER",
    "leaders_elected": True,
    "fully_replicated": True,
    "views_agree": True,
}


@pytest.fixture(params=CAPTURES, ids=lambda path: path.stem)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(json.loads(request.param.read_text(encoding="utf-8")))


@pytest.fixture
def server(document: dict[str, Any]) -> Any:
    with FaultServer(routed({a["path"]: behaviour(a) for a in document["answers"]})) as running:
        yield running


def behaviour(answer: dict[str, Any]) -> Behaviour:
    """The captured answer, given again."""
    if answer["status"] is None:
        return raw(b"")
    if "json" in answer:
        return reply(answer["status"], answer["json"], answer.get("headers"))
    body = b"" if answer["kind"] == "empty" else b"<not kept>"
    return reply(answer["status"], body, answer.get("headers"))


def contains(found: Any, wanted: Any, place: str = "") -> list[str]:
    """Where `found` differs from what is wanted; what it has beyond that is no difference."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [
            problem
            for key, value in wanted.items()
            for problem in (
                contains(found[key], value, f"{place}.{key}")
                if key in found
                else [f"{place}.{key} is gone"]
            )
        ]
    return [] if found == wanted else [f"{place} is {found!r}, not {wanted!r}"]


def test_there_are_captures() -> None:
    assert len(CAPTURES) >= 10


def test_the_form_is_one_that_is_known(document: dict[str, Any]) -> None:
    assert document["capture"] <= VERSION
    assert document["expected"]["works"]


def test_the_check_of_the_answers_finds_what_is_expected(document: dict[str, Any]) -> None:
    assert contains(expected(document), document["expected"]) == []


def test_the_check_of_a_gateway_that_answers_so_finds_it_too(
    document: dict[str, Any], server: FaultServer
) -> None:
    options = GatewayOptions(retries=0, endpoints=document["endpoints"])
    report = examine((server.url,), options).report
    assert contains(lasting(report), document["expected"]) == []
    assert {request.method for request in server.requests} == {"GET"}


def options_of(document: dict[str, Any]) -> GatewayOptions:
    """As the report says that they are to be set."""
    return GatewayOptions(retries=0, endpoints=document["expected"]["endpoints"])


def outcome(ask: Callable[[], Any]) -> bool:
    """Whether it gives an answer in which nothing is unknown."""
    try:
        return ask() is not None
    except StemeDBError:
        return False


def sample_shard(server: FaultServer, document: dict[str, Any]) -> int:
    """The shard that the capture knows by name."""
    paths = [answer["path"] for answer in document["answers"] if answer["status"] == 200]
    numbers = [re.fullmatch(r"/.*/(?:shard_)?([0-9]+)", path) for path in paths]
    return next((int(number[1]) for number in numbers if number), 0)


def test_what_works_works_with_the_client(document: dict[str, Any], server: FaultServer) -> None:
    works = document["expected"]["works"]
    reader = Reader((server.url,), options_of(document), None)
    observers = Observers((server.url,), options_of(document), Policy())
    shard = sample_shard(server, document)

    def sizes() -> Any:
        details = reader.details([shard])
        snapshot = reader.snapshot()
        found = [
            one["complete"]
            for node in results.nodes(snapshot)
            for one in shard_details(node, snapshot, details, 0.95)
        ]
        return None if None in found else found or None

    def replicas() -> Any:
        snapshot = reader.snapshot()
        return shards.replicas(reader.details([shard])[shard], snapshot)

    attempts: dict[str, Callable[[], Any]] = {
        "stemedb_cluster_info": lambda: results.cluster(observers.sample()),
        "stemedb_node_info": lambda: results.nodes(reader.snapshot()),
        "stemedb_shard_info": lambda: shards.shards(reader.snapshot()),
        "stemedb_shard_info under_replicated": lambda: shards.shards(
            reader.snapshot(), under_replicated=True
        ),
        "stemedb_shard_info replicas": replicas,
        "stemedb_node_info shard_details": sizes,
    }
    assert {name: works[name] for name in attempts if works[name] is not None} == {
        name: outcome(ask) for name, ask in attempts.items() if works[name] is not None
    }


def unmet(snapshot: Snapshot, name: str) -> bool:
    """Whether a wait for the condition would go on."""
    node = next(iter(snapshot.nodes.values())).node_id
    holders = [n for shard in snapshot.shards.values() for n in shard.replica_nodes or ()]
    argument = CONDITIONS[name]
    argument = {"NODE": node, "HOLDER": (holders or [node])[0]}.get(str(argument), argument)
    (condition,) = parse_conditions([{name: argument}], parse_shard_id)
    plan = Plan((condition,), Settings(expect_shards=bool(snapshot.shards)))
    # A second sample like the first.
    return bool(read(plan, snapshot, read(plan, snapshot, Memory()).memory).unmet)


def test_conditions_that_work_hold_where_the_cluster_is_well(
    document: dict[str, Any], server: FaultServer
) -> None:
    works = document["expected"]["works"]
    if not works["stemedb_cluster_info"]:
        with pytest.raises(StemeDBError):
            Observers((server.url,), options_of(document), Policy()).sample()
        return
    snapshot = Observers((server.url,), options_of(document), Policy()).sample()
    held = {name: not unmet(snapshot, name) for name in CONDITIONS}
    # What does not work can never hold, however the cluster fares.
    assert [name for name in CONDITIONS if works[f"wait {name}"] is False and held[name]] == []
    if len(snapshot.alive) == len(snapshot.nodes) and words.healthy(snapshot).holds is not False:
        assert [name for name in CONDITIONS if works[f"wait {name}"] and not held[name]] == []


def test_a_capture_that_expects_too_much_is_found() -> None:
    document = json.loads(CAPTURES[0].read_text(encoding="utf-8"))
    document["expected"]["works"]["stemedb_node_info"] = False
    document["expected"]["dialect"]["node_count"] = "neither"
    assert contains(expected(document), document["expected"]) == [
        f".dialect.node_count is {expected(document)['dialect']['node_count']!r}, not 'neither'",
        ".works.stemedb_node_info is True, not False",
    ]


def test_what_a_capture_expects_can_be_written_anew(tmp_path: Path) -> None:
    good = CAPTURES[0].read_text(encoding="utf-8")
    path = tmp_path / "capture.json"
    path.write_text(json.dumps({**json.loads(good), "expected": {}}), encoding="utf-8")
    assert refresh([path]) == [path]
    assert path.read_text(encoding="utf-8") == good
    assert refresh([path]) == []

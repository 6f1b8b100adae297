"""The frame of lookups and inventories: options of a plugin in, Ansible's errors out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import gateway_spec
from ansible_collections.stemedb.cluster.plugins.plugin_utils._plugin import (
    clear_errors,
    observers,
    reader,
)
from ansible_collections.stemedb.cluster.tests.support.fault_server import (
    FaultServer,
    reply,
    routed,
)

ROUTES = {
    "/v1/health": reply(200, {"status": "healthy"}),
    "/v1/cluster/status": reply(
        200, {"node_count": 1, "nodes": [{"node_id": "node-01", "state": "Alive"}]}
    ),
    "/v1/admin/ranges": reply(200, {"ranges": []}),
}


class Options:
    """`get_option` of a plugin: what was given, else the default."""

    def __init__(self, **given: Any) -> None:
        self._given = given

    def __call__(self, name: str) -> Any:
        return self._given.get(name, gateway_spec()[name].get("default"))


@pytest.mark.parametrize("make", [reader, observers])
def test_a_plugin_asks_as_its_options_say(make: Any) -> None:
    log: list[str] = []
    with FaultServer(routed(ROUTES)) as server:
        asked = make(Options(gateway_url=[server.url], api_key="a-key-of-this-test"), log.append)
        snapshot = asked.snapshot() if make is reader else asked.sample()
    assert [view.url for view in snapshot.views] == [server.url]
    assert {request.headers["x-api-key"] for request in server.requests} == {"a-key-of-this-test"}
    assert len(log) == len(server.requests)
    assert all(line.startswith(f"GET {server.url}/v1/") for line in log)


def test_an_error_keeps_its_sentence_and_its_code() -> None:
    with pytest.raises(AnsibleError) as caught:
        with clear_errors(AnsibleError, "stemedb.cluster.stemedb"):
            raise StemeDBError("auth", "Refused: set api_key.", "http://a:1", 401)
    assert str(caught.value) == "stemedb.cluster.stemedb: Refused: set api_key. (code auth)"


def test_other_errors_are_left_alone() -> None:
    with pytest.raises(ZeroDivisionError):
        with clear_errors(AnsibleError, "stemedb.cluster.stemedb"):
            raise ZeroDivisionError

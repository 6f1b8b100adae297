"""A module of a few lines, run in its frame."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.stemedb.cluster.tests.support.fault_server import reply

ROUTES = {
    "/v1/health": reply(200, {"status": "healthy"}),
    "/v1/cluster/status": reply(
        200, {"node_count": 1, "nodes": [{"node_id": "node-01", "state": "Alive"}]}
    ),
    "/v1/admin/ranges": reply(200, {"ranges": []}),
}


def run(
    runner: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    body: Callable[[Any], dict[str, Any]],
    spec: dict[str, Any] | None = None,
    call_timeout: str | None = None,
    **given: Any,
) -> dict[str, Any]:
    """What a module with this body prints as its result."""
    more = {"call_timeout": call_timeout} if call_timeout else {}
    with patch_module_args(given):
        with pytest.raises(SystemExit):
            runner(spec or {}, body, **more)
    return dict(json.loads(capsys.readouterr().out))

"""What a host that is adopted is described from."""

from __future__ import annotations

from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.facts import (
    finding,
    is_running,
    settings_of,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.find import Candidate
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    found,
    process,
    stopped,
    unit,
)


def test_a_finding_is_about_its_host() -> None:
    assert finding(found(unit()), "kind", "note", "detail") == ("kind", "note", "db-01", "detail")


def test_whether_it_runs() -> None:
    assert is_running(Candidate(None, process())) is True
    assert is_running(Candidate(unit(), None)) is True
    assert is_running(Candidate(stopped(), None)) is False
    assert is_running(Candidate(stopped(running=None), None)) is None
    assert is_running(Candidate(None, None)) is False


def test_settings_are_found_in_any_table() -> None:
    settings = {"cluster_name": "a", "cluster.cluster_name": "b", "cluster_name.x": "c"}
    of = found(unit(), files={"config": {"settings": settings}})
    assert settings_of(of, "cluster_name") == ["a", "b"]
    assert settings_of(found(unit(), files={"config": None}), "cluster_name") == []

"""Addresses are taken apart without guessing."""

from __future__ import annotations

from typing import Any, Optional

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.addresses import (
    endpoint,
    gateway_endpoint,
    names_of,
    split_host,
)


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("10.0.0.4:18182", "10.0.0.4", 18182),
        ("Node-04", "node-04", None),
        ("node-04:18183", "node-04", 18183),
        ("[::1]:18182", "::1", 18182),
        ("[::1]", "::1", None),
        ("fe80::1", "fe80::1", None),
        ("0.0.0.0:18182", None, 18182),
        ("node-04:http", "node-04", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_an_address_is_a_host_and_a_port(
    address: Optional[str], host: Optional[str], port: Optional[int]
) -> None:
    assert endpoint(address) == (host, port)


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://Gateway:18181", "gateway", 18181),
        ("https://gateway/base", "gateway", 443),
        ("http://[::1]:18181/", "::1", 18181),
        ("http://gateway", "gateway", 80),
        ("http://gateway:99999", None, None),
        ("gateway:18181", None, None),
    ],
)
def test_a_url_leads_to_a_host_and_a_port(
    url: str, host: Optional[str], port: Optional[int]
) -> None:
    assert gateway_endpoint(url) == (host, port)


def test_a_host_is_known_by_its_name_and_what_it_resolves_to() -> None:
    ports: list[dict[str, Any]] = [
        {"host": "Node-04", "addresses": ["10.0.0.4"]},
        {"host": "node-05", "addresses": ["10.0.0.5"]},
    ]
    assert names_of("node-04", ports) == {"node-04", "10.0.0.4"}
    assert names_of("node-06", ports) == {"node-06"}
    assert names_of(None, ports) == frozenset()
    assert names_of("node-04", None) == {"node-04"}


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("10.0.0.4:18182", "10.0.0.4"),
        ("10.0.0.4", "10.0.0.4"),
        ("node-04:18182", "node-04"),
        ("Node-04.Example.", "node-04.example"),
        ("[::1]:18182", "::1"),
        ("[FE80::1]", "fe80::1"),
        ("::1", "::1"),
        ("fe80::1:2", "fe80::1:2"),
        ("0.0.0.0:18182", None),
        ("0.0.0.0", None),
        ("[::]:18182", None),
        ("::", None),
        (":18182", None),
        (".", None),
        ("", None),
        (None, None),
    ],
)
def test_the_host_of_an_address(address: str | None, host: str | None) -> None:
    assert split_host(address) == host

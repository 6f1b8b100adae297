"""Secrets are taken out of what hosts and logs said, and nothing else."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._masking.redact import (
    MASK,
    without_secrets,
)

SECRET = "Zq7wVx2mKp9tRb4n"


@pytest.mark.parametrize(
    "text",
    [
        "stemedb-node --api-key {} --node-id a",
        "stemedb-node --auth-token={} --node-id a",
        "X-API-Key: {}",
        "x_api_key={}",
        '{{"api_key": "{}", "a": 1}}',
        "db_password='{}'",
        "client secret: {}",
        "passwd = {}",
        "credentials: {}",
        "Authorization: Bearer {}",
        "authorization: basic {}==",
        "GET http://gateway/v1?key={}&a=b",
        "connecting to https://user:{}@gateway:18181/",
        "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n{}",
    ],
)
def test_a_secret_is_found_in_a_text(text: str) -> None:
    found = without_secrets([text.format(SECRET)])[0]
    assert SECRET not in found
    assert MASK in found


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T03:12:45Z ERROR election of shard 3 failed: no live replica",
        "stemedb-node --node-id a3f2b1c4 --seed-nodes gateway:18183 --data-dir /var/lib/stemedb",
        "no token was sent",
        "tokens expired, 3 keys left",
        "http://gateway:18181/v1/health 200",
        "partition key 5 of shard 3",
        "a basic check",
        "user@host: 3",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ({"api_key": SECRET}, {"api_key": MASK}),
        ({"KEY": 7, "Password": [SECRET]}, {"KEY": MASK, "Password": MASK}),
        ({"a": [{"session_token": {"b": SECRET}}]}, {"a": [{"session_token": MASK}]}),
        ({"api_key": None, "token": "", "secret": False}, None),
        ({"keys": [1], "client_key": "/etc/key.pem", "author": "me"}, None),
        (
            ["x", "--api-key", SECRET, "--data-dir", "/d"],
            ["x", "--api-key", MASK, "--data-dir", "/d"],
        ),
        (["--token", 3], None),
        (("a", 1.5, None, True), ["a", 1.5, None, True]),
        ({1: "a"}, {"1": "a"}),
        ([datetime.date(2026, 11, 23)], ["2026-11-23"]),
    ],
)
def test_names_tell_what_is_a_secret(value: Any, left: Any) -> None:
    assert without_secrets(value) == (value if left is None else left)


def test_a_secret_that_is_known_is_found_wherever_it_stands() -> None:
    value = {"line": f"sent {SECRET}!", SECRET: [f"x{SECRET}"]}
    assert SECRET not in str(without_secrets(value, [SECRET, None, ""]))
    assert without_secrets("abcd", ["a"]) == "abcd", "one letter is part of everything"

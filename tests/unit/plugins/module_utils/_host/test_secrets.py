"""What is hidden, and what has to be shown."""

from __future__ import annotations

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import (
    HIDDEN,
    assigned_names,
    is_secret,
    masked_argv,
    masked_settings,
    masked_text,
    masked_unit,
)
from hypothesis import given
from hypothesis import strategies as st

SECRET = "hunter2-hunter2"
KEYS = ("cluster_name", "seed_nodes")


@pytest.mark.parametrize(
    ("flag", "value", "secret"),
    [
        ("--api-key", SECRET, True),
        ("--apikey", SECRET, True),
        ("--api-key", "/looks/like/a/path", True),
        ("--cluster-token", SECRET, True),
        ("--tls-key-password", SECRET, True),
        ("--db.passwd", SECRET, True),
        ("-secret", SECRET, True),
        ("--KEY", SECRET, True),
        ("--api-key-file", "/etc/key", False),
        ("--tls-key", "/etc/tls/node.key", False),
        ("--keyspace", "prod", False),
        ("--monkey", "see", False),
        ("--node-id", "a3f2b1c4", False),
    ],
)
def test_what_is_a_secret_is_told_by_its_flag(flag: str, value: str, secret: bool) -> None:
    assert is_secret(flag, value) is secret


@pytest.mark.parametrize(
    "argv",
    [
        ["node", "--api-key", SECRET, "--x"],
        ["node", f"--api-key={SECRET}"],
        ["sh", "-c", f"exec node --api-key {SECRET} --x"],
        ["sh", "-c", f"exec node --api-key='{SECRET}'"],
        ["sh", "-c", f'API="{SECRET}" exec node'],
        ["env", f"STEMEDB_API_KEY={SECRET}", "node"],
        ["node", "--backend", f"postgres://me:{SECRET}@db/x"],
    ],
)
def test_no_secret_is_left_on_a_command_line(argv: list[str]) -> None:
    masked = masked_argv(argv)
    assert SECRET not in " ".join(masked)
    assert HIDDEN in " ".join(masked)
    assert len(masked) == len(argv)


def test_a_command_line_without_secrets_is_shown_as_it_is() -> None:
    argv = ["/opt/stemedb-node", "--node-id", "a3f2b1c4", "--seed-nodes=a:1,b:1", "--verbose"]
    assert masked_argv(argv) == argv
    # What follows a secret's flag without a value is a flag of its own.
    assert masked_argv(["node", "--token", "--data-dir", "/x"])[2:] == ["--data-dir", "/x"]


@given(st.text(min_size=8))
def test_no_value_gets_through(value: str) -> None:
    shown = masked_argv(["node", "--api-key", value])
    assert shown[2] == (value if value.startswith("--") else HIDDEN)
    assert masked_argv(["node", f"--api-key={value}"])[1] == f"--api-key={HIDDEN}"


def test_of_a_configuration_only_named_settings_are_shown() -> None:
    text = f"""# Ansible managed
# the old key was {SECRET}
cluster_name = "prod"  # {SECRET}
seed_nodes = [
  "a:18183",  # {SECRET}
  "b#:18183",
]
api_key = "{SECRET}"
other = [
  "{SECRET}",
]
# api_key = "{SECRET}"
[auth]
"seed_nodes" = ["c:18183"]
note = \"\"\"
{SECRET}
\"\"\"
"""
    shown = masked_settings(text, KEYS)
    assert SECRET not in shown
    for line in (
        "# Ansible managed",
        f'cluster_name = "prod"  # {HIDDEN}',
        f'  "a:18183",  # {HIDDEN}',
        '  "b#:18183",',
        f"api_key = {HIDDEN}",
        f"# api_key = {HIDDEN}",
        "[auth]",
        '"seed_nodes" = ["c:18183"]',
    ):
        assert line in shown.splitlines()


@given(st.lists(st.sampled_from(["a = 1", "x", "[t]", "# c", "", 'b = "', "]", "c: d"])))
def test_a_configuration_of_any_form_shows_no_value(lines: list[str]) -> None:
    text = "".join(f"{line} {SECRET}\n" if line else "\n" for line in lines)
    shown = masked_settings(text, KEYS)
    assert SECRET not in shown
    assert shown.count("\n") == text.count("\n")


def test_of_a_unit_all_but_its_secrets_is_shown() -> None:
    text = f"""[Service]
User=stemedb
Environment=RUST_LOG=info STEMEDB_API_KEY={SECRET}
Environment="A={SECRET} b" 'B={SECRET}'
Environment="never closed {SECRET}
#Environment=OLD={SECRET}
Environment=LONG={SECRET} \\
  MORE={SECRET}
SetCredential=key:{SECRET}
EnvironmentFile=/etc/default/stemedb
ExecStart=/usr/bin/stemedb-node \\
  --api-key \\
  {SECRET} --data-dir /srv
ExecStartPre=/bin/sh -c 'KEY={SECRET} prepare'
ExecReload=/bin/kill \\
  -HUP $MAINPID
"""
    shown = masked_unit(text)
    assert SECRET not in shown
    lines = shown.splitlines()
    for line in (
        "User=stemedb",
        f"Environment=RUST_LOG={HIDDEN} STEMEDB_API_KEY={HIDDEN}",
        f"Environment=A={HIDDEN} B={HIDDEN}",
        f"Environment={HIDDEN}",
        f"#Environment=OLD={HIDDEN}",
        f"Environment=LONG={HIDDEN} MORE={HIDDEN}",
        "EnvironmentFile=/etc/default/stemedb",
        f"ExecStart=/usr/bin/stemedb-node --api-key {HIDDEN} --data-dir /srv",
        "ExecReload=/bin/kill \\",
        "  -HUP $MAINPID",
    ):
        assert line in lines


def test_a_unit_without_secrets_is_shown_as_it_is() -> None:
    text = "[Unit]\nDescription=a node\n\n[Service]\nExecStart=/bin/x \\\n  --data-dir /srv\n"
    assert masked_unit(text) == text
    assert masked_unit("") == ""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('A=1 "B=two words" C=', ["A", "B", "C"]),
        ("", []),
        ("A", None),
        ("1A=x", None),
        ('"A=1', None),
    ],
)
def test_the_names_of_variables(text: str, names: object) -> None:
    assert assigned_names(text) == names
    assert masked_text("nothing here") == "nothing here"

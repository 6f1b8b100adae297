"""The program as a person meets it: settings, refusals, the file that is built."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.devcluster.build import build
from tests.devcluster.cluster import DevCluster
from tests.devcluster.stemedb_devnode import NodeError
from tests.devcluster.stemedb_devnode.config import load, parse_seeds, parse_toml

BASICS = ["--node-id", "a", "--data-dir", "/nowhere"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("build") / "stemedb-node")


def run(program: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(program), *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def test_the_same_sources_give_the_same_file(program: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "deep" / "stemedb-node")
    assert again.read_bytes() == program.read_bytes()
    assert again.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert again.stat().st_mode & 0o111


@pytest.mark.parametrize("compiled", [False, True])
def test_it_says_that_it_is_a_stand_in(compiled: bool, tmp_path: Path) -> None:
    result = run(build(tmp_path / "stemedb-node", compiled=compiled), "--version")
    assert result.returncode == 0
    assert result.stdout == (
        "stemedb-node 0.0.0-dev (development stand-in for tests of stemedb.cluster; not StemeDB)\n"
    )


def test_another_version_can_be_built(tmp_path: Path) -> None:
    result = run(build(tmp_path / "stemedb-node", "7.1"), "--version")
    assert result.stdout.startswith("stemedb-node 7.1 (development stand-in")


def test_what_is_compiled_is_taken_by_its_python_and_by_no_other(tmp_path: Path) -> None:
    path = build(tmp_path / "stemedb-node", compiled=True)
    for magic in (importlib.util.MAGIC_NUMBER, b"\0\0\r\n"):
        with zipfile.ZipFile(path) as archive:
            content = {name: archive.read(name) for name in archive.namelist()}
        name = "stemedb_devnode/config.pyc"
        content[name] = magic + content[name][4:]
        content["stemedb_devnode/config.py"] = b"raise SystemExit('the source')"
        with zipfile.ZipFile(path, "w") as archive:
            for each, text in content.items():
                archive.writestr(each, text)
        told = run(path, "--version")
        assert (told.stderr.strip() == "the source") == (magic != importlib.util.MAGIC_NUMBER)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--bogus"], "unrecognized arguments: --bogus"),
        ([*BASICS, "--gateway-port", "http"], "--gateway-port: 'http' is not a number"),
        ([*BASICS, "--gateway-port", "70000"], "70000 is no port"),
        ([*BASICS, "--rpc-port", "18181"], "three different ports"),
        ([*BASICS, "--time-scale", "0"], "--time-scale must be more than 0"),
        ([*BASICS, "--rate", "-1"], "--rate: '-1' must be a number that is not negative"),
        ([*BASICS, "--seed-nodes", "a:b:c"], "--seed-nodes: 'a:b:c' is not HOST:PORT"),
        ([*BASICS, "--tls-cert", "x"], "--tls-cert and --tls-key belong together"),
        ([*BASICS, "--config", "/missing.toml"], "--config: cannot read /missing.toml"),
        (["--node-id", "a"], "--data-dir is missing"),
    ],
)
def test_wrong_settings_end_it_with_one_sentence(
    program: Path, flags: list[str], sentence: str
) -> None:
    result = run(program, *flags)
    assert result.returncode == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_it_cannot_use_ends_it_with_one_sentence(
    program: Path, make_cluster: Callable[..., DevCluster], tmp_path: Path
) -> None:
    node = make_cluster().start(1).node(0)
    data = str(tmp_path / "data")
    (tmp_path / "file").touch()

    def last_line(*flags: str) -> str:
        result = run(program, "--listen", node.address, *flags)
        assert result.returncode == 1
        assert "Traceback" not in result.stdout + result.stderr
        return result.stdout.splitlines()[-1]

    assert "is in use by another process" in last_line(
        "--node-id", node.node_id, "--data-dir", str(node.data_dir)
    )
    assert f"cannot listen on {node.address} port 18181 (gateway): address already" in last_line(
        "--node-id", "a", "--data-dir", data
    )
    assert "belongs to node 'a', not 'b'" in last_line("--node-id", "b", "--data-dir", data)
    assert "belongs to cluster 'stemedb', not 'other'" in last_line(
        "--node-id", "a", "--data-dir", data, "--cluster-name", "other"
    )
    assert "--node-id is missing" in last_line("--data-dir", str(tmp_path / "empty"))
    assert "cannot use data directory" in last_line(
        "--node-id", "a", "--data-dir", str(tmp_path / "file")
    )


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text('cluster_name = "file"\nshards = 1\nrate = 1\nfancy = true\n[ports]\nrpc = 7\n')
    environ = {"STEMEDB_DEV_SHARDS": "2", "STEMEDB_DEV_RATE": "2", "STEMEDB_API_KEY": "k"}
    config = load([*BASICS, "--config", str(file), "--rate", "3"], environ)
    assert (config.cluster_name, config.shards, config.rate) == ("file", 2, 3)
    assert (config.rpc_port, config.gateway_port, config.api_key) == (7, 18181, "k")
    assert config.unknown_keys == ("fancy",)


def test_a_node_toml_is_read() -> None:
    text = """
    # of our cluster
    cluster_name = "prod # 1"   # a comment
    seed_nodes = [
      "10.0.0.4:18183",
      "[::1]:18183",            # with another one
    ]
    tls = false

    [ports]
    gateway = 18181
    """
    assert parse_toml(text, "node.toml") == {
        "cluster_name": "prod # 1",
        "seed_nodes": "10.0.0.4:18183,[::1]:18183",
        "tls": "False",
        "ports.gateway": "18181",
    }


@pytest.mark.parametrize("text", ["cluster_name", "a = b", "a b = 1", "seeds = [\n1,\n", "= 3"])
def test_a_broken_node_toml_names_its_line(text: str) -> None:
    with pytest.raises(NodeError, match=r"node\.toml, line 1: "):
        parse_toml(text, "node.toml")


def test_seeds_may_leave_out_the_port() -> None:
    assert parse_seeds("a, b:7,[::1],[::2]:9,", 18183) == (
        ("a", 18183),
        ("b", 7),
        ("::1", 18183),
        ("::2", 9),
    )

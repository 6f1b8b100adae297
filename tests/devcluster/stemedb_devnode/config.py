"""Settings: flags win over the environment, which wins over node.toml."""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import TITLE, NodeError

# name: (type, default, help). The flag is --name, the variable STEMEDB_DEV_NAME.
OPTIONS: dict[str, tuple[Any, Any, str]] = {
    "node_id": (str, "", "id of this node, for example from uuidgen"),
    "seed_nodes": (str, "", "HOST:PORT,HOST:PORT of gossip ports; the first seed founds"),
    "data_dir": (str, "", "directory of this node's state; made if missing"),
    "cluster_name": (str, "stemedb", "nodes of other clusters are ignored"),
    "listen": (str, "0.0.0.0", "address to listen on, and source of outgoing connections"),
    "advertise": (str, "", "address that other nodes are told (default: found out)"),
    "gateway_port": (int, 18181, "HTTP"),
    "rpc_port": (int, 18182, "TCP between nodes"),
    "gossip_port": (int, 18183, "SWIM over UDP; TCP accepts and closes"),
    "replication_factor": (int, 3, "replicas of each shard (read by the founding node only)"),
    "shards": (int, 12, "number of shards (read by the founding node only)"),
    "shard_size": (int, 8 << 20, "bytes of a new shard (read by the founding node only)"),
    "rate": (int, 4 << 20, "bytes per second of incoming replication; 0 is no limit"),
    "time_scale": (float, 1.0, "1.0 gives the guide's minutes, 0.05 a twentieth of them"),
    "age_out": (float, 0.0, "seconds that a Dead node stays listed (default: 600 x time scale)"),
    "api_key": (str, "", "requests need it in X-API-Key (prefer the file: flags are seen in ps)"),
    "api_key_file": (str, "", "file that holds the API key"),
    "tls_cert": (str, "", "certificate (PEM) of the gateway; switches TLS on"),
    "tls_key": (str, "", "its private key"),
    "tls_client_ca": (str, "", "CA that client certificates must come from"),
    "dialect": (str, "", "comma-separated: other shapes of answers, see the README"),
    "exit_with_stdin": (bool, False, "stop when standard input ends"),
}
# Also read without the DEV prefix, since roles and people set them for clients too.
PLAIN_VARIABLES = ("api_key",)
# node.toml may group the ports: [ports] gateway = 18181
TOML_ALIASES = {f"ports.{name}": f"{name}_port" for name in ("gateway", "rpc", "gossip")}
TRUE_WORDS = ("1", "true", "yes", "on")


@dataclass(frozen=True)
class Config:
    """All settings of one node. Sizes in bytes, times in seconds."""

    node_id: str
    seed_nodes: tuple[tuple[str, int], ...]
    data_dir: Path
    cluster_name: str
    listen: str
    advertise: str
    gateway_port: int
    rpc_port: int
    gossip_port: int
    replication_factor: int
    shards: int
    shard_size: int
    rate: int
    time_scale: float
    age_out: float
    api_key: str
    tls_cert: str
    tls_key: str
    tls_client_ca: str
    dialect: tuple[str, ...]
    exit_with_stdin: bool
    unknown_keys: tuple[str, ...]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise NodeError(f"{message} (stemedb-node --help lists the flags)")


def load(argv: Sequence[str], environ: Mapping[str, str]) -> Config:
    """Settings from flags, environment and file, or NodeError saying which one is wrong."""
    parser = _Parser(prog="stemedb-node", description=TITLE, allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="say what this is, and end")
    parser.add_argument("--config", metavar="FILE", help="node.toml")
    for name, (kind, default, text) in OPTIONS.items():
        flag = f"--{name.replace('_', '-')}"
        if kind is bool:
            parser.add_argument(flag, action="store_const", const="true", help=text)
        else:
            shown = f" (default: {default})" if default else ""
            parser.add_argument(flag, metavar=name.upper(), help=text + shown)
    flags = vars(parser.parse_args(argv))
    if flags.pop("version"):
        print(TITLE)
        raise SystemExit(0)

    path = flags.pop("config") or environ.get("STEMEDB_DEV_CONFIG")
    file_values, unknown = _from_file(Path(path)) if path else ({}, [])
    values: dict[str, Any] = {name: default for name, (_k, default, _h) in OPTIONS.items()}
    for name, text in file_values.items():
        values[name] = _convert(name, text, f"{name} in {path}")
    for name in OPTIONS:
        plain = [f"STEMEDB_{name.upper()}"] if name in PLAIN_VARIABLES else []
        for variable in [*plain, f"STEMEDB_DEV_{name.upper()}"]:
            if environ.get(variable):
                values[name] = _convert(name, environ[variable], variable)
        if flags[name] is not None:
            values[name] = _convert(name, flags[name], f"--{name.replace('_', '-')}")
    return _checked(values, tuple(unknown))


def _convert(name: str, text: str, origin: str) -> Any:
    kind = OPTIONS[name][0]
    if kind is bool:
        return text.lower() in TRUE_WORDS
    try:
        value = kind(text)
    except ValueError:
        raise NodeError(f"{origin}: {text!r} is not a number") from None
    if kind is not str and not 0 <= value < float("inf"):
        raise NodeError(f"{origin}: {text!r} must be a number that is not negative")
    return value


def _checked(values: dict[str, Any], unknown: tuple[str, ...]) -> Config:
    if not values["data_dir"]:
        raise NodeError("--data-dir is missing: name a directory for this node's state")
    ports = [values[name] for name in ("gateway_port", "rpc_port", "gossip_port")]
    for port in ports:
        if not 0 < port < 65536:
            raise NodeError(f"{port} is no port: use 1 to 65535")
    if len(set(ports)) < 3:
        raise NodeError(f"gateway, RPC and gossip need three different ports, not {ports}")
    for name in ("replication_factor", "time_scale"):
        if not values[name]:
            raise NodeError(f"--{name.replace('_', '-')} must be more than 0")
    if bool(values["tls_cert"]) != bool(values["tls_key"]):
        raise NodeError("--tls-cert and --tls-key belong together: give both")
    if values["tls_client_ca"] and not values["tls_cert"]:
        raise NodeError("--tls-client-ca needs --tls-cert and --tls-key")
    key_file = values.pop("api_key_file")
    if key_file:
        values["api_key"] = _read(Path(key_file), "--api-key-file").strip()
    values["age_out"] = values["age_out"] or max(600 * values["time_scale"], 5.0)
    values["data_dir"] = Path(values["data_dir"])
    values["seed_nodes"] = parse_seeds(values["seed_nodes"], values["gossip_port"])
    values["dialect"] = tuple(word for word in values["dialect"].split(",") if word)
    return Config(**values, unknown_keys=unknown)


def parse_seeds(text: str, default_port: int) -> tuple[tuple[str, int], ...]:
    """``a:18183,[::1]:18183,b`` as pairs of host and port."""
    seeds = []
    for item in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]+))(?::(\d{1,5}))?", item)
        port = int(match.group(3) or default_port) if match else 0
        if not match or not 0 < port < 65536:
            raise NodeError(f"--seed-nodes: {item!r} is not HOST:PORT")
        seeds.append((match.group(1) or match.group(2), port))
    return tuple(seeds)


def _read(path: Path, origin: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NodeError(f"{origin}: cannot read {path}: {error}") from None


def _from_file(path: Path) -> tuple[dict[str, str], list[str]]:
    parsed = parse_toml(_read(path, "--config"), str(path))
    named = {TOML_ALIASES.get(key, key): value for key, value in parsed.items()}
    known = {key: value for key, value in named.items() if key in OPTIONS}
    return known, sorted(set(named) - set(known))


def parse_toml(text: str, origin: str) -> dict[str, str]:
    """The subset of TOML that node.toml needs (tomllib is younger than Python 3.9).

    Strings, numbers, booleans and lists of them become text, list items joined by commas;
    keys below a ``[table]`` become ``table.key``.
    """
    result: dict[str, str] = {}
    table, pending, first = "", "", 0
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r"""^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$""", r"\1", line).strip()
        first = first if pending else number
        pending = f"{pending} {bare}".strip()
        if not pending or (pending.count("[") > pending.count("]")):
            continue
        statement, pending = pending, ""
        heading = re.fullmatch(r"\[([\w.-]+)\]", statement)
        if heading:
            table = f"{heading.group(1)}."
            continue
        key, equals, literal = (part.strip() for part in statement.partition("="))
        try:
            literal = {"true": "True", "false": "False"}.get(literal, literal)
            value = ast.literal_eval(literal)
        except (ValueError, SyntaxError):
            equals = ""
        if not equals or not re.fullmatch(r"[\w-]+", key):
            raise NodeError(f"{origin}, line {first}: expected key = value, found {statement!r}")
        items = value if isinstance(value, list) else [value]
        result[table + key] = ",".join(str(item) for item in items)
    if pending:
        raise NodeError(f"{origin}, line {first}: the list is not closed")
    return result

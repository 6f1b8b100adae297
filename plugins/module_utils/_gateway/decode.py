# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the StemeDB gateway answers: JSON keys and spellings. Private to stemedb.cluster.

Nothing else in the collection knows a key, and `paths` alone knows a path. Pure: text and JSON
values in, `_cluster.model` out. Tolerant in what is read: aliases, bare or wrapped lists, unknown
fields; what is missing or null stays None. Strict where a value cannot mean what it should: that is
a `protocol` error which says what was expected and what came. Whoever knows the URL adds it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Callable, NoReturn

from ansible_collections.stemedb.cluster.plugins.module_utils._cluster.model import (
    ALIVE,
    DEAD,
    FOLLOWER,
    LEADER,
    SUSPECT,
    Health,
    Node,
    Replica,
    Shard,
    Status,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

if TYPE_CHECKING:
    from typing import TypeGuard

# What a cluster status may tell.
STATUS = (
    "cluster_name",
    "status",
    "node_count",
    "shard_count",
    "replication_factor",
    "meta_version",
    "nodes",
)
# The names that a field may have, the usual one first.
NODE_ID = ("node_id", "id")
NODE_STATE = ("state", "status")
NODE_ADDRESS = ("addr", "address")
SHARD_ID = ("shard_id", "range_id", "id")
SHARD_LEADER = ("leader_node", "leader", "leader_id")
SHARD_REPLICAS = ("replicas", "replica_nodes", "nodes")
SIZE = ("size_bytes", "size")
NODE_LIST = ("nodes",)
SHARD_LIST = ("ranges", "shards")

_STATES = {state.lower(): state for state in (ALIVE, SUSPECT, DEAD)}
_ROLES = {LEADER: LEADER, FOLLOWER: FOLLOWER}
# The largest number a 64 bit counter can hold; more is damage, not data.
_MAX = 2**64 - 1
_MAX_DIGITS = 20
_QUOTED = 200


def parse_shard_id(value: object) -> int:
    """12, "12" and "shard_12" are shard 12. Raises ValueError with a sentence for anything else."""
    number = value
    if isinstance(value, str):
        # Not by a regular expression: the list of all shards is read by this.
        digits = value.strip().removeprefix("shard_")
        if digits.isdecimal() and digits.isascii() and len(digits) <= _MAX_DIGITS:
            number = int(digits)
    if _is_count(number):
        return number
    raise ValueError(f'{_show(value)} is no shard id: write 12, "12" or "shard_12".')


# --- bodies ----------------------------------------------------------------------------------


def load(body: bytes) -> Any:
    """The JSON value in `body`. Raises `protocol` for anything that is not JSON."""
    return parse(as_text(body))


def as_text(body: bytes) -> str:
    """The text in `body`. Raises `protocol` for bytes that are none."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        _refuse(f"expected JSON, got bytes that are no UTF-8 (at byte {error.start})")


def parse(text: str, row: Callable[[dict[str, Any]], Any] | None = None) -> Any:
    """The JSON value in `text`. Raises `protocol` for anything that is not JSON.

    :param row: called with each object as soon as it is read, the innermost first; what it returns
        takes the object's place.
    """
    try:
        return json.loads(text, object_hook=row, parse_constant=_no_constant)
    except RecursionError:
        _refuse("expected JSON of ordinary depth, got one nested too deeply to be read")
    except ValueError as error:
        start = text.lstrip()[:1]
        if not start:
            _refuse("expected JSON, got an empty body")
        if start == "<":
            _refuse("expected JSON, got what looks like an HTML page")
        _refuse(f"expected JSON, got something else ({error})"[:_QUOTED])


def decode_error(text: str) -> str:
    """What an error answer says: its `error` or `message` if it is a JSON object, else its text."""
    try:
        body = load(text.encode("utf-8", "replace"))
    except StemeDBError:
        body = None
    if isinstance(body, dict):
        words = [body[key] for key in ("error", "message") if isinstance(body.get(key), str)]
        text = words[0] if words else text
    printable = "".join(char if char.isprintable() else " " for char in text[: 10 * _QUOTED])
    return " ".join(printable.split())[:_QUOTED]


def decode_health(http_status: int, body: Any) -> Health:
    """`GET /v1/health`. An object without any word is for an answer without a body."""
    row = _object(body, "health answer")
    return Health(http_status, _text(row, ("status",), "health answer"))


def decode_status(body: Any) -> Status:
    """`GET /v1/cluster/status`."""
    where = "cluster status"
    row = _object(body, where)
    if not any(key in row for key in STATUS):
        _refuse(f"expected a {where} with {', '.join(STATUS)}, got {_show(body)}")
    nodes = row.get("nodes")
    return Status(
        name=_text(row, ("cluster_name",), where),
        word=_text(row, ("status",), where),
        node_count=_count(row, ("node_count",), where),
        shard_count=_count(row, ("shard_count",), where),
        replication_factor=_count(row, ("replication_factor",), where),
        meta_version=_count(row, ("meta_version",), where),
        nodes=None if nodes is None else decode_nodes(nodes),
    )


def decode_nodes(body: Any) -> tuple[Node, ...]:
    """A list of nodes, bare or under `nodes`."""
    nodes: dict[str, Node] = {}
    for index, item in enumerate(_list(body, NODE_LIST, "nodes")):
        where = f"node {index} of the list"
        row = _object(item, where)
        node_id = _text(row, NODE_ID, where, is_id=True)
        if node_id is None:
            _refuse(f"expected {_either(NODE_ID)} in {where}, got {_show(row)}")
        if node_id in nodes:
            _refuse(f"expected each node once, got {_show(node_id)} twice")
        state = _text(row, NODE_STATE, where)
        nodes[node_id] = Node(
            node_id=node_id,
            address=_text(row, NODE_ADDRESS, where),
            state=None if state is None else _STATES.get(state.lower(), state),
            incarnation=_count(row, ("incarnation",), where),
        )
    return tuple(nodes.values())


def decode_ranges(body: Any) -> tuple[Shard, ...]:
    """`GET /v1/admin/ranges`: all shards by their ids, bare or under `ranges` or `shards`."""
    shards: dict[int, Shard] = {}
    node_ids: dict[str, str] = {}
    for index, row in enumerate(_list(body, SHARD_LIST, "shards")):
        # The row's place is spelt out only once something is wrong: there may be 100,000 of them.
        if not isinstance(row, dict):
            _object(row, f"shard {index} of the list")
        shard_id = _shard_id(row, index)
        if shard_id is None:
            _refuse(f"expected {_either(SHARD_ID)} in shard {index} of the list, got {_show(row)}")
        if shard_id in shards:
            _refuse(f"expected each shard once, got shard {shard_id} twice")
        shards[shard_id] = _shard(row, shard_id, node_ids)
    # Sorted, so that gateways that say the same in another order are seen to say the same.
    return tuple([shards[shard_id] for shard_id in sorted(shards)])


def read_ranges(text: str) -> tuple[Shard, ...]:
    """`decode_ranges` of the JSON value in `text`, with a third of the memory.

    Rows are decoded while the JSON is read. `decode_ranges` explains what cannot be.
    """
    try:
        shards = _list(parse(text, _Rows().decoded), SHARD_LIST, "shards")
        ids = {shard.shard_id for shard in shards if isinstance(shard, Shard)}
        usual = len(ids) == len(shards)
    except StemeDBError:
        usual = False
    return tuple(sorted(shards)) if usual else decode_ranges(parse(text))


class _Rows:
    """Makes a shard of each row of the list at once, until one is no shard."""

    def __init__(self) -> None:
        self._node_ids: dict[str, str] = {}
        self._fit = True

    def decoded(self, row: dict[str, Any]) -> Any:
        """The shard; the row itself if it is none, or another object of the answer."""
        if not self._fit:
            return row
        try:
            return self._usual(row)
        except (KeyError, TypeError, ValueError):
            pass
        try:
            shard_id = _shard_id(row, 0)
            return row if shard_id is None else _shard(row, shard_id, self._node_ids)
        except StemeDBError:
            self._fit = False
            return row

    def _usual(self, row: dict[str, Any]) -> Shard:
        """What `_shard` makes of most rows, in half the time: the names are the usual ones, and
        earlier rows had all the nodes. Any other row is a KeyError, TypeError or ValueError."""
        node_ids, items, size = self._node_ids, row["replica_nodes"], row["size_bytes"]
        replica_nodes = tuple(map(node_ids.__getitem__, items))
        once = isinstance(items, list) and len(set(replica_nodes)) == len(replica_nodes)
        if not once or not _is_count(size) or "replicas" in row:
            raise ValueError
        leader = node_ids[row["leader_node"]]
        return Shard(parse_shard_id(row["shard_id"]), leader, replica_nodes, size)


def decode_shard(body: Any, shard_id: int) -> Shard:
    """`GET /v1/shards/:id`: one shard with its replicas. `shard_id` is the one asked for."""
    row = _object(body, f"shard {shard_id}")
    keys = (*SHARD_ID, *SHARD_LEADER, *SHARD_REPLICAS, *SIZE)
    if not any(key in row for key in keys):
        _refuse(f"expected shard {shard_id} with {', '.join(keys)}, got {_show(body)}")
    answered = _shard_id(row, 0)
    if answered not in (None, shard_id):
        _refuse(f"expected shard {shard_id}, got shard {answered}")
    replicas = _replicas(row, shard_id)
    return Shard(
        shard_id=shard_id,
        leader_node=_text(row, SHARD_LEADER, shard_id, is_id=True),
        replica_nodes=None if replicas is None else tuple([item.node_id for item in replicas]),
        size_bytes=_count(row, SIZE, shard_id),
        replicas=replicas,
    )


# --- fields ----------------------------------------------------------------------------------
# `where` is the name of an object, or the id of a shard, which is spelt out only in an error.


def _shard_id(row: dict[str, Any], index: int) -> int | None:
    name, value = pick(row, SHARD_ID)
    if value is None:
        return None
    try:
        return parse_shard_id(value)
    except ValueError:
        _refuse(
            f'expected a shard id such as 12, "12" or "shard_12" as {name} of shard {index} of'
            f" the list, got {_show(value)}"
        )


def _shard(row: dict[str, Any], shard_id: int, node_ids: dict[str, str]) -> Shard:
    """A row of the list. `node_ids` has the ids found so far: a few nodes hold all shards, so each
    is checked and kept once."""
    replica_nodes = _replica_nodes(row, shard_id, node_ids)
    leader = _text(row, SHARD_LEADER, shard_id, is_id=True)
    if leader is not None:
        leader = node_ids.setdefault(leader, leader)
    return Shard(shard_id, leader, replica_nodes, _count(row, SIZE, shard_id))


def _replica_nodes(
    row: dict[str, Any], shard_id: int, node_ids: dict[str, str]
) -> tuple[str, ...] | None:
    """The ids of the nodes alone."""
    items = pick(row, SHARD_REPLICAS)[1]
    if items is None:
        return None
    try:
        if isinstance(items, list) and len(set(items)) == len(items):
            return tuple(map(node_ids.__getitem__, items))
    except (KeyError, TypeError):
        pass  # a node that is new, or an object instead of an id
    found = [replica.node_id for replica in _replicas(row, shard_id) or ()]
    return tuple([node_ids.setdefault(node_id, node_id) for node_id in found])


def _replicas(row: dict[str, Any], shard_id: int) -> tuple[Replica, ...] | None:
    name, items = pick(row, SHARD_REPLICAS)
    if items is None:
        return None
    if not isinstance(items, list):
        _refuse(f"expected a list as {name} of shard {shard_id}, got {_show(items)}")
    replicas: dict[str, Replica] = {}
    for item in items:
        if isinstance(item, str) and item and item.isprintable() and not item.isspace():
            replica = Replica(item)
        else:
            replica = _replica(item, name, shard_id)
        if replica[0] in replicas:
            _refuse(
                f"expected each node once in {name} of shard {shard_id}, got"
                f" {_show(replica.node_id)} twice"
            )
        replicas[replica[0]] = replica
    return tuple(replicas.values())


def _replica(item: Any, name: str, shard_id: int) -> Replica:
    where = f"an element of {name} of shard {shard_id}"
    if not isinstance(item, dict):
        _refuse(f"expected a node id or an object as {where}, got {_show(item)}")
    node_id = _text(item, NODE_ID, where, is_id=True)
    if node_id is None:
        _refuse(f"expected {_either(NODE_ID)} in {where}, got {_show(item)}")
    role = _text(item, ("role",), where)
    return Replica(node_id, _ROLES.get((role or "").lower()), _count(item, SIZE, where))


def pick(row: dict[str, Any], names: tuple[str, ...]) -> tuple[str, Any]:
    """The first of the aliases that has a value, and that value."""
    for name in names:
        value = row.get(name)
        if value is not None:
            return name, value
    return names[0], None


def _text(
    row: dict[str, Any], names: tuple[str, ...], where: str | int, is_id: bool = False
) -> str | None:
    name, value = pick(row, names)
    if value is None:
        return None
    # Control characters would reach terminals and logs, lone surrogates break every output.
    if not isinstance(value, str) or not value.isprintable():
        _refuse(f"expected printable text as {name} of {_place(where)}, got {_show(value)}")
    if is_id and not value.strip():
        _refuse(f"expected an id as {name} of {_place(where)}, got an empty text")
    return value


def _count(row: dict[str, Any], names: tuple[str, ...], where: str | int) -> int | None:
    name, value = pick(row, names)
    if value is None:
        return None
    if not _is_count(value):
        _refuse(
            f"expected a whole number from 0 on as {name} of {_place(where)}, got {_show(value)}"
        )
    return value


def _is_count(value: object) -> TypeGuard[int]:
    # A bool is an int in Python and no number in JSON.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MAX


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(f"expected an object as {where}, got {_show(value)}")
    return value


def _list(body: Any, names: tuple[str, ...], what: str) -> list[Any]:
    items = pick(body, names)[1] if isinstance(body, dict) else body
    if not isinstance(items, list):
        got = f"{_show(items)} in {_show(body)}" if isinstance(body, dict) else _show(body)
        _refuse(f"expected a list of {what}, bare or under {_either(names)}, got {got}")
    return items


# --- words -----------------------------------------------------------------------------------


def _refuse(sentence: str) -> NoReturn:
    raise StemeDBError("protocol", sentence)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _place(where: str | int) -> str:
    return f"shard {where}" if isinstance(where, int) else str(where)


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _show(value: object) -> str:
    """`value` for a sentence: whole if short, else described. Never cut, so that a secret which a
    gateway echoes is there in whole for whoever has to mask it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value) if -_MAX <= value <= _MAX else "a number out of range"
    if isinstance(value, str):
        return f"the text {value!a}" if len(value) <= 60 else f"a text of {len(value)} characters"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    if isinstance(value, dict):
        names = [name for name in value if len(name) <= 30 and name.isprintable()][:8]
        return f"an object with {', '.join(names)}" if names else "an object without known keys"
    return f"a {type(value).__name__}"

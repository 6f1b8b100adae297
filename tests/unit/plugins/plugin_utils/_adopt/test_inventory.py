"""The inventory of a cluster that was adopted: all that is known, once, and no secret."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.stemedb.cluster.plugins.module_utils._host.secrets import HIDDEN
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.cluster import Site
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.inventory import (
    flags,
    hoisted,
    inventory,
    union,
)
from ansible_collections.stemedb.cluster.plugins.plugin_utils._adopt.yaml_text import Template
from ansible_collections.stemedb.cluster.tests.unit.support.adopting import (
    DEFAULTS,
    load,
)
from hypothesis import given
from hypothesis import strategies as st

SEEDS = ["a:18183", "b:18183"]
# Another order of defaults, and what has none.
ROLE = {name: value for name, value in DEFAULTS.items() if name != "address"}


def host(name: str, **changes: Any) -> dict[str, Any]:
    variables = {**ROLE, "id": f"id-{name}", **changes.pop("variables", {})}
    del variables["status_command"]
    return {
        "host": name,
        "node_id": f"id-{name}",
        "variables": variables,
        "connection": {},
        "remarks": [],
        "seeds": SEEDS,
        "findings": [],
        **changes,
    }


def site(*hosts: dict[str, Any], **changes: Any) -> Site:
    known = Site(
        hosts=hosts,
        expected=[one["host"] for one in hosts],
        cluster={"cluster": {"name": "prod"}},
        members=[],
        cluster_error="",
        said={"cluster_name": "", "gateway_url": ["http://a:18181"], "gateway": {}},
    )
    return known._replace(**changes)


def text(of: Site, has_api_key: bool = False) -> str:
    return inventory(of, ROLE, has_api_key)


def read(of: Site) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Variables of all, variables of the group, and the hosts with theirs."""
    whole = load(text(of))["all"]
    group = whole["children"]["stemedb"]
    return whole["vars"], group.get("vars", {}), group["children"]["stemedb_nodes"]["hosts"]


def test_a_cluster_as_the_role_makes_it_needs_little() -> None:
    of_all, of_group, hosts = read(site(host("a"), host("b")))
    assert of_all == {
        "stemedb_cluster_name": "prod",
        "stemedb_gateway_url": ["http://a:18181"],
        "stemedb_seed_nodes": SEEDS,
    }
    assert of_group == {}
    assert hosts == {"a": {"stemedb_node_id": "id-a"}, "b": {"stemedb_node_id": "id-b"}}


def test_how_it_looks() -> None:
    strange = {"node_id": "id-z", "address": "z:18182", "state": "Dead"}
    own = {"user": "db", "flags": ["--rack", "{{ r1 }}"], "environment": HIDDEN}
    of = site(
        host("a", variables={**own, "data_dir": "/srv/a"}, connection={"ansible_host": "10.0.0.4"}),
        host("b", variables=own, connection={"ansible_host": "10.0.0.5"}, remarks=["by hand"]),
        expected=["a", "b", "lost"],
        members=[strange],
    )
    assert (
        text(of, has_api_key=True).split("\n", 4)[4]
        == """all:
  vars:
    stemedb_cluster_name: prod
    stemedb_gateway_url:
      - "http://a:18181"
    # stemedb_api_key: keep it in a vault, or in the environment as STEMEDB_API_KEY
    stemedb_seed_nodes:
      - a:18183
      - b:18183
    # stemedb_lock_hosts: name three hosts or more that stay
    # a member without a host here: id-z at z:18182
  children:
    stemedb:
      vars:
        stemedb_node_user: db
        stemedb_node_flags:
          - "--rack"
          - !unsafe "{{ r1 }}"
        stemedb_node_environment: "{{ vault_stemedb_node_environment }}"
      children:
        stemedb_nodes:
          hosts:
            a:
              ansible_host: "10.0.0.4"
              stemedb_node_id: id-a
              stemedb_node_data_dir: /srv/a
            b:
              # by hand
              ansible_host: "10.0.0.5"
              stemedb_node_id: id-b
            # lost is left out: which node it is is not known
        stemedb_new_nodes:
          # hosts to add; they need stemedb_node_artifact, unless the binary is there already
          hosts: {}
"""
    )


def test_three_members_keep_the_lock_and_the_operators_choice_wins() -> None:
    of_all, _group, _hosts = read(site(*map(host, ("d", "b", "a", "c"))))
    assert of_all["stemedb_lock_hosts"] == ["a", "b", "c"]
    assert "# stemedb_lock_hosts: name three hosts or more that stay\n" in text(site(host("a")))
    of = site(host("a"), host("b"))
    chosen = of._replace(said={**of.said, "lock_hosts": ["b", "w"]})
    assert read(chosen)[0]["stemedb_lock_hosts"] == ["b", "w"]
    assert "# w is no host of this inventory: load the one it is in\n" in text(chosen)
    # The second run reads what the first has written.
    of = site(*map(host, "abcd"))
    again = of._replace(said={**of.said, "lock_hosts": ["a", "b", "c"]})
    assert text(again) == text(of)


def test_a_second_run_writes_the_same() -> None:
    hosts = [host("a", variables={"user": "x", "flags": ["--b", "--a"]}), host("b")]
    shuffled = [dict(one, variables=dict(reversed(one["variables"].items()))) for one in hosts]
    expected = ["a", "b"]
    assert text(site(*hosts, expected=expected)) == text(site(*shuffled[::-1], expected=expected))


def test_seeds_of_a_host_that_differ_stay_its_own() -> None:
    of = site(
        host("a"), host("b"), host("c", seeds=["b:18183", "a:18183"]), host("d", seeds=["e:1"])
    )
    of_all, _group, hosts = read(of)
    assert of_all["stemedb_seed_nodes"] == [*SEEDS, "e:1"]
    assert hosts["a"]["stemedb_seed_nodes"] == SEEDS
    assert hosts["c"]["stemedb_seed_nodes"] == ["b:18183", "a:18183"]
    assert hosts["d"]["stemedb_seed_nodes"] == ["e:1"]
    hosts = read(site(host("a"), host("b", seeds=[]), host("c", seeds=None)))[2]
    assert hosts["b"]["stemedb_seed_nodes"] == []
    assert "stemedb_seed_nodes" not in hosts["a"].keys() | hosts["c"].keys()


def test_a_name_that_is_not_known_is_not_made_up() -> None:
    of = site(host("a"), cluster={"cluster": {"name": None}})
    assert "stemedb_cluster_name" not in read(of)[0]
    assert "# the gateway does not say its cluster's name: stemedb_cluster_name" in text(of)


def test_how_gateways_are_reached_is_kept() -> None:
    reached = {"stemedb_ca_path": "/etc/ca.pem", "stemedb_endpoints": {"drain": "/x/{node}"}}
    said = {"cluster_name": "", "gateway_url": ["https://a:1"], "gateway": reached}
    of_all = read(site(host("a"), said=said))[0]
    assert of_all["stemedb_ca_path"] == "/etc/ca.pem"
    assert of_all["stemedb_endpoints"] == {"drain": "/x/{node}"}


def test_a_control_host_that_is_not_in_it_is_said() -> None:
    said = {"cluster_name": "", "gateway_url": [], "gateway": {"stemedb_control_host": "bastion"}}
    of = site(host("a"), said=said)
    assert read(of)[0]["stemedb_control_host"] == "bastion"
    assert "# bastion is no host of this inventory: load the one that it is in" in text(of)
    said["gateway"] = {"stemedb_control_host": "a"}
    assert "is no host" not in text(of._replace(said=said))


def test_commands_of_the_operator_are_templates_and_a_hosts_words_are_not() -> None:
    commands = {"start_command": "up -- {{ stemedb_node_command_line }}"}
    evil = "{{ lookup('pipe', 'id') }}"
    own = {**commands, "binary": evil, "user": evil, "flags": [evil], "data_dir": f"/{evil}"}
    shown = text(site(host("a", variables=own, seeds=[evil]), host("b")))
    assert 'stemedb_node_start_command: "up -- {{ stemedb_node_command_line }}"' in shown
    unsafe = [line for line in shown.splitlines() if "lookup" in line]
    assert len(unsafe) == 6
    assert [line for line in unsafe if "!unsafe " not in line] == []


def test_a_connection_with_a_secret_is_not_copied() -> None:
    reach = {
        "ansible_become": True,
        "ansible_ssh_common_args": "-o ProxyCommand='sshpass --password hunter2 ssh x'",
    }
    of = site(host("a", connection=reach), host("b", connection=reach))
    assert "hunter2" not in text(of)
    assert "# ansible_ssh_common_args holds a secret and was not copied" in text(of)
    assert read(of)[1] == {"ansible_become": True}


def test_an_inventory_of_nobody_is_one() -> None:
    of = site(expected=["a"])
    assert read(of) == (
        {
            "stemedb_cluster_name": "prod",
            "stemedb_gateway_url": ["http://a:18181"],
            "stemedb_seed_nodes": [],
        },
        {},
        None,
    )


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["--a", "x"], ["--a", "x"]),
        (
            ["--api-key", HIDDEN, "--b"],
            ["--api-key", Template("{{ vault_stemedb_node_flags['--api-key'] }}"), "--b"],
        ),
        (
            [f"--api-key={HIDDEN}"],
            [Template("--api-key={{ vault_stemedb_node_flags['--api-key'] }}")],
        ),
        (
            ["--db", f"postgres://{HIDDEN}@db"],
            ["--db", Template("{{ vault_stemedb_node_flags['--db'] }}")],
        ),
        ([f"x{HIDDEN}"], [Template("{{ vault_stemedb_node_flags['word 1'] }}")]),
        ([f"--'{HIDDEN}'=x"], [Template("{{ vault_stemedb_node_flags['word 1'] }}")]),
    ],
)
def test_secrets_of_a_command_line_come_from_a_vault(words: list[str], written: list[Any]) -> None:
    assert flags(words) == written


def test_the_seeds_of_most_come_first() -> None:
    assert union([["c"], ["a", "b"], ["a", "b"]]) == ["a", "b", "c"]
    assert union([["b"], ["a"]]) == ["a", "b"]
    assert union([["a"], ["a", "b"]]) == ["a", "b"]
    assert union([]) == []


VALUES: st.SearchStrategy[Any] = st.sampled_from(["/a", "/b", ["x"], [], 1, True, {}, None])
HOSTS = st.dictionaries(
    st.sampled_from("abcd"),
    st.dictionaries(st.sampled_from(["user", "data_dir", "other"]), VALUES),
    max_size=4,
)


@given(HOSTS, st.dictionaries(st.sampled_from(["user", "data_dir"]), VALUES))
def test_what_is_shared_loses_nothing_and_adds_nothing(
    hosts: dict[str, dict[str, Any]], defaults: dict[str, Any]
) -> None:
    shared, own = hoisted(hosts, defaults)
    for name, variables in hosts.items():
        reached = {**defaults, **shared, **own[name]}
        # As text, to which 1 and true are not the same.
        assert repr({key: reached[key] for key in variables}) == repr(variables)
        # What is not known of a host does not come to it from the others.
        assert set(shared) <= set(variables)
    for key, value in shared.items():
        holders = [name for name in hosts if repr(hosts[name][key]) == repr(value)]
        assert 2 * len(holders) > len(hosts)
        assert all(key not in own[name] for name in holders)
        assert key not in defaults or repr(defaults[key]) != repr(value)

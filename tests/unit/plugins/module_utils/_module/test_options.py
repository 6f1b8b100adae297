"""The options of everything that asks a gateway: what users may write, and what it becomes."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.stemedb.cluster.plugins.doc_fragments import gateway as gateway_fragment
from ansible_collections.stemedb.cluster.plugins.doc_fragments import (
    observers as observers_fragment,
)
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.client import GatewayOptions
from ansible_collections.stemedb.cluster.plugins.module_utils._module.options import (
    gateway_options,
    gateway_spec,
    gateway_urls,
    observers_spec,
    shard_ids,
    wait_seconds,
)

VARIABLES = {
    "STEMEDB_GATEWAY_URL": "http://a:1, http://b:2",
    "STEMEDB_API_KEY": "key-of-the-environment",
    "STEMEDB_CA_PATH": "/etc/ca.pem",
    "STEMEDB_CLIENT_CERT": "/etc/cert.pem",
    "STEMEDB_CLIENT_KEY": "/etc/key.pem",
    "STEMEDB_TIMEOUT": "2.5",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def params(**given: Any) -> dict[str, Any]:
    """The options as a module has them."""
    result = ArgumentSpecValidator({**gateway_spec(), **observers_spec()}).validate(given)
    assert result.error_messages == []
    return dict(result.validated_parameters)


@pytest.mark.parametrize(
    "given",
    [
        "http://a:1,http://b:2",
        " http://a:1 , http://b:2/ ",
        ["http://a:1", "http://b:2"],
        ["http://a:1", "http://b:2", "http://a:1/"],
    ],
)
def test_gateways_as_a_list_or_with_commas(given: Any) -> None:
    assert gateway_urls(params(gateway_url=given)) == ("http://a:1", "http://b:2")


def test_what_is_not_given() -> None:
    found = params()
    assert gateway_urls(found) == ("http://gateway:18181",)
    assert gateway_options(found) == GatewayOptions()


def test_what_the_environment_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    found = params()
    assert gateway_urls(found) == ("http://a:1", "http://b:2")
    assert gateway_options(found) == GatewayOptions(
        api_key="key-of-the-environment",
        ca_path="/etc/ca.pem",
        client_cert="/etc/cert.pem",
        client_key="/etc/key.pem",
        timeout=2.5,
    )


def test_an_option_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    found = params(gateway_url="http://c:3", api_key="key-of-the-option", timeout="1")
    assert gateway_urls(found) == ("http://c:3",)
    assert gateway_options(found).api_key == "key-of-the-option"
    assert gateway_options(found).timeout == 1.0


def test_every_option_arrives() -> None:
    found = params(
        api_key="",
        validate_certs="no",
        retries="4",
        timeout="0.5",
        endpoints={"nodes": "/v2/nodes"},
        max_body_mib="2",
    )
    assert gateway_options(found) == GatewayOptions(
        validate_certs=False,
        retries=4,
        timeout=0.5,
        endpoints={"nodes": "/v2/nodes"},
        max_body=2 * 2**20,
    )


def test_who_has_another_timeout_names_that_of_a_call() -> None:
    found = {**params(timeout=300), "call_timeout": 3.0}
    assert gateway_options(found, "call_timeout").timeout == 3.0


def test_the_key_is_never_shown() -> None:
    assert gateway_spec()["api_key"]["no_log"] is True
    assert "key-of-a-test" not in repr(gateway_options(params(api_key="key-of-a-test")))


@pytest.mark.parametrize("given", [["12", 12, "shard_12"], [12, 12, 12]])
def test_shards_in_any_spelling(given: list[Any]) -> None:
    assert shard_ids(given) == (12, 12, 12)


@pytest.mark.parametrize("given", ["x", "-1", "shard_", "1.5", "", None])
def test_what_is_no_shard_is_refused(given: Any) -> None:
    with pytest.raises(StemeDBError) as caught:
        shard_ids(["0", given])
    assert caught.value.code == "config"
    assert "no shard id" in caught.value.message


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (None, 300.0),
        (5, 5.0),
        ("5.5", 5.5),
        ("soon", None),
        ([], None),
        ("inf", None),
        (float("inf"), None),
        ("nan", None),
        (0, None),
        (-500, None),
    ],
)
def test_the_timeout_of_a_wait(given: Any, seconds: float | None) -> None:
    assert wait_seconds({"timeout": given}) == seconds


@pytest.mark.parametrize(
    ("stages", "seconds"),
    [
        ([{"timeout": 60}, {"timeout": "30"}], 90.0),
        ([{"timeout": 60}, {}], 65.0),
        ([{"timeout": 60}, {"timeout": "soon"}], None),
        ([{"timeout": "inf"}], None),
        ("no list", None),
        ([], 5.0),
    ],
)
def test_the_timeout_of_a_wait_in_stages(stages: Any, seconds: float | None) -> None:
    assert wait_seconds({"timeout": 5, "stages": stages}) == seconds


# --- documentation -------------------------------------------------------------------------------


def documented(*texts: str) -> dict[str, dict[str, Any]]:
    return {
        name: option for text in texts for name, option in yaml.safe_load(text)["options"].items()
    }


def comparable(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: spec.get(key) for key in ("type", "elements", "default", "choices", "required")}


def test_the_fragments_say_what_the_options_are() -> None:
    fragment = gateway_fragment.ModuleDocFragment
    spec = {**gateway_spec(), **observers_spec()}
    told = documented(
        fragment.DOCUMENTATION,
        fragment.TIMEOUT,
        observers_fragment.ModuleDocFragment.DOCUMENTATION,
    )
    assert {name: comparable(option) for name, option in told.items()} == {
        name: comparable(option) for name, option in spec.items()
    }


def test_modules_and_plugins_take_the_same_variables_of_the_environment() -> None:
    plugin = documented(gateway_fragment.ModuleDocFragment.PLUGIN)
    of_plugins = {name: [env["name"] for env in option["env"]] for name, option in plugin.items()}
    of_modules = {
        name: option["fallback"][1]
        for name, option in gateway_spec().items()
        if "fallback" in option
    }
    assert of_plugins == of_modules
    assert sorted(name for names in of_modules.values() for name in names) == sorted(VARIABLES)


def test_each_variable_of_the_environment_is_named_where_modules_are_documented() -> None:
    fragment = gateway_fragment.ModuleDocFragment
    told = documented(fragment.DOCUMENTATION, fragment.TIMEOUT)
    for name, option in gateway_spec().items():
        for variable in option.get("fallback", (None, []))[1]:
            assert f"E({variable})" in " ".join(told[name]["description"])

"""stemedb.cluster.bootstrap, stemedb.cluster.add_node and stemedb.cluster.health over TLS with a
private CA, client certificates and an API key: every setting of a gateway reaches every call."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.devcluster.cluster import DevCluster
from tests.integration.conftest import Ansible
from tests.integration.inventories import SECRET, Host, Site, changes
from tests.support.certificates import (
    Authority,
    make_authority,
    make_certificate,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tls"
    made.mkdir()
    return made


def test_a_cluster_behind_tls_is_started_and_grown(
    tmp_path: Path, folder: Path, ansible: Ansible
) -> None:
    authority = make_authority(folder)
    certificate, key = make_certificate(folder, authority, "operator.example")
    context = ssl.create_default_context(cafile=str(authority.path))
    context.load_cert_chain(certificate, key)
    with DevCluster(
        tmp_path / "cluster", api_key=SECRET, time_scale=0.02, ssl_context=context
    ) as cluster:
        site = Site(cluster, tmp_path / "hosts")
        hosts = [_host(site, f"node-0{place}", folder, authority) for place in range(1, 5)]
        gateways = [f"https://{host.address}:18181" for host in hosts[:2]]
        site.settings.update(
            stemedb_gateway_url=gateways,
            stemedb_seed_nodes=[f"{host.address}:18183" for host in hosts[:2]],
            stemedb_validate_certs=True,
            stemedb_ca_path=str(authority.path),
            stemedb_client_cert=str(certificate),
            stemedb_client_key=str(key),
            stemedb_endpoints={"health": "/v1/health"},
            stemedb_observers="all",
            stemedb_gateway_service="stemedb-gateway",
            stemedb_bootstrap_expect_shards=True,
            stemedb_add_node_replication_timeout=60,
            stemedb_add_node_log_window=600,
            stemedb_preflight_timeout=5,
        )
        groups = {"stemedb_nodes": hosts[:3], "stemedb_new_nodes": hosts[3:]}
        try:
            assert site.play(ansible, "bootstrap", groups=groups).rc == 0
            run = site.add(ansible, groups=groups)
            assert run.rc == 0, run
            assert changes(run)
            assert site.play(ansible, "health", groups=groups).rc == 0
            # Without the client's certificate nobody is let in, and the sentence says so.
            refused = site.play(ansible, "health", groups=groups, stemedb_client_cert="")
            assert refused.rc == 2
        finally:
            site.close()


def _host(site: Site, name: str, folder: Path, authority: Authority) -> Host:
    host = site.host(name)
    certificate, key = make_certificate(folder, authority, host.address)
    host.variables["stemedb_node_environment"].update(
        STEMEDB_DEV_TLS_CERT=str(certificate),
        STEMEDB_DEV_TLS_KEY=str(key),
        STEMEDB_DEV_TLS_CLIENT_CA=str(authority.path),
    )
    return host

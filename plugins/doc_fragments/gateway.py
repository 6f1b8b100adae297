# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the gateway is reached: the options of everything that asks one."""

from __future__ import annotations


class ModuleDocFragment:
    """`gateway` for modules and plugins, and what only some of them have."""

    DOCUMENTATION = r"""
requirements:
  - requests >= 2.25.1 on the host that asks (C(stemedb_control_host))
options:
  gateway_url:
    description:
      - The gateways, each with C(http://) or C(https://). A comma-separated string is accepted too.
      - Modules that only show something ask the first gateway that answers. Modules that decide
        something ask all of them.
      - Proxy variables, C(~/.netrc) and C(REQUESTS_CA_BUNDLE) are ignored, and no redirect is
        followed.
      - The environment variable E(STEMEDB_GATEWAY_URL) is used if this is not set.
    type: list
    elements: str
    default: [http://gateway:18181]
  api_key:
    description:
      - Sent as C(X-API-Key), to these gateways only.
      - The environment variable E(STEMEDB_API_KEY) is used if this is not set.
    type: str
  validate_certs:
    description:
      - Whether the certificate of an C(https) gateway must be trusted and match its host name.
    type: bool
    default: true
  ca_path:
    description:
      - A file of CA certificates to trust instead of the system's.
      - The environment variable E(STEMEDB_CA_PATH) is used if this is not set.
    type: path
  client_cert:
    description:
      - A client certificate in PEM format, with its key unless O(client_key) is given.
      - The environment variable E(STEMEDB_CLIENT_CERT) is used if this is not set.
    type: path
  client_key:
    description:
      - The key of O(client_cert) in PEM format.
      - The environment variable E(STEMEDB_CLIENT_KEY) is used if this is not set.
    type: path
  retries:
    description:
      - How often a GET is sent again after a transport failure or one of the HTTP statuses 429,
        502, 503 and 504. C(Retry-After) is respected within the time limit.
    type: int
    default: 2
  endpoints:
    description:
      - Other paths of your gateway, by the keys C(health), C(status), C(nodes), C(ranges),
        C(shard), C(sync), C(drain), C(remove), C(elect_leader), C(rebalance).
      - C({node}) and C({shard}) are replaced by the ID of a node and of a shard.
    type: dict
    default: {}
  max_body_mib:
    description: The size limit of an answer, in MiB.
    type: int
    default: 64
"""

    TIMEOUT = r"""
options:
  timeout:
    description:
      - Maximum time for one call in total, in seconds - name lookup, connection, headers, body and
        retries.
      - The environment variable E(STEMEDB_TIMEOUT) is used if this is not set.
    type: float
    default: 10
"""

    CLUSTER_NAME = r"""
options:
  cluster_name:
    description:
      - The name of the cluster that is meant. It is a failure with the code V(config) if a gateway
        belongs to another one. A gateway that does not say the name of its cluster passes.
      - The variable C(stemedb_cluster_name) of the inventory is used if this is not set. An empty
        text means any cluster.
    type: str
"""

    PLUGIN = r"""
options:
  gateway_url:
    env:
      - name: STEMEDB_GATEWAY_URL
    vars:
      - name: stemedb_gateway_url
  api_key:
    env:
      - name: STEMEDB_API_KEY
    vars:
      - name: stemedb_api_key
  ca_path:
    env:
      - name: STEMEDB_CA_PATH
  client_cert:
    env:
      - name: STEMEDB_CLIENT_CERT
  client_key:
    env:
      - name: STEMEDB_CLIENT_KEY
  timeout:
    env:
      - name: STEMEDB_TIMEOUT
"""

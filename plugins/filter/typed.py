# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter typed. It is documented in the .yml of its name."""

from __future__ import annotations

from typing import Any, Callable

from ansible.errors import AnsibleFilterError


def typed(value: Any, type: str) -> Any:
    from ansible_collections.stemedb.cluster.plugins.plugin_utils import _typed

    try:
        return _typed.read(value, type)
    except ValueError as error:
        raise AnsibleFilterError(f"stemedb.cluster.typed: wanted is {error}.") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"typed": typed}

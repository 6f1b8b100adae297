# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of filters: a value in, a value or `AnsibleFilterError` out.

Private to stemedb.cluster. On the controller only. The first filter that a worker uses makes
Ansible compile every file in `plugins/filter`, and every task has a worker of its own. That is why
a filter imports what decides inside its function.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, Callable, TypeVar, cast

from ansible.errors import AnsibleFilterError
from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError

Item = Mapping[str, Any]
Items = Sequence[Item]
Hosts = Mapping[str, Item]
Filter = TypeVar("Filter", bound=Callable[..., Any])
Result = TypeVar("Result")


def checked(function: Filter) -> Filter:
    """Turn an error about the input into a sentence that names the filter."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        who = f"stemedb.cluster.{function.__name__}"
        try:
            return function(*args, **kwargs)
        except StemeDBError as error:
            # Not "from error": Ansible would say its sentence once more.
            raise AnsibleFilterError(f"{who}: {error.message}") from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise AnsibleFilterError(
                f"{who}: the input is not of the documented form ({error!r})."
            ) from error

    return cast(Filter, call)


def part_of(who: str, parts: Mapping[str, Callable[[], Result]], part: str) -> Result:
    """Make one part of a report, and refuse a part that the report does not have.

    :param who: the name of the filter.
    """
    if part not in parts:
        raise AnsibleFilterError(f"stemedb.cluster.{who} knows {', '.join(parts)}, not {part!r}.")
    return parts[part]()


def item_of(result: Item) -> str:
    """The item of a loop, from its result in what was registered."""
    return str(result[result.get("ansible_loop_var", "item")])

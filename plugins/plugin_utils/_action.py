# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of the modules: whom they ask, and what becomes of a host that is lost.

Private to stemedb.cluster, on the controller only. Without an action of this collection Ansible
runs neither `rescue` nor `always` for a host that cannot be reached any more.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc
from ansible.utils.display import Display
from ansible_collections.stemedb.cluster.plugins.plugin_utils import _screen
from ansible_collections.stemedb.cluster.plugins.plugin_utils._typed import read, refusal

# Options of the modules that ask a gateway: the variable of the inventory that is their default,
# and what that is read as, since it may be text there.
_VARIABLES = {
    "gateway_url": ("stemedb_gateway_url", "list"),
    "api_key": ("stemedb_api_key", "raw"),
    "validate_certs": ("stemedb_validate_certs", "raw"),
    "ca_path": ("stemedb_ca_path", "raw"),
    "client_cert": ("stemedb_client_cert", "raw"),
    "client_key": ("stemedb_client_key", "raw"),
    "endpoints": ("stemedb_endpoints", "dict"),
}
# The same for a module that must not decide by another cluster than the one that is meant.
CLUSTER_NAME = {"cluster_name": ("stemedb_cluster_name", "raw")}
# Callbacks whose standard output people read.
_FOR_PEOPLE = ("default", "ansible.builtin.default", "stemedb.cluster.operation")
_MEMBERS = frozenset({"stemedb_nodes", "stemedb_new_nodes"})


_display = Display()


# Between two lines of a wait where none can be overwritten.
_EVERY = 60.0
_COLOURS = {
    "ok": constants.COLOR_OK,
    "changed": constants.COLOR_CHANGED,
    "warning": constants.COLOR_WARN,
    "error": constants.COLOR_ERROR,
}
_STATES = {
    "Alive": constants.COLOR_OK,
    "Suspect": constants.COLOR_WARN,
    "Dead": constants.COLOR_ERROR,
}


def say(lines: Iterable[str], short: Iterable[str] | None = None) -> None:
    """Print lines for people.

    What a machine reads from standard output stays what its callback makes of it.

    :param short: instead of the lines, where the callback `operation` shows the steps itself. That
        one does not show the same plan twice.
    """
    screen = _screen.current()
    if screen is None:
        elsewhere = constants.DEFAULT_STDOUT_CALLBACK not in _FOR_PEOPLE
        for line in lines:
            _display.display(line, stderr=elsewhere)
        return
    lines = list(lines)
    if _screen.was_last(lines):
        return
    for line in lines if short is None else short:
        look = _screen.look(line)
        for part in _screen.fitted(line, screen.columns):
            show(part, _COLOURS.get(look))


def show(text: str, colour: str | None) -> None:
    """Print one line that fits and is clean, in place of the line that may be overwritten."""
    screen = _screen.current()
    if screen is None or not screen.terminal:
        _display.display(text, color=colour)
        return
    painted = text if colour else _screen.with_states(text, lambda s: stringc(s, _STATES[s]))
    _display.display(f"{_screen.ERASE}{painted}", color=colour, screen_only=True)
    _display.display(text, log_only=True)


def say_now(line: str) -> None:
    """Show a line that the next output overwrites, where that can be."""
    screen = _screen.current()
    if screen is not None and screen.terminal:
        text = _screen.overwritten(line, screen.columns)
        _display.display(text, screen_only=True, newline=False)


class Progress:
    """Shows how far a wait is."""

    def __init__(self) -> None:
        self._told_at = time.monotonic()

    def tell(self, line: str) -> None:
        """Show a line: the callback `operation` overwrites it, or shows one a minute."""
        screen = _screen.current()
        if screen is None:
            _display.display(line, stderr=True)
        elif screen.terminal:
            say_now(line)
        elif time.monotonic() - self._told_at >= _EVERY:
            self._told_at = time.monotonic()
            say([line])


class HostAction(ActionBase):  # type: ignore[misc]  # ansible has no types
    """All of a module that runs on a node."""

    _supports_check_mode = True
    _supports_async = True
    # Whether a host that is lost is data to a task that passes over lost hosts and whose errors are
    # not fatal to others. To a hook of the user it is none: there both are set, and it fails.
    lost_is_data: ClassVar[bool] = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result; of a host that is lost and data, `lost` and why."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        wrap = bool(self._task.async_val) and not self._connection.has_native_async
        try:
            with lost_is_failed(self, task_vars):
                result |= self._execute_module(task_vars=task_vars, wrap_async=wrap)
        except AnsibleConnectionFailure as error:
            if not self.lost_is_data or self._task.any_errors_fatal:
                raise
            # Ansible would print the results of all hosts of the loop with it.
            return result | {"changed": False, "lost": True, "msg": str(error)}
        return printed_once(self, result)


class GatewayAction(HostAction):
    """All of a module that asks the cluster's gateways."""

    # Options that the module has besides, as `_VARIABLES`.
    more_variables: ClassVar[Mapping[str, tuple[str, str]]] = {}

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The module's own result."""
        ask_as_the_inventory_says(self, task_vars, self.more_variables)
        return dict(super().run(tmp, task_vars))


class NamedClusterAction(GatewayAction):
    """All of a module that refuses the gateways of another cluster."""

    more_variables = CLUSTER_NAME


class PrintedOnceError(AnsibleActionFail):  # type: ignore[misc]  # ansible has no types
    """A failure that the default callback prints as one line, with its message once.

    Of any other failure it prints the message, then an excerpt of the file with the task, then the
    message again.
    """

    @property
    def omit_exception_key(self) -> bool:
        """Leaves out what the first two of these are printed from."""
        return True


def printed_once(
    action: ActionBase, result: dict[str, Any], evidence: Iterable[str] = ()
) -> dict[str, Any]:
    """The result, if it is no failure that a module reports as such.

    :param evidence: keys of long values. They go into `evidence` in `invocation`, which Ansible
        prints only with -vvv.
    :raises PrintedOnceError: it is one. Where the task itself decides what a failure is, or tries
        again, the result is returned as it is, because an exception would end that.
    """
    task = action._task
    told = result.get("failed") and "failure" in result
    if not told or task.failed_when or task.until or task.retries:
        return result
    long = {key: result[key] for key in evidence if key in result}
    short = {key: value for key, value in result.items() if key not in long}
    if long:
        short["invocation"] = {**(result.get("invocation") or {}), "evidence": long}
    # An exception has no place for warnings, and is not asked whether it is a change.
    if task.changed_when or result.get("warnings"):
        return short
    own = ("failed", "msg", "exception")
    rest = {key: value for key, value in short.items() if key not in own}
    raise PrintedOnceError(result["msg"], result=rest)


@contextmanager
def lost_is_failed(action: ActionBase, task_vars: dict[str, Any] | None) -> Iterator[None]:
    """Fails the task where its host is unreachable, unless the task ignores just that."""
    try:
        yield
    except AnsibleConnectionFailure as error:
        if action._task.ignore_unreachable:
            raise
        host = action._task.delegate_to or (task_vars or {}).get("inventory_hostname", "The host")
        raise PrintedOnceError(
            f"{host} could not be reached: {error} Once it can be reached, run the same again."
        ) from None


def ask_as_the_inventory_says(
    action: ActionBase,
    task_vars: dict[str, Any] | None,
    more: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    """Take what no option of the task says from the variables of the inventory.

    :param more: further options that the module has, as `_VARIABLES`.
    :raises AnsibleActionFail: a member of the cluster would ask, and was not told to; or a variable
        cannot be read.
    """
    known = task_vars or {}
    if not known:
        return
    host = known.get("inventory_hostname")
    asks_from = action._templar.template(known.get("stemedb_control_host", "localhost"))
    if (
        not action._task.delegate_to
        and host != asks_from
        and _MEMBERS.intersection(known.get("group_names", ()))
    ):
        raise AnsibleActionFail(
            f"{action._task.action} would ask the gateways from {host}, which is a node of the "
            f"cluster. The cluster is asked from {asks_from} (stemedb_control_host): run it on "
            f"{asks_from}, or delegate the task to it."
        )
    for option, (variable, kind) in {**_VARIABLES, **(more or {})}.items():
        if option not in action._task.args and variable in known:
            value = read_variable(action, known[variable], variable, kind)
            if value not in (None, "", {}, []):
                action._task.args[option] = value


def read_variable(action: ActionBase, value: Any, name: str, kind: str) -> Any:
    """A variable, which may be text, as its type.

    :raises AnsibleActionFail: it cannot be read as that.
    """
    found = action._templar.template(value)
    if found in (None, ""):
        return found
    refused = refusal(name, found, {"type": kind})
    if refused is not None:
        raise AnsibleActionFail(f"Nothing was asked: {refused}.")
    return read(found, kind)


def variables_of(
    action: ActionBase, host: str, names: Iterable[str], known: Mapping[str, Any]
) -> dict[str, Any]:
    """These variables of a host, as far as it has them; no other is read, for it may have no value.

    :param known: the variables of the task.
    :raises AnsibleError: one of them has no value.
    """
    return values_of(action, known["hostvars"].raw_get(host), names)


def values_of(action: ActionBase, told: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """These of the variables of one host, which Ansible puts together anew each time they are got.

    :raises AnsibleError: one of them has no value.
    """
    wanted = {name: told[name] for name in names if name in told}
    # Most have no template, and there may be many hosts.
    if not any("{" in str(value) for value in wanted.values()):
        return wanted
    templar = action._templar.copy_with_new_env(available_variables=told)
    return {name: templar.template(value) for name, value in wanted.items()}

"""The local connection, and a line in the file named by COUNTED_FILE for each use of it."""

from __future__ import annotations

import os
from typing import Any

from ansible.plugins.connection.local import Connection as Local

# In full, not taken from the local connection's: Ansible reads it without running the file.
DOCUMENTATION = """
name: counted
short_description: The local connection that counts how often it is used
description: [For tests only.]
author: stemedb.cluster contributors
extends_documentation_fragment: [connection_pipelining]
"""


class Connection(Local):
    """For tests of how often something connects."""

    transport = "counted"

    def _told(self, what: str) -> None:
        with open(os.environ["COUNTED_FILE"], "a", encoding="utf-8") as file:
            file.write(f"{what}\n")

    def _connect(self) -> Any:
        if not self._connected:
            self._told("connect")
        return super()._connect()

    def exec_command(self, *args: Any, **kwargs: Any) -> Any:
        self._told("command")
        return super().exec_command(*args, **kwargs)

    def put_file(self, *args: Any, **kwargs: Any) -> Any:
        self._told("file")
        return super().put_file(*args, **kwargs)

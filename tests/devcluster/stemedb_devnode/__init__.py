"""A development stand-in for stemedb-node. It stores no data and is not StemeDB."""

VERSION = "0.0.0-dev"
TITLE = f"stemedb-node {VERSION} (development stand-in for tests of stemedb.cluster; not StemeDB)"


class NodeError(Exception):
    """A reason not to start, in one sentence for the person who started it."""

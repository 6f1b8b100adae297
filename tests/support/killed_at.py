"""Run a command and kill it once it prints a text: killed_at TEXT COMMAND [ARGUMENT ...].

As when the controller of a procedure dies. Its output is printed; exit status 1 if it ended before.
"""

from __future__ import annotations

import subprocess
import sys

from tests.support import process_tree


def main() -> int:
    text, *command = sys.argv[1:]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    ) as running:
        assert running.stdout is not None
        for line in running.stdout:
            print(line, end="")
            if text in line:
                process_tree.kill(running.pid)
                return 0
    print(f"It ended by itself, and never printed: {text}")
    return 1


if __name__ == "__main__":
    sys.exit(main())

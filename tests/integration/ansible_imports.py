"""What each run of Ansible imports and its settings do not change: for `forks.server`."""

from __future__ import annotations

# What Ansible imports before it has read its configuration, and what it has from elsewhere.
IMPORTED = (
    "ansible._internal._ssh._ssh_agent",
    "ansible._internal._templating._access",
    "ansible._internal._templating._errors",
    "ansible.executor.powershell",
    "ansible.module_utils.common.sys_info",
    "ansible.module_utils.common.yaml",
    "ansible.module_utils.compat.version",
    "ansible.parsing.splitter",
    "ansible.utils.collection_loader",
    "ansible.vars.hostvars",
    "concurrent.futures.thread",
    "configparser",
    "cryptography.hazmat.backends.openssl.backend",
    "cryptography.hazmat.primitives.hmac",
    "cryptography.hazmat.primitives.kdf.pbkdf2",
    "cryptography.hazmat.primitives.padding",
    "ctypes.util",
    "curses",
    "decimal",
    "difflib",
    "getpass",
    "jinja2.nativetypes",
    "jinja2.sandbox",
    "multiprocessing.managers",
    "multiprocessing.queues",
    "packaging.requirements",
    "requests",
    "resolvelib",
    "syslog",
    "tarfile",
    "uuid",
    "xml.etree.ElementTree",
)

"""Sphinx, for the site that scripts/docs.py makes. Nothing is fetched: Ansible's own pages are
linked by their names, without its inventory of them."""

from __future__ import annotations

from typing import Any

from docutils import nodes  # type: ignore[import-untyped]

project = "stemedb.cluster"
copyright = "stemedb.cluster contributors"
html_title = html_short_title = "stemedb.cluster"
extensions = ["sphinx_antsibull_ext"]
pygments_style = "ansible"
highlight_language = "YAML+Jinja"
html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_use_modindex = False
html_use_index = False
html_copy_source = False
default_role = "any"
nitpicky = True

ANSIBLE = "https://docs.ansible.com/projects/ansible/latest"
BUILTIN = "ansible_collections.ansible.builtin."
PAGES = {
    "ansible_configuration_settings": "reference_appendices/config.html",
    "action_plugins": "plugins/action.html#action-plugins",
    "callback_plugins": "plugins/callback.html#callback-plugins",
    "common_return_values": "reference_appendices/common_return_values.html#common-return-values",
}


def ansible_page(target: str, kind: str) -> str | None:
    """Where Ansible's documentation has a label or an environment variable, if it is one of its."""
    if kind == "envvar" and target.startswith("ANSIBLE_"):
        return f"reference_appendices/config.html#envvar-{target}"
    if target.startswith(BUILTIN):
        plugin, _, _part = target.removeprefix(BUILTIN).partition("__")
        return f"collections/ansible/builtin/{plugin}.html#{target.lower().replace('_', '-')}"
    return PAGES.get(target)


def link_to_ansible(_app: Any, _env: Any, node: Any, content: nodes.Element) -> nodes.Node | None:
    page = ansible_page(node["reftarget"], node["reftype"])
    if page is None:
        return None
    link = nodes.reference("", "", internal=False, refuri=f"{ANSIBLE}/{page}")
    link += content
    return link


def setup(app: Any) -> None:
    app.connect("missing-reference", link_to_ansible)

"""Reports in a headless Chromium: nothing sticks out, nothing is fetched, nothing complains.

The pictures are in build/report, to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.stemedb.cluster.plugins.plugin_utils._timeline.page import (
    heat_page,
    page,
)

from tests.support.browser import Browser
from tests.support.timelines import NAMES, ROOT, made

PICTURES = ROOT / "build" / "report"
PAGES = (*NAMES, "health")
WIDE, NARROW = 1200, 380


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    documents = {name: made(name) for name in NAMES}
    texts = {name: page(document) for name, document in documents.items()}
    heat_map = documents["large"]["heat_maps"]["after"]
    texts["health"] = heat_page(heat_map, {}, "prod", ["Cluster is not healthy."])
    found = {name: folder / f"{name}.html" for name in texts}
    for name, path in found.items():
        path.write_text(texts[name], encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as made_here:
        yield made_here


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_report(
    pages: dict[str, Path], browser: Browser, name: str, dark: bool, width: int
) -> None:
    seen = browser.open(pages[name], dark, width)
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"{name}-{'dark' if dark else 'light'}-{width}.png"
    picture.write_bytes(seen.picture)
    assert seen.problems == []
    assert seen.requests == []
    assert seen.overflow == []
    background = "rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)"
    assert seen.colors[0] == background
    assert seen.colors[1] != background


def test_a_screen_reader_finds_its_way(pages: dict[str, Path], browser: Browser) -> None:
    roles = browser.open(pages["failed"], False, WIDE).roles
    headings = [name for role, name in roles if role == "heading"]
    assert headings == [
        "✗ remove_node of db-002 failed",
        "Timeline",
        "Steps and what they waited for",
        "Nodes",
        "Good replicas and bytes",
        "Heat map before",
        "Heat map after",
    ]
    assert [name for role, name in roles if role == "image"] == [
        "Timeline of remove_node",
        "Replicas of each node before",
        "Replicas of each node after",
    ]
    assert len([name for role, name in roles if role == "table" and name]) == 3
    assert {"columnheader", "rowheader", "main", "alert"} <= {role for role, _name in roles}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<script src="http://127.0.0.1:9/x.js"></script>', "requests"),
        ('<p style="width: 5000px">wide</p>', "overflow"),
        ("<script>console.error('no')</script>", "problems"),
    ],
)
def test_what_is_wrong_is_seen(tmp_path: Path, browser: Browser, body: str, found: str) -> None:
    path = tmp_path / "bad.html"
    path.write_text(f"<!DOCTYPE html><html><body>{body}</body></html>", encoding="utf-8")
    assert getattr(browser.open(path, False, WIDE), found) != []

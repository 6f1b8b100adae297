"""What the collection awx.awx needs of AWX: an API that keeps what it is given.

    with Awx() as awx:
        ...  # ansible-playbook configure.yml, with awx.environment
        assert awx.one("job_templates", "StemeDB prod: plan")["job_type"] == "check"

AWX itself is images for Kubernetes. Only what a rule of AWX would refuse or hide is imitated: a
project is fetched before a job template may name its playbook, and a secret is never shown.
"""

from __future__ import annotations

import itertools
import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

HOST = "127.0.0.1"
ROOT = "/api/v2"
TOKEN = "token-of-the-administrator"
ENCRYPTED = "$encrypted$"
Item = dict[str, Any]


class RefusedError(Exception):
    """A request that AWX answers with an error."""

    def __init__(self, status: HTTPStatus, said: Any) -> None:
        super().__init__(said)
        self.status, self.said = status, said


class Awx:
    """Its objects by endpoint and ID, and the requests that changed one."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str, Item]] = []
        self._items: dict[str, dict[int, Item]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()

    def __enter__(self) -> Awx:
        awx = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("GET", {})

            def do_POST(self) -> None:
                self._answer("POST", self._body())

            def do_PATCH(self) -> None:
                self._answer("PATCH", self._body())

            def log_message(self, format: str, *args: object) -> None:
                pass

            def _body(self) -> Item:
                return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, method: str, body: Item) -> None:
                try:
                    if self.headers["Authorization"] != f"Bearer {TOKEN}":
                        raise RefusedError(HTTPStatus.UNAUTHORIZED, {"detail": "no such token"})
                    status, said = awx.answer(method, self.path, body)
                except RefusedError as refused:
                    status, said = refused.status, refused.said
                self.send_response(status)
                self.send_header("X-API-Product-Name", "AWX")
                self.send_header("X-API-Product-Version", "24.6.1")
                self.end_headers()
                if status != HTTPStatus.NO_CONTENT:
                    self.wfile.write(json.dumps(said).encode())

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environment(self) -> dict[str, str]:
        """How a run of awx.awx finds it."""
        url = f"http://{HOST}:{self._server.server_address[1]}"
        return {"CONTROLLER_HOST": url, "CONTROLLER_OAUTH_TOKEN": TOKEN}

    def add(self, endpoint: str, **fields: Any) -> Item:
        """An object that is there already."""
        number = next(self._ids)
        url = f"{ROOT}/{endpoint}/{number}/"
        related = {"survey_spec": f"{url}survey_spec/"}
        own = {"id": number, "url": url, "related": related, "summary_fields": {}}
        item = {**fields, "type": endpoint[:-1], **own}
        self._items.setdefault(endpoint, {})[number] = item
        return item

    def one(self, endpoint: str, name: str = "") -> Item:
        """The only object of that kind, or the one of this name, secrets included."""
        items = self._items.get(endpoint, {}).values()
        (found,) = (item for item in items if name in ("", item["name"]))
        return found

    def by_id(self, endpoint: str, number: int) -> Item:
        """An object, secrets included."""
        return self._items[endpoint][number]

    def names(self, endpoint: str) -> list[str]:
        return [item["name"] for item in self._items.get(endpoint, {}).values()]

    def answer(self, method: str, target: str, body: Item) -> tuple[HTTPStatus, Any]:
        """The status and the body of the answer to one request."""
        url = urlsplit(target)
        assert url.path.startswith(f"{ROOT}/"), target
        endpoint, *rest = url.path[len(ROOT) :].strip("/").split("/")
        with self._lock:
            if method != "GET":
                self.changes.append((method, "/".join([endpoint, *rest]), body))
            if not rest:
                if method == "POST":
                    return HTTPStatus.CREATED, self._shown(endpoint, self._create(endpoint, body))
                found = self._listed(endpoint, dict(parse_qsl(url.query)))
                return HTTPStatus.OK, {"count": len(found), "next": None, "results": found}
            try:
                item = self._items[endpoint][int(rest[0])]
            except KeyError:
                raise RefusedError(HTTPStatus.NOT_FOUND, {"detail": target}) from None
            if rest[1:]:
                return self._part(item, rest[1], method, body)
            if method == "PATCH":
                item.update(body)
            if endpoint == "project_updates":
                self._fetch(item)
            return HTTPStatus.OK, self._shown(endpoint, item)

    def _create(self, endpoint: str, body: Item) -> Item:
        if endpoint == "job_templates":
            self._require_playbook(body)
        item = self.add(endpoint, **body)
        if endpoint == "projects":
            update = self.add("project_updates", status="pending", project=item["id"])
            item |= {"scm_revision": "", "playbook_files": []}
            item["summary_fields"] = {"current_update": {"id": update["id"]}}
        return item

    def _require_playbook(self, body: Item) -> None:
        files = self._items["projects"][body["project"]]["playbook_files"]
        if body["playbook"] not in files:
            said = {"playbook": ["Playbook not found for project."]}
            raise RefusedError(HTTPStatus.BAD_REQUEST, said)

    def _fetch(self, update: Item) -> None:
        """One step further each time that somebody asks."""
        if update["status"] == "running":
            project = self._items["projects"][update["project"]]
            project["playbook_files"] = ["reconcile.yml"]
        following = {"pending": "running", "running": "successful"}
        update["status"] = following.get(update["status"], update["status"])

    def _listed(self, endpoint: str, query: dict[str, str]) -> list[Item]:
        kinds = (
            ("job_templates", "projects") if endpoint == "unified_job_templates" else (endpoint,)
        )
        return [
            self._shown(kind, item)
            for kind in kinds
            for item in self._items.get(kind, {}).values()
            if all(str(item.get(field)) == value for field, value in query.items())
        ]

    def _part(self, item: Item, part: str, method: str, body: Item) -> tuple[HTTPStatus, Any]:
        if part == "survey_spec":
            if method == "POST":
                item["survey_spec"] = body
            return HTTPStatus.OK, item.get("survey_spec", {})
        assert part == "credentials", part
        attached = item.setdefault("_credentials", [])
        if method == "POST":
            (attached.remove if body.get("disassociate") else attached.append)(body["id"])
            return HTTPStatus.NO_CONTENT, None
        found = [{"id": number} for number in attached]
        return HTTPStatus.OK, {"count": len(found), "next": None, "results": found}

    def _shown(self, endpoint: str, item: Item) -> Item:
        if endpoint != "credentials" or "inputs" not in item:
            return item
        fields = self._items["credential_types"][item["credential_type"]]["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        inputs = {k: ENCRYPTED if k in secret else v for k, v in item["inputs"].items()}
        return {**item, "inputs": inputs}

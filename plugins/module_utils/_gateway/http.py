# Copyright (c) 2026, stemedb.cluster contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP calls to one gateway, each within one deadline. Private to stemedb.cluster.

The only file that knows `requests`. That library bounds each operation on a socket, not the call:
headers or a body that drip keep it busy for ever. So each attempt runs in a daemon thread, which is
abandoned and its socket shut down when the deadline of the whole call has come.
"""

from __future__ import annotations

import http.client
import itertools
import json
import platform
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Any, Callable, NamedTuple

from ansible_collections.stemedb.cluster.plugins.module_utils._errors import StemeDBError
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.answer import Answer
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.decode import decode_error
from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.paths import AUTH_HEADER

try:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.exceptions import HTTPError
except ImportError:
    HAS_REQUESTS = False
else:
    HAS_REQUESTS = True

PARALLEL = 8  # calls that may run at once on one gateway
_MAX_ABANDONED = PARALLEL  # as many calls as can time out together
_RETRIED = (429, 502, 503, 504)
_LONGEST_PAUSE = 5.0
_BLOCK = 65536
_EXCERPT = 200


class GatewayOptions(NamedTuple):
    """How to reach gateways: the options of the documentation fragment but `gateway_url`.

    `timeout` is in seconds and bounds one call in all, `max_body` is in bytes. `timeout_option` is
    what the user calls that timeout.
    """

    api_key: str | None = None
    validate_certs: bool = True
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    timeout: float = 10.0
    retries: int = 2
    endpoints: Mapping[str, str] = {}
    max_body: int = 64 * 2**20
    timeout_option: str = "timeout"

    def __repr__(self) -> str:
        return "GatewayOptions(...)"  # the generated one would show the key


def require_requests() -> None:
    """Raises `config` where the one library that this needs is missing."""
    if not HAS_REQUESTS:
        raise StemeDBError(
            "config",
            f"The Python library requests is missing for {sys.executable} on {platform.node()}:"
            f" install it there, on the host that stemedb_control_host names, with"
            f" '{sys.executable} -m pip install requests'.",
        )


class Http:
    """Calls to the gateway at `url`; safe to use from several threads.

    :param log: gets one line for each request: method, URL, status or code, milliseconds, bytes.
    :param clock: monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        options: GatewayOptions,
        log: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        require_requests()
        self._url = url
        self._options = options
        self._log = log
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._lock = threading.Lock()
        self._abandoned: list[_Attempt] = []
        self._running = threading.local()
        self._session = _session(options, self._uses)
        self._verify = (options.ca_path or True) if options.validate_certs else False
        cert, key = options.client_cert, options.client_key
        self._cert = (cert, key) if cert and key else cert

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def deadline(self) -> float:
        """When a call that starts now has to be over."""
        return self._clock() + self._options.timeout

    def send(self, method: str, path: str, deadline: float, fine: tuple[int, ...] = ()) -> Answer:
        """The answer, if its status is 2xx or in `fine`. GET is retried while there is time."""
        url = self._url + path
        for tries in itertools.count(1):
            asked: float | None = None
            try:
                answer = self._attempt(method, url, deadline)
            except StemeDBError as error:
                failure, retry = error, error.code == "transport"
            else:
                if 200 <= answer.status < 300 or answer.status in fine:
                    return answer
                failure, retry = self._refusal(answer), answer.status in _RETRIED
                asked = retry_after(answer.retry_after, time.time())
            if not retry or method != "GET" or tries > self._options.retries:
                raise failure
            pause = min(_LONGEST_PAUSE, 0.2 * 2 ** (tries - 1) * self._jitter(0.5, 1.0))
            pause = max(pause, asked or 0.0)
            if pause >= deadline - self._clock():
                if not asked:
                    raise failure
                raise StemeDBError(
                    failure.code,
                    f"{failure.message} It asks to wait {asked:.0f} s, which is more than is left"
                    f" of {self._limit}.",
                    failure.url,
                    failure.status,
                    failure.detail,
                )
            self._sleep(pause)
        raise AssertionError("the loop ends by return or raise")

    def error(self, code: str, message: str, answer: Answer) -> StemeDBError:
        """An error about an answer that came, with what the gateway said as its detail."""
        return self._error(code, message, answer.url, answer.status, self._words(answer))

    def said(self, answer: Answer) -> str:
        """What the gateway said, ready to end a sentence with; empty if it said nothing."""
        words = self._words(answer)
        return f" (it said: {words})" if words else ""

    # --- one attempt -------------------------------------------------------------------------

    def _attempt(self, method: str, url: str, deadline: float) -> Answer:
        started = self._clock()
        outcome, size = "error", 0
        try:
            answer = self._within(method, url, deadline)
            outcome, size = str(answer.status), len(answer.body)
            return answer
        except StemeDBError as error:
            outcome = error.code
            raise
        finally:
            if self._log is not None:
                spent = (self._clock() - started) * 1000
                self._log(self._mask(f"{method} {url} {outcome} {spent:.0f} ms {size} B"))

    def _within(self, method: str, url: str, deadline: float) -> Answer:
        left = deadline - self._clock()
        if left <= 0:
            raise self._error(
                "timeout", f"{url} was not asked: nothing is left of {self._limit}.", url
            )
        with self._lock:
            self._abandoned = [item for item in self._abandoned if item.thread.is_alive()]
            stuck = len(self._abandoned)
        if stuck >= _MAX_ABANDONED:
            raise self._error(
                "timeout",
                f"{url} was not asked: {stuck} earlier calls to it are stuck for longer than"
                f" {self._limit}; is the gateway hung, or the name service?",
                url,
            )
        attempt = _Attempt(lambda item: self._exchange(item, method, url, left))
        if not attempt.run(left):
            attempt.abandon()
            with self._lock:
                self._abandoned.append(attempt)
            raise self._timeout(method, url, left, connected=attempt.sock is not None)
        if attempt.answer is None:
            raise self._failure(attempt.error, method, url)
        return attempt.answer

    def _exchange(self, attempt: _Attempt, method: str, url: str, left: float) -> Answer:
        """Ask and read, in the attempt's own thread."""
        self._running.attempt = attempt
        # Longer than the deadline, so that one place decides what a timeout is; not endless, so
        # that an abandoned thread comes to its end.
        wait = left + 1.0
        request = self._session.prepare_request(requests.Request(method, url))
        # Not by the session itself, which for a redirection reads its body whole, however long.
        with self._session.get_adapter(url).send(
            request,
            stream=True,
            timeout=(wait, wait),
            verify=self._verify,
            cert=self._cert,
        ) as response:
            status, limit = response.status_code, self._options.max_body
            declared = response.headers.get("Content-Length", "")
            length = int(declared) if re.fullmatch(r"[0-9]{1,18}", declared) else 0
            body = bytearray()
            for block in response.iter_content(_BLOCK) if length <= limit else ():
                body += block
                if len(body) > limit:
                    break
            if max(len(body), length) > limit:
                raise self._error(
                    "protocol",
                    f"{url} answered with more than {limit} bytes, the most that is read: is this"
                    f" a StemeDB gateway?",
                    url,
                    status,
                )
            received = response.raw.tell()
            if received < length and status not in (204, 304):
                # urllib3 says it in the same way, but not every version says it.
                raise http.client.IncompleteRead(bytes(body), length - received)
            headers = response.headers
            return Answer(
                method,
                url,
                status,
                bytes(body),
                headers.get("Location", ""),
                headers.get("Retry-After", ""),
                headers.get("Content-Type", ""),
            )

    def _uses(self, sock: Any) -> None:
        """The attempt is connected by `sock`: told by its connection, in the attempt's thread."""
        attempt: _Attempt = self._running.attempt
        attempt.sock = sock
        if attempt.abandoned:
            raise TimeoutError("abandoned")

    # --- what went wrong ---------------------------------------------------------------------
    # Each run compiles what it imports, and in most runs no call fails: words are fetched here.

    def _mask(self, text: str) -> str:
        key = self._options.api_key
        if key and len(key) >= 4:  # shorter ones are parts of words
            for spelling in (key, json.dumps(key)[1:-1], ascii(key)[1:-1]):
                text = text.replace(spelling, "********")
        return text

    def _words(self, answer: Answer) -> str:
        # Masked before it is cut: half a key is a secret too.
        return decode_error(self._mask(answer.shortened().body.decode("utf-8", "replace")))

    def _error(
        self,
        code: str,
        message: str,
        url: str,
        status: int | None = None,
        detail: str | None = None,
    ) -> StemeDBError:
        """Every error about a call is made here, so that none holds a key that was echoed."""
        short = self._mask(detail)[:_EXCERPT] if detail else None
        return StemeDBError(code, self._mask(message), self._mask(url), status, short)

    @property
    def _limit(self) -> str:
        return f"{self._options.timeout_option} ({self._options.timeout:g} s)"

    def _timeout(self, method: str, url: str, seconds: float, connected: bool) -> StemeDBError:
        from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http_errors import (
            timed_out,
        )

        fault = timed_out(method, url, seconds, self._options.timeout_option, connected)
        return self._error(*fault, url)

    def _refusal(self, answer: Answer) -> StemeDBError:
        from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http_errors import (
            refused,
        )

        fault = refused(answer, self.said(answer), has_key=bool(self._options.api_key))
        return self.error(*fault, answer)

    def _failure(self, error: BaseException | None, method: str, url: str) -> BaseException:
        """What an attempt raised, as an error of ours; a fault in this code stays what it is."""
        from ansible_collections.stemedb.cluster.plugins.module_utils._gateway.http_errors import (
            broken,
            causes,
        )

        library = (requests.RequestException, HTTPError, http.client.HTTPException)
        if isinstance(error, StemeDBError) or not isinstance(
            error, (*library, OSError, ValueError)
        ):
            return error or AssertionError("an attempt ended without an outcome")
        if isinstance(error, requests.Timeout):
            connected = not isinstance(error, requests.ConnectTimeout)
            return self._timeout(method, url, self._options.timeout, connected)
        chain = list(causes(error))
        roots = [item for item in chain if isinstance(item, (OSError, http.client.HTTPException))]
        detail = str((roots or chain)[-1])
        return self._error(*broken(method, url, chain), url, detail=detail)


class _Attempt:
    """A daemon thread that does `work`, and can be abandoned."""

    def __init__(self, work: Callable[[_Attempt], Answer]) -> None:
        self._work = work
        self._done = threading.Event()
        self.thread = threading.Thread(target=self._run, name="stemedb-http", daemon=True)
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.sock: Any = None
        self.abandoned = False

    def run(self, seconds: float) -> bool:
        """Start, and wait at most that long. False: it is not done."""
        self.thread.start()
        return self._done.wait(seconds)

    def abandon(self) -> None:
        """Let go of a thread that is not done; where it reads a socket, end that."""
        self.abandoned = True
        if isinstance(self.sock, socket.socket):
            with suppress(OSError):
                # Not the method of an SSL socket, which would take its state from under the reader.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)
            self.thread.join(0.1)

    def _run(self) -> None:
        try:
            self.answer = self._work(self)
        except BaseException as error:  # noqa: BLE001 - handed over, raised by who waits for it
            self.error = error
        finally:
            self._done.set()


def _session(options: GatewayOptions, uses: Callable[[Any], None]) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # neither proxies nor ~/.netrc nor REQUESTS_CA_BUNDLE
    session.headers.update(
        {
            "Accept": "application/json",
            "Accept-Encoding": "identity",  # so that a length is the body's and no small answer
            "User-Agent": "stemedb.cluster",  # unpacks to a huge one
        }
    )
    key = options.api_key
    if key:

        def authenticate(request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers[AUTH_HEADER] = key
            return request

        session.auth = authenticate
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=PARALLEL)
    pools: Any = adapter.poolmanager
    pools.pool_classes_by_scheme = {
        scheme: _telling(pool, uses) for scheme, pool in pools.pool_classes_by_scheme.items()
    }
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _telling(pool: Any, uses: Callable[[Any], None]) -> Any:
    """A class of connection pool whose connections tell their socket before they use it."""
    plain = pool.ConnectionCls

    def connect(connection: Any) -> None:
        plain.connect(connection)
        uses(connection.sock)  # nothing is sent yet: too late is not too late for a change

    def getresponse(connection: Any, *args: Any, **kwargs: Any) -> Any:
        uses(connection.sock)  # which may have been connected by an earlier call
        return plain.getresponse(connection, *args, **kwargs)

    methods = {"connect": connect, "getresponse": getresponse}
    return type("Pool", (pool,), {"ConnectionCls": type("Connection", (plain,), methods)})


def retry_after(value: str, now: float) -> float | None:
    """The seconds that a Retry-After header, a number or an HTTP date, asks to wait."""
    if re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone.utc)
    return max(0.0, date.timestamp() - now)

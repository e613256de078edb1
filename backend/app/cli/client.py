"""The API of a running instance, as the command line uses it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any, BinaryIO, Final, Self

import httpx2

from app.cli.config import load_settings
from app.cli.context import Common, Context
from app.cli.errors import ApiProblem, ServerUnreachable
from app.cli.instance_users import using_instance
from app.cli.remedies import remedy_for
from app.cli.waiting import noting_slowness
from app.core.errors import Unauthenticated
from app.core.settings import Settings

JsonObject = dict[str, Any]
"""The decoded body of an answer of the API."""

TIMEOUT_S: Final = 35.0
"""Longer than the longest long-poll of the API (30 s)."""

TRIES: Final = 4
PIECE_BYTES: Final = 1 << 20
UPLOAD_TIMEOUT_S: Final = 600.0
"""The app is tried out on a file before that is taken."""


def open_client(common: Common, context: Context) -> ApiClient:
    """A client of the instance that runs on the data directory. ServerUnreachable, Unauthenticated."""
    settings = load_settings(common)
    instance = context.wiring().find_instance(settings)
    if instance is None:
        raise ServerUnreachable(f"No instance runs on {str(settings.data.root)!r}.", remedy="cofounder up")
    presence = using_instance(settings)
    return ApiClient(instance.api_url, read_token(settings), presence=presence, say=context.say)


def read_token(settings: Settings) -> str:
    """The founder's token in local mode. Unauthenticated when there is none to be read."""
    try:
        return settings.data.token.read_text().strip()
    except OSError as error:
        detail = f"The access token {str(settings.data.token)!r} cannot be read ({error.strerror})."
        raise Unauthenticated(detail, remedy="cofounder up") from error


class ApiClient:
    """Each call answers the decoded body, or raises ApiProblem or ServerUnreachable.

    `say` is told when an answer takes longer than usual.
    """

    def __init__(
        self,
        api_url: str,
        token: str,
        *,
        say: Callable[[str], None],
        presence: AbstractContextManager[None] | None = None,
    ) -> None:
        self.api_url = api_url.rstrip("/")
        self._say = say
        self._presence = presence or nullcontext()
        # An instance is on this machine or named by its owner: no proxy from the environment may come between.
        self._http = httpx2.Client(
            base_url=self.api_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        self._presence.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
        self._presence.__exit__(None, None, None)

    def get(self, path: str, **params: Any) -> JsonObject:
        """Read one object."""
        return self._call("GET", path, params=params)

    def post(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
        revision: str | None = None,
    ) -> JsonObject:
        """Write; with an idempotency key it is tried again while the server is busy or away.

        With a revision it is written only over what still has it.
        """
        if idempotency_key is None:
            headers = {} if revision is None else {"If-Match": f'"{revision}"'}
            return self._call("POST", path, json=dict(body or {}), headers=headers)
        headers = {"Idempotency-Key": idempotency_key}
        return self._persist(path, json=dict(body or {}), headers=headers)

    def patch(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        """Change one object."""
        return self._call("PATCH", path, json=dict(body))

    def delete(self, path: str) -> JsonObject:
        """Remove something; the answer, which is empty where there is nothing to say."""
        with self._waiting(TIMEOUT_S):
            response = self._http.request("DELETE", path)
        if response.is_error:
            raise problem_of(response)
        answer: JsonObject = response.json() if response.content else {}
        return answer

    def put(self, path: str, body: Mapping[str, Any], *, revision: str, as_written: bool) -> JsonObject:
        """Write over what had this revision."""
        params = {"as_written": "true"} if as_written else {}
        return self._call("PUT", path, json=dict(body), headers={"If-Match": f'"{revision}"'}, params=params)

    def upload(self, path: str, content: BinaryIO) -> JsonObject:
        """Write a whole file, which is not held in memory."""
        pieces = iter(lambda: content.read(PIECE_BYTES), b"")
        # Without it the body would be sent in chunks, and refused for its size only when all of it was sent.
        headers = {"Content-Length": str(os.fstat(content.fileno()).st_size)}
        return self._call("PUT", path, content=pieces, headers=headers, timeout=UPLOAD_TIMEOUT_S)

    def pages(self, path: str) -> Iterator[JsonObject]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = self.get(path, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    @contextmanager
    def events(self, job_id: str, *, after: int, timeout_s: float) -> Iterator[Iterator[httpx2.ServerSentEvent]]:
        """The events of a job that follow number `after`; silence longer than `timeout_s` is a failure."""
        headers = {"Last-Event-ID": str(after)} if after else {}
        timeout = httpx2.Timeout(TIMEOUT_S, read=timeout_s)
        path = f"/api/generation/{job_id}/events"
        with reaching(self.api_url, timeout_s), ExitStack() as stack:
            # Only until it begins: a build that says nothing for a while is shown by the clock of its stage.
            with self._noting_slowness(timeout_s):
                source = stack.enter_context(self._http.sse(path, headers=headers, timeout=timeout))
            if source.response.is_error:
                source.response.read()
                raise problem_of(source.response)
            yield iter(source)

    @contextmanager
    def download(self, path: str) -> Iterator[Iterator[bytes]]:
        """The body of an answer in pieces."""
        with reaching(self.api_url, TIMEOUT_S), ExitStack() as stack:
            with self._noting_slowness(TIMEOUT_S):
                response = stack.enter_context(self._http.stream("GET", path))
            if response.is_error:
                response.read()
                raise problem_of(response)
            yield response.iter_bytes()

    def _call(self, method: str, path: str, **arguments: Any) -> JsonObject:
        with self._waiting(float(arguments.get("timeout", TIMEOUT_S))):
            response = self._http.request(method, path, **arguments)
        if response.is_error:
            raise problem_of(response)
        return decode_object(response)

    @contextmanager
    def _waiting(self, most_s: float) -> Iterator[None]:
        with reaching(self.api_url, most_s), self._noting_slowness(most_s):
            yield

    def _noting_slowness(self, most_s: float) -> AbstractContextManager[None]:
        text = f"Waiting for an answer of Co-Founder at {self.api_url}, for {most_s:g} s at most..."
        return noting_slowness(self._say, text)

    def _persist(self, path: str, **arguments: Any) -> JsonObject:
        # Repeated only with a key, by which the server knows the request again.
        began = time.monotonic()
        for attempt in range(1, TRIES):
            try:
                return self._call("POST", path, **arguments)
            except ServerUnreachable:
                # What was silent for so long is not asked four times over.
                if time.monotonic() - began > TIMEOUT_S / 2:
                    raise
                time.sleep(0.2 * attempt)
            except ApiProblem as problem:
                if problem.http_status != 503:
                    raise
                # At most five, though a full queue asks for thirty: somebody waits at this prompt.
                time.sleep(min(1 if problem.retry_after is None else problem.retry_after, 5))
        return self._call("POST", path, **arguments)


@contextmanager
def reaching(api_url: str, most_s: float) -> Iterator[None]:
    """Turn every way in which a server can be out of reach into ServerUnreachable."""
    try:
        yield
    except httpx2.TimeoutException as error:
        detail = f"{api_url} does not answer: nothing came within {most_s:g} s. To see what is wrong with it:"
        raise ServerUnreachable(detail, remedy="cofounder doctor") from error
    except httpx2.TransportError as error:
        why = str(error) or type(error).__name__
        # Where nothing listens any more there is nothing to look into.
        remedy = "cofounder up" if isinstance(error, httpx2.ConnectError) else "cofounder doctor"
        raise ServerUnreachable(f"{api_url} does not answer ({why}).", remedy=remedy) from error


def problem_of(response: httpx2.Response) -> ApiProblem:
    """The problem document of an answer, or the plainest one when the body is something else."""
    try:
        document = response.json()
    except ValueError:
        document = {}
    # Another program on the port, or a proxy, may answer with anything.
    document = document if isinstance(document, dict) else {}
    # The API's words for it are fixed, and say nothing of what to type.
    if document.get("gate_title"):
        document["detail"] = f"A decision waits for you: {document['gate_title']} To see how to decide:"
    problem = ApiProblem(response.status_code, document, remedy=remedy_for(response.status_code, document))
    retry_after = response.headers.get("retry-after", "")
    problem.retry_after = int(retry_after) if retry_after.isdecimal() else None
    return problem


def decode_object(response: httpx2.Response) -> JsonObject:
    """The JSON object of an answer. ServerUnreachable when something else answers on that port."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ServerUnreachable(f"{response.url} did not answer as Co-Founder does.", remedy="cofounder doctor")
    return body

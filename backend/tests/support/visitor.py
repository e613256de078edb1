"""Somebody who uses an app in its preview: opens the link, signs in where that is asked for, fills in forms."""

from __future__ import annotations

import html
import re
from typing import Self

import httpx2

from tests.support.instance import Instance, eventually

OWNER = {"name": "Olga Owner", "email": "olga@example.com", "password": "correct horse battery"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visitor:
    """A browser without JavaScript at the preview of one build."""

    def __init__(self, instance: Instance, job_id: str) -> None:
        url = instance.status(job_id)["preview_url"]
        host = url.split("/")[2]
        self._base = f"http://127.0.0.1:{instance.port + 1}"
        self._cookies: dict[str, str] = {}
        self._client = httpx2.Client(headers={"Host": host}, timeout=60, trust_env=False)
        link = url.replace(f"http://{host}", self._base)
        opened = eventually(lambda: self._opened(link), within_s=30, every_s=0.2)
        assert opened is not None
        self._keep(opened)

    def __enter__(self) -> Self:
        self.get("/")
        if self.get("/setup").status_code == 200:
            self.send("/setup", **OWNER)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _opened(self, link: str) -> httpx2.Response | None:
        """None while the previews' process is just coming up."""
        try:
            return self._client.get(link)
        except httpx2.TransportError:
            return None

    def get(self, path: str) -> httpx2.Response:
        return self._keep(self._client.get(self._base + path, headers=self._headers))

    def send(self, path: str, **fields: str) -> httpx2.Response:
        """Open the form and fill it in."""
        token = TOKEN.findall(self.get(path).text)[0]
        body = {"csrf_token": html.unescape(token), **fields}
        return self._keep(self._client.post(self._base + path, data=body, headers=self._headers))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}

    def _keep(self, answer: httpx2.Response) -> httpx2.Response:
        """Cookies by hand: a browser takes `Secure` ones from localhost, this client does not."""
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self._cookies[name] = value
        return answer

"""A package index with TLS on this machine, whose files lie on another port, as a company would have."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import ssl
import subprocess
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

ADDRESS = "127.0.0.2"
"""Not the address that the tools inside take for their own machine and ask without the proxy."""
NAMES = ("idna", "tiny")


def wheel(name: str) -> bytes:
    """A package of one module."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": "WORD = 'installed'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text)}\n" for path, text in files.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in (files | {f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}).items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


WHEELS = {f"{name}-1.0-py3-none-any.whl": wheel(name) for name in NAMES}


def lock(name: str = "tiny") -> bytes:
    """An exact version with its hash."""
    digest = hashlib.sha256(WHEELS[f"{name}-1.0-py3-none-any.whl"]).hexdigest()
    return f"{name}==1.0 \\\n    --hash=sha256:{digest}\n    # via nothing\n".encode()


class Mirror:
    """What a test asks of the running mirror."""

    def __init__(self, folder: Path) -> None:
        self.certificate = folder / "ca.pem"
        self.key = folder / "key.pem"
        self.asked: Counter[str] = Counter()
        self.index_port = self.file_port = 0
        self.credentials: str | None = None
        self.files: list[str] | None = None
        """Addresses to point to instead of the mirror's own."""

    @property
    def index(self) -> str:
        return f"https://{ADDRESS}:{self.index_port}/simple"

    def make_certificate(self) -> None:
        authority = ("-subj", "/CN=authority", "-keyout", f"{self.key}.ca", "-out", str(self.certificate))
        leaf = ("-subj", "/CN=mirror", "-keyout", str(self.key), "-out", f"{self.key}.pem")
        signed = (
            "-CA",
            str(self.certificate),
            "-CAkey",
            f"{self.key}.ca",
            "-addext",
            f"subjectAltName=IP:{ADDRESS}",
        )
        for options in (authority, (*leaf, *signed, "-addext", "basicConstraints=critical,CA:FALSE")):
            command = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *options)
            subprocess.run(command, check=True, capture_output=True)

    async def page(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if self.credentials and request.headers.get("Authorization") != self.credentials:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        if name not in NAMES:
            raise web.HTTPNotFound
        file = f"{name}-1.0-py3-none-any.whl"
        url = f"https://{ADDRESS}:{self.file_port}/files/{file}"
        hashes = {"sha256": hashlib.sha256(WHEELS[file]).hexdigest()}
        files = [{"filename": file, "url": one, "hashes": hashes} for one in self.files or [url]]
        body = {"meta": {"api-version": "1.0"}, "name": name, "files": files}
        return web.Response(text=json.dumps(body), content_type="application/vnd.pypi.simple.v1+json")

    async def file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        self.asked[name] += request.method == "GET"
        return web.Response(body=WHEELS[name])


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Mirror]:
    """A mirror whose certificate its own operator trusts."""
    mirror = Mirror(folder)
    mirror.make_certificate()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(f"{mirror.key}.pem", mirror.key)
    runners = []
    for path, handler in (("/simple/{name}/", mirror.page), ("/files/{name}", mirror.file)):
        application = web.Application()
        application.router.add_get(path, handler)
        runners.append(web.AppRunner(application))
        await runners[-1].setup()
        await web.TCPSite(runners[-1], ADDRESS, 0, ssl_context=context).start()
    mirror.index_port, mirror.file_port = (runner.addresses[0][1] for runner in runners)
    yield mirror
    for runner in runners:
        await runner.cleanup()

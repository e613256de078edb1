"""P14: a page of an app through its preview, beside the same page asked of the app itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from app.adapters.identity.local import kept_secret
from app.bench.http import send_all, time_each
from app.bench.meter import Spent, abba, percentile
from app.bench.readings import Reading
from app.bench.requests import CLIENTS
from app.bench.sizes import Sizes
from app.bench.stage import House
from app.core.ids import JobId
from app.preview.access import Doorman
from app.preview.links import Access, Pass, PreviewSigner

PAGE: Final = "/"
LINK_S: Final = 3600


@dataclass(frozen=True)
class Served:
    """An app that answers at `port`: `request` asks it for the page, and the tree of `pid` does all the work."""

    pid: int
    port: int
    request: bytes


def preview_of(house: House, job_id: JobId, *, pid: int, port: int) -> Served:
    """The app of a build behind the preview process, for a visitor who is let in."""
    signer = PreviewSigner(kept_secret(house.data.secret), link_seconds=LINK_S, port=port)
    cookie, *_ = Doorman(signer).set_cookies(job_id, Pass(Access.VISITOR, 0))
    return Served(
        pid, port, _page(urlsplit(signer.origin(job_id)).netloc, f"Cookie: {cookie.partition(';')[0]}\r\n")
    )


def app_itself(*, pid: int, port: int) -> Served:
    """The app where it listens."""
    return Served(pid, port, _page(f"127.0.0.1:{port}"))


def _page(host: str, headers: str = "") -> bytes:
    return f"GET {PAGE} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n".encode()


def measure_preview(preview: Served, direct: Served, sizes: Sizes) -> list[Reading]:
    """Measure P14 on an app that is awake in both places."""
    for served in (preview, direct):
        send_all(served.port, [served.request] * 20, clients=CLIENTS)

    def cpu_us(served: Served) -> Callable[[], float]:
        def measure() -> float:
            spent = Spent(all=served.pid)
            send_all(served.port, [served.request] * sizes.requests, clients=CLIENTS)
            return spent.stop()["all"] / sizes.requests * 1e6

        return measure

    def wait_ms(served: Served) -> Callable[[], float]:
        return lambda: percentile(time_each(served.port, served.request, sizes.requests), 0.5)

    costs = abba(cpu_us(preview), cpu_us(direct), rounds=sizes.rounds)
    behind, alone = abba(wait_ms(preview), wait_ms(direct))
    note = f"p50 {behind:.1f} ms through the preview, {alone:.1f} ms without it"
    return [
        Reading("P14 cpu", *costs, note="the app's own share included"),
        Reading("P14 wait", behind - alone, alone, note=note),
    ]

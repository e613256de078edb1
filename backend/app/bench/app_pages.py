"""P17: the pages of a generated app, beside bare pages that ask the same questions of the same SQLite file."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.bench.bars import ratio_of
from app.bench.http import send_all
from app.bench.meter import Spent, abba
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, end_process, free_port, is_serving, wait_until
from app.blueprint.generate import generate
from app.blueprint.language import understand
from app.core.errors import ConfigurationError
from app.core.zone import machine_zone
from app.supervision.process import spawn

GOAL: Final = "A booking app for a yoga studio"
# The first requests fill caches and read templates, which later ones find there.
WARM: Final = 5
ADDRESSES: Final = {
    "list": ("/bookings", "/list"),
    "search": ("/bookings?q=lena", "/search?q=lena"),
    "sort": ("/clients?sort=name", "/sort"),
    "form": ("/bookings/new", "/form"),
    "public": ("/forms/bookings", "/public"),
    "front": ("/", "/"),
}
"""Each kind of page, in the app and in the bare program."""


# By the app's own functions, so that the file is as it would have become by itself.
_FILL: Final = """
import sys
from datetime import timedelta
from app import clock, database, people
from app.access import OWNER

database.migrate()
many, middle = int(sys.argv[1]), clock.now().replace(second=0, microsecond=0)
first = "Anna Bo Chloé Dora Emil Lena Noor Zoë".split()
last = "Ahmadi Berg Costa Dvořák Ito Lindqvist Okoro".split()
tables = database.BY_TABLE
with database.session() as db:
    for n in range(1, many + 1):
        name = f"{first[n % len(first)]} {last[n % len(last)]} {n}"
        client = {"name": name, "email": f"c{n}@example.com", "joined_on": "2026-01-05"}
        starts = (middle + timedelta(hours=n - many // 2)).isoformat(timespec="minutes")
        lesson = {"name": f"Flow {n}", "instructor": name, "starts_at": starts, "capacity": 12, "price": 1500}
        database.insert(db, tables["clients"], client)
        database.insert(db, tables["yoga_classes"], lesson)
        booked = {"client": n, "yoga_class": n, "status": "Booked", "booked_on": "2026-02-03", "notes": f"Mat {n}"}
        database.insert(db, tables["bookings"], booked)
    owner = people.add(db, name="Olga", email="olga@example.com", hashed="x.y", role=OWNER.name)
    print(people.COOKIE, people.open_session(db, owner))
"""


@dataclass(frozen=True)
class Served:
    """A process that serves pages, and the cookie by which it knows its owner."""

    pid: int
    port: int
    cookie: str = ""

    def cpu_of(self, path: str, count: int) -> float:
        """CPU microseconds of the process a request."""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode()
        spent = Spent(process=self.pid)
        send_all(self.port, [request] * count, clients=1)
        return spent.stop()["process"] / count * 1e6


def measure_app_pages(stage: Stage, sizes: Sizes) -> list[Reading]:
    """P17."""
    house = stage.house()
    costs: dict[str, dict[int, tuple[float, float]]] = {page: {} for page in ADDRESSES}
    for records in sizes.records:
        with _serve_both(house, records) as (app, bare):
            for page, (ours, theirs) in ADDRESSES.items():
                app.cpu_of(ours, WARM), bare.cpu_of(theirs, WARM)
                costs[page][records] = abba(
                    lambda path=ours: app.cpu_of(path, sizes.pages),  # type: ignore[misc]  # mypy infers no default
                    lambda path=theirs: bare.cpu_of(path, sizes.pages),  # type: ignore[misc]
                    rounds=sizes.rounds_of_pages,
                )
    return [_make_reading(page, by_records) for page, by_records in costs.items()]


def _make_reading(page: str, by_records: dict[int, tuple[float, float]]) -> Reading:
    """The worst of all numbers of records, with the others beside it."""
    worst = max(by_records.values(), key=lambda pair: ratio_of(*pair))
    each = (
        f"{ours:.0f} us ({ratio_of(ours, bare):.2f}x) at {records:,}"
        for records, (ours, bare) in by_records.items()
    )
    return Reading(f"P17 {page}", *worst, note=", ".join(each))


@contextmanager
def _serve_both(house: House, records: int) -> Iterator[tuple[Served, Served]]:
    """The app with so many records of each kind, and the bare program on the same file."""
    folder, database = _write_app(house, records)
    environment = _environment(house, database)
    command = [sys.executable, "-c", _FILL, str(records)]
    filled = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if filled.returncode:
        raise ConfigurationError(f"The app could not be filled with records:\n{filled.stderr[-2_000:]}")
    cookie = "=".join(filled.stdout.split())
    with (
        house.ceiling("pages", "--database", str(database)) as (bare, bare_port),
        _run_app(house, folder, environment) as app,
    ):
        yield Served(*app, cookie), Served(bare, bare_port)


def _write_app(house: House, records: int) -> tuple[Path, Path]:
    """The folder of the app, and where its records will be."""
    folder = house.data.root / f"app-{records}"
    for name, text in generate(understand(GOAL)).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder, folder / "data" / "app.db"


def _environment(house: House, database: Path) -> dict[str, str]:
    return house.environment() | {"DATABASE_PATH": str(database), "EXAMPLE_DATA": "no", "TIMEZONE": machine_zone()}


@contextmanager
def _run_app(house: House, folder: Path, environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The app as it is started everywhere; its pid and port."""
    port, log = free_port(), house.data.logs / "app.log"
    # By our own interpreter, which has the packages of the app: installing them is not what is measured.
    command = [sys.executable, "-m", "app"]
    process = spawn(
        command, log=log, environment=environment | {"PORT": str(port)}, death_signal=signal.SIGKILL, cwd=folder
    )
    try:
        wait_until(lambda: is_serving(process, port, "/health", log), "the app")
        yield process.pid, port
    finally:
        end_process(process)

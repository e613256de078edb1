"""P15: a first and a second start of an instance, beside the parts that it cannot do without."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Final

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.valkey import EmbeddedValkey
from app.bench.readings import Reading
from app.bench.sizes import Sizes
from app.bench.stage import House, Stage, end_process, free_port, wait_until
from app.core.paths import DataDir
from app.supervision.process import tail

IMPORTS: Final = (
    "import app.cli.main, app.processes.up, app.processes.api, app.processes.worker, app.processes.preview"
)
START_S: Final = 120.0
STARTS: Final = ("cold", "second")


def measure_instance_starts(stage: Stage, sizes: Sizes) -> list[Reading]:  # noqa: ARG001 - one start is one start
    """Measure P15."""
    house = stage.house()
    # Once before: the first run after an install compiles what it imports.
    _time_imports(house)
    instance, servers = DataDir(stage.root / "i"), DataDir(stage.root / "p")
    for data in (instance, servers):
        data.prepare()
    readings = []
    for start in STARTS:
        start_s = _time_up(house, instance)
        parts = {"imports": _time_imports(house), **_time_servers(servers)}
        shares = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())
        together = sum(parts.values())
        readings.append(
            Reading(f"P15 {start}", start_s - together, together, note=f"{start_s:.1f} s with us; {shares}")
        )
    return readings


def _time_up(house: House, data: DataDir) -> float:
    """Seconds from the command to an instance that is ready."""
    log = house.data.logs / "up.log"
    command = [
        sys.executable,
        "-m",
        "app.cli.main",
        "up",
        "--data-dir",
        str(data.root),
        "--port",
        str(free_port()),
    ]
    plain = {name: text for name, text in house.environment().items() if not name.startswith("COFOUNDER_")}
    with log.open("wb") as output:
        began = time.monotonic()
        process = subprocess.Popen(command, env=plain, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        try:
            wait_until(lambda: "Ready." in tail(log), f"an instance\n{tail(log)}", within_s=START_S)
            return time.monotonic() - began
        finally:
            end_process(process, grace_s=60)


def _time_imports(house: House) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", IMPORTS], env=house.environment(), check=True)
    return time.monotonic() - began


def _time_servers(data: DataDir) -> dict[str, float]:
    """Seconds that both servers take alone; the first time Postgres makes its directory."""
    taken = {}
    with ExitStack() as stack:
        for name, server in (
            ("Postgres", EmbeddedPostgres(data.root / "postgres", log=data.root / "postgres.log")),
            ("Valkey", EmbeddedValkey(data.root / "valkey", log=data.root / "valkey.log")),
        ):
            began = time.monotonic()
            stack.callback(server.stop)
            server.start()
            taken[name] = time.monotonic() - began
    return taken

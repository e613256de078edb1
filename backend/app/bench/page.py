"""The reference page of the performance bars, with the figures of one run in it."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from app.bench.bars import BARS
from app.bench.readings import Verdict, as_page_rows, judge_all

_HEAD = """<!-- Written by `cofounder bench --write docs/reference/performance.md`; do not edit. -->
# Performance

What a part may cost is said as a ratio to a bare program that does the same thing and nothing else, measured
in the same run, in the order A B B A where it is CPU: a machine that is slow today is slow for both. CPU is
summed over the process tree. Wall-clock figures are recorded and never judged: on a shared machine they move
five-fold.

`cofounder bench` measures on servers and processes of its own in a temporary directory; your data is not
touched. It ends with exit code 7 when a gated bar does not hold. `--quick` only shows that everything runs: its
counts are too small for the figures to mean anything. `--only P1,P3` picks bars.
"""

_HOW = """## How each is measured

- **P1, P2**: the product's own API process under uvicorn, four keep-alive clients. Beside it an ASGI function
  without a framework, under the same uvicorn settings, that reads one hash of Valkey and answers it as JSON, in
  turn with it, in slices of 250 requests. P1 is
  a build that runs; ready and queued ones are told below the table.
- **P3**: commits are the transaction ids that Postgres gave out. The ceiling inserts one row and commits, over
  16 connections, without any HTTP. CPU is that of the API (or of the inserting program) and of both servers.
- **P4**: from the job's first event to the start of its build, by the clock of Postgres; one job at a time on an
  idle worker. With the bell lost, the worker hears no NOTIFY at all.
  The idle worker is measured after its first minute, in which the engine looks for schedules every second.
- **P5**: a build whose sandbox, runner and store are in memory and do nothing. *All* is a worker process with the
  engine; *ours* is the same state machine, services and pipeline walked without the engine. By hand, the very
  statements that such a build sends are sent again over one plain connection.
- **P6, P7**: a build of the keyless engine in a real sandbox, less the manifest's own commands typed by hand, in
  turn with it; and from the start to the page, first with an empty cache of packages, then with a full one.
- **P8**: CPU of this process, the sandbox and all in it. Beside it `bwrap` is started anew for each command.
- **P14**: the app's first page as a visitor sees it, four keep-alive clients; CPU of the preview process with the
  app below it, beside the app alone, started by hand from the exported archive. Waits are of one client.
- **P9**: idle streams of one API process. Events are told to all of them at once, beside an ASGI function with a
  queue for each stream.
- **P10**: CPU of the API and Postgres. Sequential scans are counted by Postgres itself.
- **P11**: the straight line through the memory of the process over the second half of the builds, and what is
  there after that half that was not there before it: the first half fills the pools of connections.
- **P12, P13**: real sandboxes, real worker processes.
- **P15**: from the command to "Ready.", less the same imports in a program that does nothing else, and both
  servers alone: in a directory that they have to make, then in one that is there.
- **P16**: memory that is the API's alone, at its highest during the export less before it; the version is of
  random bytes, which no compressor makes smaller.
- **P17**: the app of a yoga studio, started as everywhere, with 10, 1,000 and 20,000 records of each kind; one
  keep-alive client who is signed in. Beside it a bare Starlette app under the same uvicorn settings that asks the
  same of the same SQLite file, without accents or the order of numbers, and shows it in a plain table. The row is
  the worst of the three.
"""


def performance_page(verdicts: Sequence[Verdict]) -> str:
    """The page as Markdown, with a row for every bar."""
    # With every bar, also those that this run left out: a page that hides one says too much.
    verdicts = judge_all(BARS, [verdict.reading for verdict in verdicts])
    notes = [f"- **{verdict.bar.id}**: {verdict.reading.note}" for verdict in verdicts if verdict.reading.note]
    machine = (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )
    when = f"{datetime.now(UTC):%Y-%m-%d}"
    parts = [
        _HEAD,
        f"## Last run\n\n{when}, {machine}.\n",
        "\n".join(as_page_rows(verdicts)) + "\n",
        "\n".join(notes) + "\n",
        _HOW,
    ]
    return "\n".join(parts)

"""A process that has imported the program once and forks the members of fleets: each would need seconds for it.

As a module it is that process: a line of JSON in, a line of JSON out, until its input ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Self

BACKEND = Path(__file__).resolve().parents[2]


class Nursery:
    """The means to speak to it. Its members die with it, and it dies with this process.

    They run the program of that folder: this one, or a copy of it.
    """

    def __init__(self, backend: Path = BACKEND) -> None:
        plain = {name: text for name, text in os.environ.items() if not name.startswith("COFOUNDER_")}
        plain["PYTHONPATH"] = str(backend)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.fleet_nursery"],
            cwd=backend,
            env=plain,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fork(self, config: dict[str, Any], *, log: Path) -> int:
        """A new member; its pid."""
        return int(self._ask({"fork": config, "log": str(log)}))

    def ended(self, pid: int) -> int | None:
        """How a member ended (negative for a signal), None while it runs."""
        status: int | None = self._ask({"ended": pid})
        return status

    def close(self) -> None:
        """End it, and every member that still runs."""
        self._process.communicate()

    def _ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _ended(pid: int, known: dict[int, int]) -> int | None:
    if pid not in known:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            known[pid] = os.waitstatus_to_exitcode(status)
    return known.get(pid)


def _main() -> None:
    # The parts are imported here, in the process that forks, and not in the test that only speaks to it.
    from app.supervision.fork import fork
    from tests.support.fleet_member import MemberConfig, run_member

    known: dict[int, int] = {}
    for line in iter(sys.stdin.readline, ""):
        question = json.loads(line)
        answer: int | None
        if "fork" in question:
            config = MemberConfig(**question["fork"])
            run = partial(run_member, config)
            plain = dict(os.environ)
            answer = fork(run, name=config.name, log=Path(question["log"]), environment=plain)
            known.pop(answer, None)  # the kernel gives the number of one that has ended to another
        else:
            answer = _ended(question["ended"], known)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _main()

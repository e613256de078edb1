"""An instance as a child process of this command."""

from __future__ import annotations

import ctypes
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx2

from app.cli.about import last_lines
from app.cli.context import Context, RunningInstance
from app.cli.errors import Exit
from app.core.errors import ConfigurationError, PortTaken
from app.core.settings import Settings

LEAVE: Final = signal.SIGUSR1
"""Tells a supervisor that it no longer ends with the command that started it."""
START_S: Final = 90.0
HELD_AGAIN_S: Final = 3.0
"""Another command that was quicker on the data directory may be starting once more, on other ports."""
STOP_S: Final = 20.0
PR_SET_PDEATHSIG: Final = 1


class Child:
    """A `cofounder up` that this process started.

    When somebody else was quicker on the same data directory, it has ended by itself, and `instance` is theirs.
    """

    def __init__(self, process: subprocess.Popen[bytes], instance: RunningInstance) -> None:
        self._process = process
        self.instance = instance

    @property
    def is_ours(self) -> bool:
        """True when the instance is the one that was started here."""
        return self.instance.pid == self._process.pid

    def wait(self) -> None:
        """Wait until the instance ends by itself."""
        self._process.wait()

    def stop(self) -> None:
        """Ask the instance to stop, and end it when it does not."""
        end_process(self._process)

    def leave(self) -> None:
        """Let the instance run on when this process ends."""
        self._process.send_signal(LEAVE)


def start_instance(settings: Settings, context: Context) -> Child:
    """Start `cofounder up` and wait until it serves. ConfigurationError with the end of its log, PortTaken."""
    settings.data.prepare()
    log = settings.data.logs / "up.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            up_command(settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # Ctrl-C reaches every process of the terminal's group; this one is stopped in order, by its parent.
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        return Child(process, wait_until_serving(process, settings, context, log=log))
    # Also on Ctrl-C: an instance that nobody waits for any more would run on unseen.
    except BaseException:
        end_process(process)
        raise


def up_command(settings: Settings) -> list[str]:
    """The command line of the child; it inherits the environment, so only what a flag may have set is named."""
    # -P: a folder named `app` in the caller's directory must not be taken for this program.
    command = [sys.executable, "-P", "-m", "app.cli.main", "up", "--data-dir", str(settings.data.root)]
    return [*command, "--port", str(settings.port), "--preview-port", str(settings.previews_port)]


def die_with_parent() -> None:
    """Have the kernel end the child when this process is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def wait_until_serving(
    process: subprocess.Popen[bytes], settings: Settings, context: Context, *, log: Path
) -> RunningInstance:
    """The instance, once its API says that it is ready. PortTaken."""
    last_held = time.monotonic()
    deadline = last_held + START_S
    while time.monotonic() < deadline:
        instance = context.wiring().find_instance(settings)
        if instance is not None and is_ready(instance):
            return instance
        if process.poll() is None or context.wiring().is_coming_up(settings):
            last_held = time.monotonic()
        # `up` ends so for a taken port, and for a second instance; of that one `is_coming_up` has told before.
        elif process.returncode == Exit.CONFLICT:
            raise PortTaken(f"Port {settings.port} or {settings.previews_port} is taken by another program.")
        elif time.monotonic() > last_held + HELD_AGAIN_S:
            raise not_started(f"The instance ended while it started (exit {process.returncode}).", log)
        time.sleep(0.05)
    raise not_started(f"The instance did not start within {START_S:g} s.", log)


def is_ready(instance: RunningInstance) -> bool:
    """True when the API and all it needs answer."""
    try:
        answer = httpx2.get(f"{instance.api_url}/api/ready", timeout=5, trust_env=False)
    except httpx2.TransportError:
        return False
    return answer.status_code == httpx2.codes.OK


def not_started(detail: str, log: Path) -> ConfigurationError:
    """The failure with the last words of the instance."""
    words = "\n".join(f"  {line}" for line in last_lines(log, 8))
    return ConfigurationError(f"{detail} Its last words:\n{words}", remedy="cofounder doctor")


def end_process(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, and SIGKILL when that is not heard; a second Ctrl-C does not leave it half done."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

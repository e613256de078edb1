"""The directory that each sandbox has, and how any process of the instance finds and ends what belongs to it."""

from __future__ import annotations

import json
import re
import secrets
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from app.adapters.sandboxes.local.processes import kill
from app.adapters.sandboxes.local.trees import remove_tree
from app.core.ids import JobId, SandboxId
from app.supervision.process import ProcessKey, boot_id

NOT_YET: Final = ProcessKey(0, "")
ROOMS: Final = ("workspace", "home", "cache")
# Far longer than any start takes.
ABANDONED_S: Final = 3600
_STATE: Final = "state.json"
_ID = re.compile(r"(\d+)-(\d+)-([0-9a-f]{12})")


@dataclass(frozen=True)
class Instance:
    """One sandbox on disk. The id is pid, start time and directory; until it has processes the first two are 0."""

    directory: Path
    job_id: JobId
    purpose: str
    boot: str
    outer: ProcessKey = NOT_YET
    """bubblewrap itself."""
    inner: ProcessKey = NOT_YET
    """PID 1 of the sandbox, as seen from outside: when it has ended, everything inside has."""

    @classmethod
    def create(cls, directory: Path, job_id: JobId, purpose: str) -> Self:
        """A fresh directory, known by its job before anything runs in it."""
        directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Hidden until its state is written, so that nobody finds one that belongs to no job.
        draft = cls(directory.with_name(f".{directory.name}"), job_id, purpose, boot_id())
        draft.directory.mkdir(mode=0o700)
        try:
            for room in ROOMS:
                (draft.directory / room).mkdir()
            draft.save()
        except OSError:
            # On a full disk, what is left of each try would take the room of the next.
            remove_tree(draft.directory)
            raise
        return replace(draft, directory=draft.directory.rename(directory))

    @property
    def id(self) -> SandboxId:
        return SandboxId(f"{self.outer.pid}-{_ticks_of(self.outer)}-{self.directory.name}")

    @property
    def is_alive(self) -> bool:
        return self.outer.alive or self.inner.alive

    @property
    def has_ended(self) -> bool:
        """True when it ran and does no more; False for one that is about to."""
        return self.boot != boot_id() or (self.outer != NOT_YET and not self.is_alive)

    @property
    def has_files(self) -> bool:
        """False once somebody else has begun to remove them."""
        return (self.directory / _STATE).exists()

    def running(self, outer: ProcessKey, inner: ProcessKey) -> Self:
        """The same instance with its processes, not saved yet."""
        return replace(self, outer=outer, inner=inner)

    def save(self) -> None:
        """Write the state so that a reader finds the old or the new one."""
        state = {
            "job_id": str(self.job_id),
            "purpose": self.purpose,
            "boot": self.boot,
            "outer": asdict(self.outer),
            "inner": asdict(self.inner),
        }
        draft = self.directory / f"{_STATE}.new"
        draft.write_text(json.dumps(state))
        draft.replace(self.directory / _STATE)

    @classmethod
    def load(cls, directory: Path) -> Self | None:
        """None for a directory without a readable state: its maker died before it was written."""
        try:
            state = json.loads((directory / _STATE).read_text())
            return cls(
                directory,
                JobId(uuid.UUID(state["job_id"])),
                state["purpose"],
                state["boot"],
                _read_key(state["outer"], state["boot"]),
                _read_key(state["inner"], state["boot"]),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    async def end(self) -> None:
        """Kill what runs and wait for it."""
        for process in (self.inner, self.outer):
            await kill(process)


def _ticks_of(process: ProcessKey) -> int:
    """The clock ticks after boot at which it began; 0 for one that has not begun."""
    return int(process.birth.rpartition(":")[2] or 0)


def _read_key(kept: dict[str, Any], boot: str) -> ProcessKey:
    """The key of a process as it was kept, by an earlier release in ticks alone."""
    if "started" in kept:
        return ProcessKey(kept["pid"], f"{boot}:{kept['started']}" if kept["pid"] else "")
    return ProcessKey(**kept)


def new_directory(root: Path, *, hidden: bool = False) -> Path:
    """The directory of the next sandbox. A `hidden` one is in no list: only its maker ends it."""
    return root / f"{'.' if hidden else ''}{secrets.token_hex(6)}"


def find_instances(root: Path) -> list[Instance]:
    """Every sandbox that is alive or has left files behind."""
    if not root.is_dir():
        return []
    instances = (Instance.load(directory) for directory in root.iterdir() if not directory.name.startswith("."))
    return [instance for instance in instances if instance is not None]


def sweep(root: Path) -> None:
    """Remove directories whose maker died before they were complete."""
    if not root.is_dir():
        return
    for directory in root.glob(".*"):
        with suppress(FileNotFoundError):  # its maker may take it away meanwhile
            if time.time() - directory.stat().st_mtime > ABANDONED_S:
                remove_tree(directory)


def parse_id(sandbox_id: SandboxId) -> tuple[ProcessKey, str] | None:
    """The outer process, if the machine still runs as it did then, and the directory's name.

    None for an id of another provider.
    """
    match = _ID.fullmatch(sandbox_id)
    return (ProcessKey(int(match[1]), f"{boot_id()}:{match[2]}"), match[3]) if match else None


def remove_instance(directory: Path) -> None:
    """Take the directory away, and last of all what it is found by; idempotent."""
    for room in ROOMS:
        remove_tree(directory / room)
    remove_tree(directory)

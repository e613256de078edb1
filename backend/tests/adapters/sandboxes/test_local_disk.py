"""On a full disk one sandbox ends, the greediest of all processes, and not one for each process that watches."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import pytest

from app.adapters.sandboxes.local.disk_notes import largest_note, write_note
from app.adapters.sandboxes.local.instances import NOT_YET, Instance, parse_id, remove_instance
from app.core.ids import JobId
from app.supervision.process import process_key


def a_sandbox(root: Path, name: str, *, is_alive: bool = True) -> Path:
    """The directory of a sandbox whose processes run, or never ran."""
    instance = Instance.create(root / name, JobId(uuid.uuid4()), "build")
    process = process_key(os.getpid()) if is_alive else NOT_YET
    assert process is not None
    instance.running(process, process).save()
    return instance.directory


def test_the_largest_is_known_to_everybody_until_its_files_are_removed(tmp_path: Path) -> None:
    modest, greedy, ended = (
        a_sandbox(tmp_path, "modest"),
        a_sandbox(tmp_path, "greedy"),
        a_sandbox(tmp_path, "ended", is_alive=False),
    )
    write_note(modest, 40)
    write_note(greedy, 90)
    write_note(ended, 500)
    # Else the next in line would be ended while the room of this one is being given back.
    assert largest_note(tmp_path) == 500

    remove_instance(ended)
    assert largest_note(tmp_path) == 90

    write_note(greedy, 0)
    assert largest_note(tmp_path) == 40


def test_a_note_that_cannot_be_read_counts_for_nothing(tmp_path: Path) -> None:
    (a_sandbox(tmp_path, "odd") / "disk-bytes").write_text("much")
    a_sandbox(tmp_path, "new")
    assert largest_note(tmp_path) == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this kernel has no full device")
def test_a_note_on_a_full_disk_is_left_as_it_is(tmp_path: Path) -> None:
    (a_sandbox(tmp_path, "full") / "disk-bytes").symlink_to("/dev/full")
    write_note(tmp_path / "full", 7)


def test_a_sandbox_that_an_earlier_release_left_is_known_by_its_processes(tmp_path: Path) -> None:
    directory = a_sandbox(tmp_path, "0123456789ab")
    kept = Instance.load(directory)
    assert kept is not None
    state = json.loads((directory / "state.json").read_text())
    in_ticks = {"pid": kept.outer.pid, "started": int(kept.outer.birth.rpartition(":")[2])}
    (directory / "state.json").write_text(json.dumps({**state, "outer": in_ticks, "inner": in_ticks}))

    assert Instance.load(directory) == kept
    assert kept.is_alive
    assert parse_id(kept.id) == (kept.outer, directory.name)

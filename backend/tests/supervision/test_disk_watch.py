"""A disk at the border of being full is told of once."""

from __future__ import annotations

from pathlib import Path

from app.supervision.disk_watch import DiskWatch
from tests.support.disk import mounted_disk


def test_a_full_disk_is_told_once_and_a_little_room_is_none(tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", megabytes=300) as disk:
        watch = DiskWatch(disk, every_s=0)
        assert watch.look() is None
        (disk / "filler").write_bytes(bytes(220_000_000))
        assert str(watch.look()).startswith("The disk is full: 94 MB are free")
        assert watch.look() is None

        (disk / "filler").write_bytes(bytes(150_000_000))
        assert watch.look() is None
        (disk / "filler").unlink()
        assert str(watch.look()).startswith("There is room on the disk again (314 MB).")
        assert watch.look() is None


def test_it_looks_now_and_then_only(tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", megabytes=2) as disk:
        watch = DiskWatch(disk, every_s=60)
        (disk / "filler").write_bytes(bytes(1_000_000))
        assert watch.look() is not None
        (disk / "filler").unlink()
        assert watch.look() is None

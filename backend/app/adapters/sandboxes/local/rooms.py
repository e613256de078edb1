"""The directories of a sandbox before it starts, owned by whom its code runs as."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.adapters.sandboxes.local.layout import Layout


def prepare_rooms(
    directory: Path, *, owner: int | None, seeds: Sequence[Path], overlay: bool, etc: Mapping[str, bytes]
) -> Layout:
    """Lay out the rooms. Without an overlay file system the sandbox gets its own copy of the seeds."""
    layout = Layout(
        workspace=directory / "workspace",
        home=directory / "home",
        cache=directory / "cache",
        seeds=tuple(seeds) if overlay else (),
        etc=etc,
    )
    for path in (layout.cache / "upper", layout.cache / "work", layout.home / ".cache" / "uv"):
        path.mkdir(parents=True, exist_ok=True)
    if not overlay:
        for seed in seeds:
            shutil.copytree(seed, layout.cache / "upper", symlinks=True, dirs_exist_ok=True)
    if owner is not None:
        _hand_over([layout.workspace, layout.home, layout.cache], owner)
    return layout


def _hand_over(rooms: Sequence[Path], owner: int) -> None:
    for room in rooms:
        for folder, folders, files in os.walk(room):
            for name in (".", *folders, *files):
                os.chown(Path(folder) / name, owner, owner, follow_symlinks=False)

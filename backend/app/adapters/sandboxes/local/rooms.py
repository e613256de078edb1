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
        for room in (layout.workspace, layout.home, layout.cache):
            hand_over(room, owner)
    return layout


def hand_over(tree: Path, owner: int) -> None:
    """Make everything in a tree that nobody else writes to yet belong to this user."""
    for folder, folders, files in os.walk(tree):
        for name in (".", *folders, *files):
            os.chown(Path(folder) / name, owner, owner, follow_symlinks=False)

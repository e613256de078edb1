"""The directories of a sandbox before it starts, owned by whom its code runs as."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.adapters.sandboxes.local.layout import CACHE_LAYER, VENV_LAYER, Layout, Seed


def prepare_rooms(
    directory: Path,
    *,
    owner: int | None,
    seeds: Sequence[Seed],
    venv: Seed | None,
    overlay: bool,
    data: Path | None = None,
    etc: Mapping[str, bytes],
) -> Layout:
    """Lay out the rooms. Without an overlay file system the sandbox gets its own copy of the seeds' caches."""
    layout = Layout(
        workspace=directory / "workspace",
        home=directory / "home",
        cache=directory / "cache",
        seeds=tuple(seeds) if overlay else (),
        venv=venv if overlay else None,
        data=data,
        etc=etc,
    )
    layers = [layout.cache / layer / part for layer in (CACHE_LAYER, VENV_LAYER) for part in ("upper", "work")]
    mounts = [layout.home / ".cache" / "uv", *([layout.workspace / ".venv"] if layout.venv else [])]
    if data is not None:
        mounts.append(layout.workspace / "data")
    for path in (*layers, *mounts):
        path.mkdir(parents=True, exist_ok=True)
    if not overlay:
        for seed in seeds:
            shutil.copytree(seed.cache, layout.cache / CACHE_LAYER / "upper", symlinks=True, dirs_exist_ok=True)
    if owner is not None:
        for room in (layout.workspace, layout.home, layout.cache):
            hand_over(room, owner)
    return layout


def hand_over(tree: Path, owner: int) -> None:
    """Make everything in a tree that nobody else writes to yet belong to this user."""
    for folder, folders, files in os.walk(tree):
        for name in (".", *folders, *files):
            os.chown(Path(folder) / name, owner, owner, follow_symlinks=False)

"""Download a build as a zip file."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Final

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, FileRefused, UsageError
from app.cli.lookup import Build, find_build
from app.domain.job import version_number

NAME_LENGTH: Final = 60


@dataclass(frozen=True)
class _Form:
    """What a build is downloaded as: the ends of its address and of the file's name, and the flag for it."""

    address: str
    ending: str
    flag: str = ""


_PLAIN: Final = _Form("export", ".zip")
_WITH_DATA: Final = _Form("export?with_data=true", "-with-data.zip", " --with-data")
_GIT: Final = _Form("bundle", ".bundle", " --as-git")


def export(
    build: Build,
    /,
    *,
    output: Annotated[
        Path | None,
        Parameter(help="The file or folder to write to; `-` for standard output.", allow_leading_hyphen=True),
    ] = None,
    as_git: Annotated[
        bool, Parameter(help="Every version up to this one, as a git repository in a file: `git clone FILE`.")
    ] = False,
    with_data: Annotated[bool, Parameter(help="Add the app's records, which may name people.")] = False,
    force: Annotated[bool, Parameter(help="Overwrite the file when it exists.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    if as_git and with_data:
        raise UsageError(
            "A git repository holds no records.", remedy=f"cofounder export {quote(build)} --with-data"
        )
    form = _GIT if as_git else _WITH_DATA if with_data else _PLAIN
    with open_client(common, context) as client:
        record = find_build(client, build)
        job_id, version = record["job_id"], record["build_version"]
        name = file_name(record, ending=form.ending)
        again = f"cofounder export {quote(build)}{form.flag}"
        target = output or Path(name)
        if target.is_dir():
            target /= name
        with client.download(f"/api/builds/{job_id}/{form.address}") as pieces:
            if str(target) == "-":
                write_out(pieces)
                return Exit.OK
            size = write_file(pieces, target, force=force, again=again)
    if common.json:
        context.result_json({"job_id": job_id, "build_version": version, "file": str(target), "bytes": size})
    else:
        context.result(str(target))
    return Exit.OK


def file_name(build: Mapping[str, Any], *, ending: str) -> str:
    """By the app's title and its version, such as `yoga-studio-booking-v0.1.zip`."""
    title = (build.get("evidence") or {}).get("title") or build.get("goal") or "app"
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:NAME_LENGTH].rstrip("-") or "app"
    return f"{slug}-v0.{version_number(build['build_version'])}{ending}"


def write_out(pieces: Iterator[bytes]) -> None:
    """Bytes to standard output."""
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    # Here, where a closed pipe is still told as one.
    sys.stdout.buffer.flush()


def write_file(
    pieces: Iterator[bytes],
    target: Path,
    *,
    force: bool,
    again: str,
    flag: str = "--output ",
    names_folder: bool = False,
) -> int:
    """Write beside the target, then put it in place at once; answers the bytes written. FileRefused.

    `again` is the command that the remedies begin with, `flag` what comes before the file, or before its folder
    where the command names that.
    """

    def naming(file: Path) -> str:
        return f"{again} {flag}{quote(str(file.parent if names_folder else file))}"

    overwrite = f"{naming(target)} --force"
    # Before the download, since it may be large; the same is asked again when it is put in place.
    if target.exists() and not force:
        raise FileRefused(f"{str(target)!r} exists already.", remedy=overwrite)
    if not target.parent.is_dir():
        raise FileRefused(f"There is no folder {str(target.parent)!r}.", remedy=naming(Path(target.name)))
    try:
        return _write_whole(pieces, target, force=force)
    except FileExistsError as error:
        raise FileRefused(f"{str(target)!r} exists already.", remedy=overwrite) from error
    except OSError as error:
        elsewhere = naming(Path(tempfile.gettempdir()) / target.name)
        raise FileRefused(f"{str(target)!r} cannot be written ({error.strerror}).", remedy=elsewhere) from error


def _write_whole(pieces: Iterator[bytes], target: Path, *, force: bool) -> int:
    # In the target's own folder, since a file gets its name in one step only within one file system.
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        put_in_place(part, target, force=force)
    finally:
        part.unlink(missing_ok=True)
    return size


def put_in_place(part: Path, target: Path, *, force: bool) -> None:
    """Give the finished file its name; without `force` a file that appeared meanwhile wins."""
    # mkstemp lets only its owner read, and an export is made to be handed on.
    part.chmod(0o644)
    if not force:
        # Takes the name, or fails where it is taken, since a rename writes over a file. A link would fail as well,
        # but also on a stick or a share that knows no links.
        target.touch(exist_ok=False)
    part.replace(target)

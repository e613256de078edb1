"""Download a build as a zip file."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from app.cli.builds import checked_id
from app.cli.client import ApiClient, open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import ApiProblem, Exit, FileRefused
from app.core.errors import NotFound
from app.domain.job import JobStatus, version_number


def export(
    build: Annotated[str, Parameter(help="A job's id, or a project's for its newest ready build.")],
    /,
    *,
    output: Annotated[Path | None, Parameter(help="The file to write; `-` for standard output.")] = None,
    force: Annotated[bool, Parameter(help="Overwrite the file when it exists.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Download a build as a zip file; an unfinished download leaves nothing behind."""
    with open_client(common, context) as client:
        job_id, version = find_build(client, checked_id(build))
        target = output or Path(f"{version}.zip")
        with client.download(f"/api/builds/{job_id}/export") as pieces:
            if str(target) == "-":
                write_out(pieces)
                return Exit.OK
            size = write_file(pieces, target, force=force)
    if common.json:
        context.result_json({"job_id": job_id, "build_version": version, "file": str(target), "bytes": size})
    else:
        context.result(str(target))
    return Exit.OK


def find_build(client: ApiClient, some_id: str) -> tuple[str, str]:
    """The job and version meant by a job's or a project's id. NotFound."""
    try:
        found = client.get(f"/api/builds/{some_id}")
        return found["job_id"], found["build_version"]
    except ApiProblem as problem:
        if problem.http_status != 404:
            raise
    ready = [item for item in client.pages(f"/api/projects/{some_id}/builds") if item["status"] == JobStatus.READY]
    if not ready:
        raise NotFound("The project has no build that is ready.", remedy=f"cofounder versions {some_id}")
    newest = max(ready, key=lambda item: version_number(item["build_version"]))
    return newest["job_id"], newest["build_version"]


def write_out(pieces: Iterator[bytes]) -> None:
    """Bytes to standard output."""
    for piece in pieces:
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def write_file(pieces: Iterator[bytes], target: Path, *, force: bool) -> int:
    """Write beside the target, then put it in place at once; answers the bytes written. FileRefused."""
    again = f"cofounder export ... --output {target} --force"
    if target.exists() and not force:
        raise FileRefused(f"{str(target)!r} exists already.", remedy=again)
    part = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        part = Path(name)
        with os.fdopen(handle, "wb") as file:
            size = sum(file.write(piece) for piece in pieces)
        place(part, target, force=force)
    except FileExistsError as error:
        raise FileRefused(f"{str(target)!r} exists already.", remedy=again) from error
    except OSError as error:
        raise FileRefused(f"{str(target)!r} cannot be written ({error.strerror}).", remedy=again) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return size


def place(part: Path, target: Path, *, force: bool) -> None:
    """Give the finished file its name; without `force` a file that appeared meanwhile wins."""
    part.chmod(0o644)
    if force:
        part.replace(target)
    else:
        target.hardlink_to(part)

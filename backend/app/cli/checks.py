"""Show what was checked before a build became ready."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.export import write_file
from app.cli.lookup import Build, find_build


def checks(
    job: Build,
    /,
    *,
    pictures: Annotated[Path | None, Parameter(help="A folder to put the pictures of the app in.")] = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        build = find_build(client, job)
        evidence = client.get(f"/api/builds/{build['job_id']}/evidence")
        paths = []
        for address in evidence["pictures"] if pictures is not None else ():
            path = (pictures or Path()) / f"{evidence['build_version']}-{Path(address).name}"
            with suppress(OSError):  # where it cannot be made, writing into it says so
                path.parent.mkdir(parents=True, exist_ok=True)
            with client.download(address) as pieces:
                again = f"cofounder checks {quote(job)}"
                write_file(pieces, path, force=True, again=again, flag="--pictures ", names_folder=True)
            paths.append(str(path))
    if common.json:
        context.result_json(evidence | {"files": paths})
    else:
        context.result("\n".join([*evidence_lines(evidence), *paths]))
    return Exit.OK


def evidence_lines(evidence: Mapping[str, Any]) -> list[str]:
    """Each check on a line, and what it saw below it."""
    lines = [f"{evidence['build_version']}: {len(evidence['checks'])} checks"]
    for check in evidence["checks"]:
        mark = "-     " if check["skipped"] else "ok    " if check["ok"] else "FAILED"
        lines.append(f"  {mark} {check['name']:<12}{check['seconds']:6.2f} s  {check['detail']}")
        # Pages that answered as they should are many, and say nothing more than the check's own line.
        lines += [f"           {line}" for line in check["saw"] if not line.startswith("200 ")]
    return lines

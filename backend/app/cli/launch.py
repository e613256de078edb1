"""The papers of a version that goes online: its checklist, its brief, its history."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from shlex import quote
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.export import write_file
from app.cli.lookup import Build, find_build

SIGNS: Final = {"red": "blocks", "yellow": "note", "green": "ok"}
PAPERS: Final = ("brief", "scope", "milestones", "risks", "how-it-works")


def launch(build: Build, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        record = find_build(client, build)
        checklist = client.get(f"/api/builds/{record['job_id']}/readiness")
    if common.json:
        context.result_json(checklist)
        return Exit.OK
    for finding in checklist["findings"]:
        context.result(f"{SIGNS[finding['light']]:<7} {finding['title']}. {finding['detail']}")
        if finding["fix"]:
            context.verbatim(f"        {finding['fix']}")
    context.say(f"All its files, with what a server needs:\ncofounder export {record['job_id']}")
    return Exit.OK


def papers(
    build: Build,
    folder: Annotated[Path, Parameter(help="Where to write them.")] = Path(),
    /,
    *,
    kind: Annotated[Literal["pdf", "md"], Parameter(help="PDF, or Markdown.")] = "pdf",
    force: Annotated[bool, Parameter(help="Overwrite files that exist.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    again = f"cofounder papers {quote(build)}"
    written = []
    with open_client(common, context) as client:
        job_id = find_build(client, build)["job_id"]
        for name in PAPERS:
            target = folder / f"{name}.{kind}"
            with client.download(f"/api/builds/{job_id}/papers/{name}.{kind}") as pieces:
                write_file(pieces, target, force=force, again=again, flag="", names_folder=True)
            written.append(str(target))
    context.result_json({"job_id": job_id, "files": written}) if common.json else context.result(
        "\n".join(written)
    )
    return Exit.OK


def push(
    build: Build,
    url: Annotated[str, Parameter(help="The address of an empty repository, beginning with https://.")],
    /,
    *,
    branch: Annotated[str, Parameter(help="The branch to push to.")] = "main",
    common: Common = COMMON,
    context: Ctx,
) -> int:
    # Neither a flag nor a variable: both stand in lists of processes.
    token = getpass("A token that may write there: ", context.talk) if sys.stdin.isatty() else sys.stdin.readline()
    if not token.strip():
        raise UsageError(
            "The token is empty.", remedy=f"cofounder push {quote(build)} {quote(url)} < FILE-WITH-THE-TOKEN"
        )
    with open_client(common, context) as client:
        path = f"/api/builds/{find_build(client, build)['job_id']}/push"
        pushed = client.post(path, {"url": url, "branch": branch, "token": token.strip()})
    if common.json:
        context.result_json(pushed)
    else:
        context.result(f"Every version is at {pushed['url']}, on the branch {pushed['branch']}.")
        context.say("The token was not kept; take it back on the server if you need it no more.")
    return Exit.OK

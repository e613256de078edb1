"""What can be done with a version: compare it, go back to it, begin another project with it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.builds import Timeout, finish, tell
from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.lookup import find_build
from app.cli.progress import make_progress
from app.cli.projects import project_line

Build = Annotated[str, Parameter(help="A job's id, or a project's name or id for its newest ready build.")]


def diff(
    build: Build,
    since: Annotated[str | None, Parameter(help="The build to compare with; by default the one before.")] = None,
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Show what a version does otherwise than the one before, in words."""
    with open_client(common, context) as client:
        job_id = find_build(client, build)["job_id"]
        params = {} if since is None else {"since": find_build(client, since)["job_id"]}
        told = client.get(f"/api/builds/{job_id}/changes", **params)
    if common.json:
        context.result_json(told)
        return Exit.OK
    if told["since"] is None:
        context.say(f"{told['build_version']} is the first version; nothing came before it.")
    for line in told["changes"]:
        context.result(line)
    if told["since"] is not None and not told["changes"]:
        context.say(f"The plan is the same in {told['since']} and {told['build_version']}.")
    return Exit.OK


def back(
    build: Annotated[str, Parameter(help="The job's id of an earlier version, as `versions` prints it.")],
    /,
    *,
    detach: Annotated[bool, Parameter(help="Do not wait; print the job's id.")] = False,
    timeout: Timeout = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Build an earlier version again, as a new one with the records of the newest. Nothing is deleted."""
    with open_client(common, context) as client:
        started = client.post(f"/api/builds/{find_build(client, build)['job_id']}/return")
        job_id = started["job_id"]
        context.say(f"Going back, as {started['build_version']} (job {job_id}).")
        if detach:
            context.result_json(started) if common.json else context.result(job_id)
            return Exit.OK
        finished = finish(client, job_id, progress=make_progress(context, as_json=common.json), timeout_s=timeout)
        return tell(finished, context, as_json=common.json)


def branch(build: Build, /, *, common: Common = COMMON, context: Ctx) -> int:
    """Begin another project with the plan of a version."""
    with open_client(common, context) as client:
        begun = client.post(f"/api/builds/{find_build(client, build)['job_id']}/branch")
    context.result_json(begun) if common.json else context.result(project_line(begun))
    context.say(f"To build it:\ncofounder build --project {begun['id']}")
    return Exit.OK

"""Deeds with a version: compare it, go back to it, begin another project with it."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.builds import Timeout, finish_started
from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.lookup import Build, find_build
from app.cli.projects import project_line


def diff(
    build: Build,
    since: Annotated[str | None, Parameter(help="The build to compare with; by default the one before.")] = None,
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        job_id = find_build(client, build)["job_id"]
        params = {} if since is None else {"since": find_build(client, since)["job_id"]}
        comparison = client.get(f"/api/builds/{job_id}/changes", **params)
    if common.json:
        context.result_json(comparison)
        return Exit.OK
    if comparison["since"] is None:
        context.say(f"{comparison['build_version']} is the first version; nothing came before it.")
    for line in comparison["changes"]:
        context.result(line)
    if comparison["since"] is not None and not comparison["changes"]:
        context.say(f"The plan is the same in {comparison['since']} and {comparison['build_version']}.")
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
    with open_client(common, context) as client:
        started = client.post(f"/api/builds/{find_build(client, build)['job_id']}/return")
        context.say(f"Going back, as {started['build_version']} (job {started['job_id']}).")
        return finish_started(client, started, context, common, detach=detach, timeout_s=timeout)


def branch(build: Build, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        project = client.post(f"/api/builds/{find_build(client, build)['job_id']}/branch")
    context.result_json(project) if common.json else context.result(project_line(project))
    context.say(f"To build it:\ncofounder build --project {project['id']}")
    return Exit.OK

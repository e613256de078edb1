"""List projects and their builds, and open a preview."""

from __future__ import annotations

import webbrowser
from typing import Annotated, Any

from cyclopts import Parameter

from app.cli.builds import checked_id
from app.cli.client import ApiClient, open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.core.errors import NotFound
from app.domain.job import JobStatus

Project = Annotated[str, Parameter(help="The project's id, as `projects` prints it.")]


def projects(*, common: Common = COMMON, context: Ctx) -> int:
    """List your projects."""
    with open_client(common, context) as client:
        items = list(client.pages("/api/projects"))
    if common.json:
        context.result_json({"items": items})
        return Exit.OK
    for item in items:
        context.result(f"{item['id']}  {item['status']:<6}  {item['name']}")
    if not items:
        context.say('No projects yet.\ncofounder build "A booking app for a yoga studio"')
    return Exit.OK


def versions(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    """List the builds of a project."""
    with open_client(common, context) as client:
        items = list(client.pages(f"/api/projects/{checked_id(project)}/builds"))
    if common.json:
        context.result_json({"items": items})
        return Exit.OK
    for item in items:
        context.result(version_line(item))
    if not items:
        context.say(f'No builds yet.\ncofounder build "..." --project {project}')
    return Exit.OK


def version_line(item: dict[str, Any]) -> str:
    """One build in one line."""
    goal = " ".join(str(item.get("goal") or "").split())
    goal = goal if len(goal) <= 60 else f"{goal[:57]}..."
    return f"{item['build_version']:<12}  {item['status']:<9}  {item['job_id']}  {goal}"


def newest_ready(client: ApiClient) -> str:
    """The job that became ready last, of all projects. NotFound."""
    builds = (
        build
        for project in client.pages("/api/projects")
        for build in client.pages(f"/api/projects/{project['id']}/builds")
        if build["status"] == JobStatus.READY
    )
    newest = max(builds, key=lambda build: str(build["created_at"]), default=None)
    if newest is None:
        raise NotFound("No build is ready yet.", remedy="cofounder projects")
    return str(newest["job_id"])


def open_preview(
    job: Annotated[
        str | None, Parameter(help="The job whose preview to open; without it, your newest ready build.")
    ] = None,
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Open the preview of a build; prints the address in any case."""
    with open_client(common, context) as client:
        job_id = checked_id(job) if job is not None else newest_ready(client)
        url = client.post(f"/api/builds/{job_id}/preview")["preview_url"]
    if common.json:
        context.result_json({"url": url})
        return Exit.OK
    context.result(url)
    if context.out.isatty():
        webbrowser.open(url)
    return Exit.OK

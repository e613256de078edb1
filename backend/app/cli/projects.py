"""List projects and their builds, and open a preview."""

from __future__ import annotations

from shlex import quote
from typing import Annotated

from cyclopts import Parameter

from app.cli.asking import require_yes
from app.cli.client import ApiClient, JsonObject, open_client
from app.cli.command_group import command_group
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import Exit
from app.cli.listing import list_items
from app.cli.lookup import Project, find_build, find_project_id
from app.cli.summary import state_of
from app.core.desktop import open_in_browser
from app.core.errors import NotFound
from app.domain.gate import GateStatus
from app.domain.job import JobStatus
from app.preview.links import Access


def projects(*, common: Common = COMMON, context: Ctx) -> int:
    """List your projects."""
    with open_client(common, context) as client:
        records = list(client.pages("/api/projects"))
    empty = 'No projects yet.\ncofounder build "A booking app for a yoga studio"'
    return list_items(records, map(project_line, records), empty=empty, common=common, context=context)


def rename(
    project: Project,
    name: Annotated[str, Parameter(help="The new name.")],
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Give a project another name."""
    with open_client(common, context) as client:
        answer = client.patch(f"/api/projects/{find_project_id(client, project)}", {"name": name})
    context.result_json(answer) if common.json else context.result(project_line(answer))
    return Exit.OK


def delete(
    project: Project,
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do not ask.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Remove a project for good: its builds, versions, previews, and the records of its apps."""
    with open_client(common, context) as client:
        # Exactly: a part of a name must not be enough to delete for good.
        path = f"/api/projects/{find_project_id(client, project, exactly=True)}"
        record = client.get(path)
        if not yes:
            question = f"Delete {record['name']!r} with all its versions and the records of its apps?"
            command = f"cofounder projects delete {record['id']} --yes"
            require_yes(context, question, otherwise="Nothing was deleted.", command=command)
        client.delete(path)
    if common.json:
        context.result_json({"id": record["id"], "name": record["name"], "deleted": True})
    else:
        context.result(f"{record['name']!r} is deleted.")
    return Exit.OK


def tell_begun(project: JsonObject, context: Context) -> None:
    """Tell of a project that begins with a plan, and how to go on with it."""
    context.result(project_line(project))
    context.say(f"To read and correct its plan, and to build it:\ncofounder spec edit {project['id']}")
    context.say(f"cofounder build --project {project['id']}")


def project_line(project: JsonObject) -> str:
    """One project in one line, with the state of its latest build."""
    latest = project.get("latest_build")
    state = f"{latest['build_version']} {state_of(latest)}" if latest else "no build"
    name = " ".join(str(project["name"]).split())
    return f"{project['id']}  {project['status']:<6}  {state:<20}  {name}"


def versions(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        builds = list(client.pages(f"/api/projects/{find_project_id(client, project)}/builds"))
    empty = f'No builds yet.\ncofounder build "..." --project {quote(project)}'
    return list_items(builds, map(version_line, builds), empty=empty, common=common, context=context)


def version_line(build: JsonObject) -> str:
    """One build in one line."""
    goal = " ".join(str(build.get("goal") or "").split())
    goal = goal if len(goal) <= 60 else f"{goal[:57]}..."
    return f"{build['build_version']:<12}  {state_of(build):<9}  {build['job_id']}  {goal}"


def newest_ready(client: ApiClient) -> JsonObject:
    """The build that became ready last, of all projects. NotFound."""
    builds = (
        build
        for project in client.pages("/api/projects")
        for build in client.pages(f"/api/projects/{project['id']}/builds")
        if build["status"] == JobStatus.READY
    )
    newest = max(builds, key=lambda build: str(build["created_at"]), default=None)
    if newest is None:
        raise NotFound("No build is ready yet.", remedy="cofounder projects")
    return newest


def open_preview(
    job: Annotated[
        str | None, Parameter(help="A job's id, or a project's name or id; without it, your newest ready build.")
    ] = None,
    /,
    *,
    visitor: Annotated[
        bool, Parameter(help="Print a link for others, which opens the public side alone.")
    ] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        build = find_build(client, job) if job is not None else newest_ready(client)
        access = Access.VISITOR if visitor else Access.OWNER
        url = client.post(f"/api/builds/{build['job_id']}/preview?access={access}")["preview_url"]
        # A link that is made for others is no look of the founder's.
        gate_id = None if visitor else gate_of_viewing(client, build)
    if common.json:
        context.result_json({"url": url, "gate_id": gate_id})
        return Exit.OK
    context.result(url)
    if context.out.isatty() and not visitor:
        open_in_browser(url)
    if gate_id is not None:
        context.say("A decision waits before the next build: improve this version, ship it, or park the project.")
        context.say(f"cofounder decide {gate_id} iterate\ncofounder gates {build['project_id']}")
    return Exit.OK


def revoke(
    job: Annotated[str, Parameter(help="A job's id, or a project's name or id for its newest build.")],
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        build = find_build(client, job)
        client.delete(f"/api/builds/{build['job_id']}/links")
    if common.json:
        context.result_json({"job_id": build["job_id"]})
    else:
        context.say(f"No link to {build['build_version']} opens it any more. For a new one:")
        context.say(f"cofounder open {build['job_id']}")
    return Exit.OK


def gate_of_viewing(client: ApiClient, build: JsonObject) -> str | None:
    """Note that the founder has seen this build; the decision that waits because of it, None once it is taken."""
    viewing = client.post(f"/api/generation/{build['job_id']}/preview-viewed")
    gates = client.pages(f"/api/projects/{build['project_id']}/gates")
    waiting = (gate["gate_id"] for gate in gates if gate["status"] == GateStatus.PENDING)
    return viewing["gate_id"] if viewing["gate_id"] in waiting else None


app = command_group("projects", rename, delete, default=projects)

"""Find what a person names: a project by its name or id, a build or a decision by its id, whole or shortened."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final

from cyclopts import Parameter

from app.cli.client import ApiClient, JsonObject
from app.cli.errors import ApiProblem, UsageError
from app.core.errors import NotFound
from app.domain.job import JobStatus, version_number

Project = Annotated[str, Parameter(help="The project's name or id, as `projects` prints it.")]
Build = Annotated[str, Parameter(help="A job's id, or a project's name or id for its newest ready build.")]
"""The arguments of commands that name one."""

Item = Mapping[str, Any]

SHORT_ID: Final = re.compile(r"[0-9a-f-]{4,35}")
"""The beginning of an id; fewer characters would soon be somebody else's, too."""
SHOWN: Final = 5


def find_project_id(client: ApiClient, text: str, *, exactly: bool = False) -> str:
    """The id of the project that `text` names. NotFound; UsageError when it could be several.

    A project is named by its id, a beginning of that, its name, or, unless `exactly`, any part of its name.
    """
    # A whole id asks nothing, so that scripts cost one request and not a page of projects.
    project_id = full_id(text)
    if project_id is not None:
        return project_id
    matches = matching_projects(list(client.pages("/api/projects")), text, exactly=exactly)
    if not matches:
        raise NotFound(f"There is no project {text!r}.", remedy="cofounder projects")
    return str(only_choice([(project["id"], project["name"]) for project in matches], text))


def matching_projects(projects: Sequence[Item], text: str, *, exactly: bool) -> Sequence[Item]:
    """The projects that `text` may name: by the first way of naming in which there are any."""
    name_meant = " ".join(text.split()).casefold()
    names = {project["id"]: " ".join(str(project["name"]).split()).casefold() for project in projects}
    # A whole name wins over the beginning of an id, and that over a part of a name: the surest first.
    ways = [
        [project for project in projects if names[project["id"]] == name_meant],
        [project for project in projects if begins_id(project["id"], text)],
        [project for project in projects if name_meant and name_meant in names[project["id"]] and not exactly],
    ]
    return next((matches for matches in ways if matches), [])


def find_job_id(client: ApiClient, text: str) -> str:
    """The id of the build that `text` begins. NotFound, also when it is a project; UsageError for several."""
    job_id = full_id(text)
    if job_id is not None:
        return job_id
    projects = list(client.pages("/api/projects"))
    builds = [(build["job_id"], build["build_version"]) for build in builds_of(client, projects, text)]
    if builds:
        return str(only_choice(builds, text))
    for project in matching_projects(projects, text, exactly=False):
        raise names_a_project(project)
    raise NotFound(f"There is no build {text!r}.", remedy="cofounder projects")


def find_gate_id(client: ApiClient, text: str) -> str:
    """The id of the decision that `text` begins. NotFound; UsageError for several."""
    gate_id = full_id(text)
    if gate_id is not None:
        return gate_id
    gates = [
        (gate["gate_id"], gate["title"])
        for project in client.pages("/api/projects")
        for gate in client.pages(f"/api/projects/{project['id']}/gates")
        if begins_id(gate["gate_id"], text)
    ]
    if not gates:
        raise NotFound(f"There is no decision {text!r}.", remedy="cofounder projects")
    return str(only_choice(gates, text))


def find_build(client: ApiClient, text: str) -> JsonObject:
    """The build that `text` names, or the newest ready one of a project. NotFound, UsageError, ApiProblem."""
    some_id = full_id(text)
    if some_id is None:
        return _find_build_by_words(client, text)
    try:
        return client.get(f"/api/builds/{some_id}")
    except ApiProblem as problem:
        if find_project(client, some_id, problem) is None:
            raise
    return newest_ready_of(client, some_id)


def _find_build_by_words(client: ApiClient, text: str) -> JsonObject:
    projects = list(client.pages("/api/projects"))
    matches = matching_projects(projects, text, exactly=False)
    builds = builds_of(client, projects, text)
    choices = [(project["id"], project["name"]) for project in matches]
    choices += [(build["job_id"], build["build_version"]) for build in builds]
    if not choices:
        raise NotFound(f"There is no project or build {text!r}.", remedy="cofounder projects")
    chosen = only_choice(choices, text)
    return next((build for build in builds if build["job_id"] == chosen), None) or newest_ready_of(client, chosen)


def newest_ready_of(client: ApiClient, project_id: str) -> JsonObject:
    """The newest version of a project. NotFound."""
    builds = client.pages(f"/api/projects/{project_id}/builds")
    ready = [build for build in builds if build["status"] == JobStatus.READY]
    if not ready:
        raise NotFound("The project has no build that is ready.", remedy=f"cofounder versions {project_id}")
    return max(ready, key=lambda build: version_number(build["build_version"]))


def builds_of(client: ApiClient, projects: Sequence[Item], text: str) -> list[JsonObject]:
    """The builds of the projects whose ids begin so; nothing is asked for what cannot be an id."""
    if not SHORT_ID.fullmatch(text.lower()):
        return []
    return [
        build
        for project in projects
        for build in client.pages(f"/api/projects/{project['id']}/builds")
        if begins_id(build["job_id"], text)
    ]


def full_id(text: str) -> str | None:
    """`text` as an id, safe to be part of an address; None when it is no id."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def begins_id(some_id: object, text: str) -> bool:
    """True when `text` is a beginning of the id, long enough to be meant as one."""
    return SHORT_ID.fullmatch(text.lower()) is not None and str(some_id).startswith(text.lower())


def only_choice(choices: Sequence[tuple[str, str]], text: str) -> str:
    """The id of the only choice. UsageError that lists the choices when there are several."""
    if len(choices) == 1:
        return choices[0][0]
    rows = [f"  {some_id}  {' '.join(str(name).split())}" for some_id, name in choices[:SHOWN]]
    rows += [f"  and {len(choices) - SHOWN} more"] if len(choices) > SHOWN else []
    raise UsageError("\n".join([f"{text!r} could be:", *rows, "Say more of its id."]), remedy="cofounder projects")


@contextmanager
def naming_a_build(client: ApiClient, some_id: str) -> Iterator[None]:
    """Tell, when there is no such build, that the id is a project's. NotFound."""
    try:
        yield
    except ApiProblem as problem:
        project = find_project(client, some_id, problem)
        if project is None:
            raise
        raise names_a_project(project) from problem


def names_a_project(project: Item) -> NotFound:
    """The error for a project where a build was asked for."""
    detail = f"{project['name']!r} is a project, not a build. Its builds:"
    return NotFound(detail, remedy=f"cofounder versions {project['id']}")


def find_project(client: ApiClient, some_id: str, problem: ApiProblem) -> JsonObject | None:
    """The project of that id, when `problem` says that there is no such build."""
    if problem.http_status != 404:
        return None
    try:
        return client.get(f"/api/projects/{some_id}")
    except ApiProblem as refusal:
        if refusal.http_status != 404:
            raise
        return None

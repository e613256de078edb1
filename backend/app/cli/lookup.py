"""Find what a person names: a project by its name or id, a build or a decision by its id, whole or shortened."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from app.cli.client import ApiClient
from app.cli.errors import ApiProblem, UsageError
from app.core.errors import NotFound
from app.domain.job import JobStatus, version_number

Item = Mapping[str, Any]

SHORT_ID: Final = re.compile(r"[0-9a-f-]{4,35}")
"""The beginning of an id; fewer characters would soon be somebody else's, too."""
SHOWN: Final = 5


def find_project_id(client: ApiClient, text: str, *, exactly: bool = False) -> str:
    """The id of the project that `text` names. NotFound; UsageError when it could be several.

    A project is named by its id, a beginning of that, its name, or, unless `exactly`, any part of its name.
    """
    whole = whole_id(text)
    if whole is not None:
        return whole
    found = matching_projects(list(client.pages("/api/projects")), text, exactly=exactly)
    if not found:
        raise NotFound(f"There is no project {text!r}.", remedy="cofounder projects")
    return str(the_only([(item["id"], item["name"]) for item in found], text))


def matching_projects(projects: Sequence[Item], text: str, *, exactly: bool) -> Sequence[Item]:
    """The projects that `text` may name: by the first way of naming in which there are any."""
    wanted = " ".join(text.split()).casefold()
    names = {item["id"]: " ".join(str(item["name"]).split()).casefold() for item in projects}
    ways = [
        [item for item in projects if names[item["id"]] == wanted],
        [item for item in projects if begins(item["id"], text)],
        [item for item in projects if wanted and wanted in names[item["id"]] and not exactly],
    ]
    return next((found for found in ways if found), [])


def find_job_id(client: ApiClient, text: str) -> str:
    """The id of the build that `text` begins. NotFound, also when it is a project; UsageError for several."""
    whole = whole_id(text)
    if whole is not None:
        return whole
    projects = list(client.pages("/api/projects"))
    builds = [(build["job_id"], build["build_version"]) for build in builds_of(client, projects, text)]
    if builds:
        return str(the_only(builds, text))
    for project in matching_projects(projects, text, exactly=False):
        raise names_a_project(project)
    raise NotFound(f"There is no build {text!r}.", remedy="cofounder projects")


def find_gate_id(client: ApiClient, text: str) -> str:
    """The id of the decision that `text` begins. NotFound; UsageError for several."""
    whole = whole_id(text)
    if whole is not None:
        return whole
    gates = [
        (gate["gate_id"], gate["title"])
        for project in client.pages("/api/projects")
        for gate in client.pages(f"/api/projects/{project['id']}/gates")
        if begins(gate["gate_id"], text)
    ]
    if not gates:
        raise NotFound(f"There is no decision {text!r}.", remedy="cofounder projects")
    return str(the_only(gates, text))


def find_build(client: ApiClient, text: str) -> dict[str, Any]:
    """The build that `text` names, or the newest ready one of a project. NotFound, UsageError, ApiProblem."""
    whole = whole_id(text)
    if whole is None:
        return _find_build_by_words(client, text)
    try:
        return client.get(f"/api/builds/{whole}")
    except ApiProblem as problem:
        if find_project(client, whole, problem) is None:
            raise
    return newest_ready_of(client, whole)


def _find_build_by_words(client: ApiClient, text: str) -> dict[str, Any]:
    projects = list(client.pages("/api/projects"))
    named = matching_projects(projects, text, exactly=False)
    builds = builds_of(client, projects, text)
    found = [(item["id"], item["name"]) for item in named]
    found += [(build["job_id"], build["build_version"]) for build in builds]
    if not found:
        raise NotFound(f"There is no project or build {text!r}.", remedy="cofounder projects")
    chosen = the_only(found, text)
    return next((build for build in builds if build["job_id"] == chosen), None) or newest_ready_of(client, chosen)


def newest_ready_of(client: ApiClient, project_id: str) -> dict[str, Any]:
    """The newest version of a project. NotFound."""
    builds = client.pages(f"/api/projects/{project_id}/builds")
    ready = [build for build in builds if build["status"] == JobStatus.READY]
    if not ready:
        raise NotFound("The project has no build that is ready.", remedy=f"cofounder versions {project_id}")
    return max(ready, key=lambda build: version_number(build["build_version"]))


def builds_of(client: ApiClient, projects: Sequence[Item], text: str) -> list[dict[str, Any]]:
    """The builds of the projects whose ids begin so; nothing is asked for what cannot be an id."""
    if not SHORT_ID.fullmatch(text.lower()):
        return []
    return [
        build
        for project in projects
        for build in client.pages(f"/api/projects/{project['id']}/builds")
        if begins(build["job_id"], text)
    ]


def whole_id(text: str) -> str | None:
    """`text` as an id; None when it is none. Checked before it reaches an address, where a slash would matter."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return None


def begins(some_id: object, text: str) -> bool:
    """True when `text` is a beginning of the id, long enough to be meant as one."""
    return SHORT_ID.fullmatch(text.lower()) is not None and str(some_id).startswith(text.lower())


def the_only(found: Sequence[tuple[str, str]], text: str) -> str:
    """The id of the one that was found. UsageError that lists them when there are several."""
    if len(found) == 1:
        return found[0][0]
    rows = [f"  {some_id}  {' '.join(str(name).split())}" for some_id, name in found[:SHOWN]]
    rows += [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
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


def find_project(client: ApiClient, some_id: str, problem: ApiProblem) -> dict[str, Any] | None:
    """The project of that id, when `problem` says that there is no such build."""
    if problem.http_status != 404:
        return None
    try:
        return client.get(f"/api/projects/{some_id}")
    except ApiProblem as other:
        if other.http_status != 404:
            raise
        return None

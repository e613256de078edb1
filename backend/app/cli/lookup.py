"""Find what an id names: a build, or a project whose newest ready build is meant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.cli.client import ApiClient
from app.cli.errors import ApiProblem
from app.core.errors import NotFound
from app.domain.job import JobStatus, version_number


def find_build(client: ApiClient, some_id: str) -> dict[str, Any]:
    """The build that a job's id names, or the newest ready one of a project. NotFound, ApiProblem."""
    try:
        return client.get(f"/api/builds/{some_id}")
    except ApiProblem as problem:
        if find_project(client, some_id, problem) is None:
            raise
    builds = client.pages(f"/api/projects/{some_id}/builds")
    ready = [build for build in builds if build["status"] == JobStatus.READY]
    if not ready:
        raise NotFound("The project has no build that is ready.", remedy=f"cofounder versions {some_id}")
    return max(ready, key=lambda build: version_number(build["build_version"]))


@contextmanager
def naming_a_build(client: ApiClient, some_id: str) -> Iterator[None]:
    """Tell, when there is no such build, that the id is a project's. NotFound."""
    try:
        yield
    except ApiProblem as problem:
        project = find_project(client, some_id, problem)
        if project is None:
            raise
        detail = f"This is the id of the project {project['name']!r}, not of a build. Its builds:"
        raise NotFound(detail, remedy=f"cofounder versions {some_id}") from problem


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

"""The next command to type for each thing that the server can refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from app.domain.job import JobStatus

COMMAND_FOR_CODE: Final[dict[str, str]] = {
    "gate_pending": "cofounder gates {project_id}",
    "confirmation_needed": "cofounder build --project {project_id} --yes",
    "build_in_progress": "cofounder watch {job_id}",
    "project_parked": "cofounder unpark {project_id}",
    "already_terminal": "cofounder status {job_id}",
    "not_ready": "cofounder watch {job_id}",
    "never_ready": "cofounder versions {project_id}",
    "gate_already_decided": "cofounder gates {project_id}",
    "no_spec": 'cofounder build "your goal" --project {project_id}',
    "no_data": "cofounder open",
    "spec_changed": "cofounder spec show --help",
    "unauthenticated": "cofounder token",
    "subscription_required": "{upgrade_url}",
}

COMMAND_FOR_STATUS: Final[dict[int, str]] = {
    401: "cofounder token",
    404: "cofounder projects",
    503: "cofounder doctor",
}


def remedy_for(http_status: int, document: Mapping[str, Any]) -> str | None:
    """The command that leads on, with the ids that the server named; None when there is none."""
    code = str(document.get("code"))
    # To watch a build that has failed would tell the same again.
    if code == "not_ready" and document.get("build_status") == JobStatus.FAILED:
        code = "never_ready"
    template = COMMAND_FOR_CODE.get(code) or COMMAND_FOR_STATUS.get(http_status)
    if template is None:
        return None
    try:
        return template.format(**document)
    # The document may lack the id; then the person fills the gap.
    except KeyError as missing:
        return template.replace("{" + str(missing.args[0]) + "}", str(missing.args[0]).upper())

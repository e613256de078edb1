"""Change an app in words: a model plans the change, the next version has it."""

from __future__ import annotations

import uuid
from typing import Annotated

from cyclopts import Parameter

from app.cli.builds import Timeout, finish, tell
from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.lookup import find_project_id
from app.cli.progress import make_progress
from app.domain.text import has_shape


def change(
    project: Annotated[str, Parameter(help="The project's name or id, as `projects` prints it.")],
    words: Annotated[str, Parameter(help="What is to be otherwise, in your own words.")],
    /,
    *,
    detach: Annotated[bool, Parameter(help="Do not wait; print the job's id.")] = False,
    timeout: Timeout = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Change an app in words and build it as the next version; its records come along. Needs a model."""
    if not has_shape(words):
        raise UsageError(
            "The change is empty.", remedy='cofounder change PROJECT "Add a phone number to customers"'
        )
    with open_client(common, context) as client:
        body = {"project_id": find_project_id(client, project), "change": words}
        started = client.post("/api/generation/start", body, idempotency_key=uuid.uuid4().hex)
        job_id = started["job_id"]
        context.say(f"Changing it as {started['build_version']} (job {job_id}).")
        if detach:
            context.result_json(started) if common.json else context.result(job_id)
            return Exit.OK
        finished = finish(client, job_id, progress=make_progress(context, as_json=common.json), timeout_s=timeout)
        return tell(finished, context, as_json=common.json)

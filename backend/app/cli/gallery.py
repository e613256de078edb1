"""Finished plans to start from."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.projects import tell_begun
from app.core.errors import NotFound


def gallery(
    name: Annotated[
        str | None, Parameter(help="The plan to begin a project with; without it, all are listed.")
    ] = None,
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        plans = client.get("/api/gallery")
        if name is not None and name not in [plan["name"] for plan in plans["items"]]:
            raise NotFound(f"There is no plan {name!r} in the gallery.", remedy="cofounder gallery")
        answer = plans if name is None else client.post(f"/api/gallery/{name}")
    if common.json:
        context.result_json(answer)
    elif name is None:
        for plan in answer["items"]:
            context.result(f"{plan['name']:<24}  {plan['title']}: {plan['tagline']}")
    else:
        tell_begun(answer, context)
    return Exit.OK

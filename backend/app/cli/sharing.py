"""Links by which others try an app."""

from __future__ import annotations

from datetime import UTC, datetime
from shlex import quote
from typing import Annotated

from cyclopts import Parameter

from app.cli.client import JsonObject, open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.listing import list_items
from app.cli.lookup import Project, begins_id, find_project_id, only_choice
from app.core.errors import NotFound


def share(
    project: Project,
    /,
    *,
    label: Annotated[str, Parameter(help="Whom it is for; only you read it.")] = "Somebody",
    days: Annotated[int, Parameter(help="How many days it is good, at most 90.")] = 7,
    code: Annotated[bool, Parameter(help="Ask for six digits too, which you tell by another way.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        path = f"/api/projects/{find_project_id(client, project)}/shares"
        link = client.post(path, {"label": label, "days": days, "with_code": code})
    if common.json:
        context.result_json(link)
        return Exit.OK
    context.result(link["url"])
    if link["code"]:
        context.result(f"Code: {link['code']}")
    context.say(f"It is good until {_day(link['expires_at'])}. To close it:")
    context.say(f"cofounder unshare {quote(project)} {link['id']}")
    return Exit.OK


def shares(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        links = client.get(f"/api/projects/{find_project_id(client, project)}/shares")["items"]
    empty = f"No link is good: nobody but you sees this app.\ncofounder share {quote(project)}"
    return list_items(links, map(link_line, links), empty=empty, common=common, context=context)


def _day(moment: str) -> str:
    """A moment as people write it, such as "2026-12-06 20:59 UTC"."""
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def link_line(link: JsonObject) -> str:
    """A link in one line."""
    asks = ", asks for a code" if link["asks_code"] else ""
    good = f"opened {link['opened']} times, good until {_day(link['expires_at'])}{asks}"
    return f"{link['id']}  {good}  {link['label']}"


def unshare(
    project: Project,
    link: Annotated[str, Parameter(help="The link's id, as `shares` prints it, or its first characters.")],
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        path = f"/api/projects/{find_project_id(client, project)}/shares"
        links = client.get(path)["items"]
        matches = [
            (each["id"], each["label"]) for each in links if each["id"] == link or begins_id(each["id"], link)
        ]
        if not matches:
            raise NotFound(f"There is no link {link!r} that is good.", remedy=f"cofounder shares {quote(project)}")
        link_id = only_choice(matches, link)
        client.delete(f"{path}/{link_id}")
    context.result_json({"id": link_id, "closed": True}) if common.json else context.result("It is closed.")
    return Exit.OK

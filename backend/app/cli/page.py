"""Open the founder's page."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.core.desktop import open_in_browser

PAGE_LINKS = "/api/page-links"


def page(
    *,
    sign_out: Annotated[
        bool, Parameter(negative=(), help="Sign you out in every browser instead, and end links not used yet.")
    ] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        if sign_out:
            client.delete(PAGE_LINKS)
            if common.json:
                context.result_json({"signed_out": True})
            else:
                context.result("No browser is signed in to the page any more.")
            return Exit.OK
        url = client.post(PAGE_LINKS)["url"]
    if common.json:
        context.result_json({"url": url})
        return Exit.OK
    context.result(url)
    # In a pipe a program asked for the link, and wants no window.
    if context.out.isatty():
        open_in_browser(url)
    return Exit.OK

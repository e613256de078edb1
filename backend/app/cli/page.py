"""Open the founder's page."""

from __future__ import annotations

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.core.desktop import open_in_browser

PAGE_LINKS = "/api/page-links"


def page(*, common: Common = COMMON, context: Ctx) -> int:
    with open_client(common, context) as client:
        url = client.post(PAGE_LINKS)["url"]
    if common.json:
        context.result_json({"url": url})
        return Exit.OK
    context.result(url)
    # In a pipe a program asked for the link, and wants no window.
    if context.out.isatty():
        open_in_browser(url)
    return Exit.OK

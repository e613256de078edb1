"""An assistant shares an app by a link that may ask for a code, and closes it."""

from __future__ import annotations

from typing import Any

from app.blueprint.contract import examples
from tests.mcp_server.served import Served, make_ready
from tests.support.assistant import assistant
from tests.support.house import TOKEN

SPECIFICATION: dict[str, Any] = examples()[0][1]


async def test_a_link_is_made_listed_and_closed(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION)
        project_id = started["project_id"]
        make_ready(served, started)

        made = await ada.call("share", project_id=project_id, label="Bo", with_code=True)
        assert made["url"].startswith(f"{served.url}/s/")
        assert made["code"].isdecimal()
        assert made["code"] in made["summary"]

        listed = await ada.call("share", project_id=project_id, action="list")
        assert listed["links"] == [{"link_id": made["link_id"], "label": "Bo"}]

        await ada.call("share", project_id=project_id, action="close", link_id=made["link_id"])
        assert (await ada.call("share", project_id=project_id, action="list"))["links"] == []

        again, words = await ada.refused("share", project_id=project_id, action="close", link_id=made["link_id"])
        assert again in ("not_found", "link_closed")
        assert "What to do" in words


async def test_what_a_share_leaves_out_is_told(served: Served) -> None:
    async with assistant(served.url, TOKEN) as ada:
        started = await ada.call("build", specification=SPECIFICATION)
        for arguments, missing in (({}, "label is missing"), ({"action": "close"}, "link_id is missing")):
            _, words = await ada.refused("share", project_id=started["project_id"], **arguments)
            assert missing in words

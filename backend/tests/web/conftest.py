from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.acceptance.checks import CheckReport
from tests.support.house import House, open_house


@pytest.fixture
def house(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[House]:
    with open_house(database_url, valkey_url, tmp_path, acceptance=_accept) as opened:
        yield opened


async def _accept(*_: object, **__: object) -> CheckReport:
    """The fake runner writes one little app, whatever the plan says: what it does is not judged here."""
    return CheckReport(checks=[{"name": "tests", "ok": True, "detail": "passed", "seconds": 0.1}], pictures={})


@pytest.fixture
def signed_in(house: House) -> House:
    """The house with a browser that is signed in as Ada and shows where its posts come from."""
    sign_in(house)
    return house


def sign_in(house: House, token: str = "token-of-ada") -> None:
    url = house.client.post("/api/page-links", headers={"Authorization": f"Bearer {token}"}).json()["url"]
    answer = house.client.get(url)
    assert (answer.status_code, answer.url.path) == (200, "/")
    house.client.headers["Sec-Fetch-Site"] = "same-origin"

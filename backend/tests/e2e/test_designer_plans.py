"""The plans that a designer wrote for fourteen goals, as a model's answers: each becomes an app that is ready.

The provider is scripted, everything else is as it is for founders. A few run with everything else, all of them
with `make plans`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.designs import answer_with, as_text
from tests.support.instance import Instance
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel
from tests.support.specs import DESIGNER_SPECS

FIRST_CALL_S = 240
"""The first start loads the library of the provider, which takes long on a busy machine."""
BUILD_S = 900
FEW = ("gift_aid", "line_stops")
TRIED = [path for path in DESIGNER_SPECS if os.environ.get("COFOUNDER_PLANS") == "all" or path.stem in FEW]
PLANS: dict[str, dict[str, Any]] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in DESIGNER_SPECS
}


def as_the_designer(asked: Asked, _: int) -> Say:
    """The plan of the goal that is asked about; a short word to whoever only looks whether somebody is there."""
    said = next((plan for plan in PLANS.values() if plan["goal"][:60] in str(asked.body)), None)
    return HEARD if said is None else Say(as_text(answer_with(said)))


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """An instance whose model answers with the designer's plans."""
    with ScriptedModel(as_the_designer) as provider:
        settings = {"model": "compatible:scripted", "model_url": provider.url}
        with Instance(tmp_path_factory.mktemp("plans"), **settings) as running:
            running.client.timeout = FIRST_CALL_S
            yield running


@pytest.mark.parametrize("path", TRIED, ids=[path.stem for path in TRIED])
def test_the_plan_becomes_ready(studio: Instance, path: Path) -> None:
    plan = PLANS[path.stem]
    job_id = studio.started(plan["goal"])

    ended = studio.await_end(job_id, within_s=BUILD_S)

    build = studio.client.get(f"/api/builds/{job_id}").json()
    assert ended["status"] == "ready", (ended["error_message"], build["evidence"])
    assert build["engine"] == "compatible:scripted"
    checks = build["evidence"]["checks"]
    assert all(check["ok"] for check in checks)
    (items,) = [check for check in checks if check["name"] == "plan"]
    assert not [line for line in items.get("saw", ()) if line.startswith("not tried")], items
    page = studio.open_preview(studio.status(job_id)["preview_url"])
    # For customers, a title goes without words such as log and register.
    assert plan["title"].split()[0] in page.text

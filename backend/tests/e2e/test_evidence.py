"""What was checked is kept with a version, and the next version has to do it too."""

from __future__ import annotations

import io
import zipfile

from tests.support.instance import Instance

GOAL = "A booking app for a yoga studio"


def test_a_version_shows_why_it_may_be_trusted(instance: Instance) -> None:
    project = instance.project()
    first = instance.started(GOAL, project)
    assert instance.await_end(first)["status"] == "ready", instance.status(first)

    evidence = instance.client.get(f"/api/builds/{first}/evidence").json()

    seen = {check["name"]: check for check in evidence["checks"]}
    assert all(check["ok"] for check in seen.values())
    assert {"lint", "secrets", "tests", "links", "acceptance", "restart", "archive", "preview"} <= seen.keys()
    assert any("Bookings" in line for line in seen["acceptance"]["saw"])
    assert bool(evidence["pictures"]) != seen["screens"]["skipped"]
    for path in evidence["pictures"]:
        picture = instance.client.get(path)
        assert picture.headers["content-type"] == "image/webp"
        assert picture.content[8:12] == b"WEBP"
    assert instance.client.get(f"/api/builds/{first}/pictures/none.webp").status_code == 404

    second = instance.started(GOAL, project)
    assert instance.await_end(second)["status"] == "ready", instance.status(second)
    after = instance.client.get(f"/api/builds/{second}/evidence").json()
    promised = next(check for check in after["checks"] if check["name"] == "acceptance")
    assert promised["detail"].endswith("as in version 0.1")


def test_the_pictures_are_not_in_the_archive(instance: Instance) -> None:
    job = instance.started(GOAL)
    assert instance.await_end(job)["status"] == "ready"
    archive = instance.client.get(f"/api/builds/{job}/export").content
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        assert not [name for name in files.namelist() if name.endswith(".webp") or ".checks" in name]

"""What people put into an app is still there: after its sleep, after kill -9, and in the version after it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from tests.support.instance import Instance
from tests.support.visitor import Visitor

PATIENCE_S = 120
GOAL = "A contact list of the suppliers of a pottery studio"


def built(instance: Instance, project: str, **body: Any) -> str:
    """A build that became ready."""
    answer = instance.client.post("/api/generation/start", json={"project_id": project, **body})
    assert answer.status_code == 201, answer.text
    job_id = str(answer.json()["job_id"])
    end = instance.await_end(job_id)
    assert end["status"] == "ready", end
    return job_id


def read_spec(instance: Instance, project: str) -> Any:
    return instance.client.get(f"/api/projects/{project}/spec").json()


def write_spec(instance: Instance, project: str, found: Any) -> Any:
    headers = {"If-Match": f'"{found["revision"]}"'}
    answer = instance.client.put(f"/api/projects/{project}/spec", json=found["spec"], headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def simple_entity(spec: Any) -> Any:
    """A kind of record that needs nothing but texts."""
    return next(
        one
        for one in spec["entities"]
        if all(field["type"] in ("text", "longtext") for field in one["fields"] if field.get("required"))
    )


def filled(entity: Any, word: str) -> dict[str, str]:
    return {field["name"]: word for field in entity["fields"] if field.get("required")}


def test_an_edited_specification_keeps_the_rows_and_leaves_the_older_version_its_own(
    instance: Instance, tmp_path: Path
) -> None:
    project = instance.project("Suppliers")
    first = built(instance, project, goal=GOAL)
    found = read_spec(instance, project)
    old = simple_entity(found["spec"])
    with Visitor(instance, first) as visitor:
        for word in ("Zelda Clay", "Yuri Glaze"):
            assert visitor.send(f"/{old['table']}/new", **filled(old, word)).status_code == 303

    table, name, key = (
        old["table"],
        f"{old['name']}X",
        next(field["name"] for field in old["fields"] if field["required"]),
    )
    old |= {"name": name, "table": "renamed_things", "label": "Renamed thing", "plural": "Renamed things"}
    old["fields"].append({"name": "loyalty", "label": "Loyalty", "type": "int"})
    rule = {"kind": "unique", "entity": name, "fields": [key], "about": "There is one of that already."}
    found["spec"]["rules"].append(rule)
    edit = write_spec(instance, project, found)
    assert any(name in note for note in edit["notes"])
    second = built(instance, project)

    build = instance.client.get(f"/api/builds/{second}").json()
    assert build["build_version"] == "build_v0_2"
    assert build["evidence"]["data"]["from"] == "build_v0_1", build["evidence"]
    assert build["evidence"]["data"].get("rows", {}).get("renamed_things", 0) >= 2, build["evidence"]["data"]
    assert any("Renamed things" in note for note in build["evidence"]["data"]["notes"])
    with Visitor(instance, second) as visitor:
        page = visitor.get("/renamed_things?q=Zelda").text
        assert "Zelda Clay" in page
        assert "Loyalty" in visitor.get("/renamed_things/new").text
        refused = visitor.send("/renamed_things/new", **filled(old, "Zelda Clay"))
        assert refused.status_code in (409, 422)
        assert "There is one of that already." in refused.text
        assert visitor.send("/renamed_things/new", **filled(old, "Only In Two")).status_code == 303
    copy = backup(instance, first, tmp_path / "first.db")
    assert not [row for row in copy if "Only In Two" in row]

    instance.kill_everything()
    instance.start()
    assert instance.await_end(second)["status"] == "ready"

    with Visitor(instance, second) as visitor:
        assert "Only In Two" in visitor.get("/renamed_things?q=Only").text
    with Visitor(instance, first) as visitor:
        assert "Zelda Clay" in visitor.get(f"/{table}?q=Zelda").text
        assert "Only In Two</" not in visitor.get(f"/{table}?q=Only").text

        old = f"/api/projects/{project}/old-records"
        assert instance.client.delete(old, timeout=PATIENCE_S).json() == {"versions": ["build_v0_1"]}
        assert instance.client.get(f"/api/builds/{first}/data", timeout=PATIENCE_S).status_code == 404
    # Asleep, since its records went, it begins anew; those of the newest are untouched.
    with Visitor(instance, first) as visitor:
        assert "Zelda Clay" not in visitor.get(f"/{table}?q=Zelda").text.split("<main", 1)[1]
    with Visitor(instance, second) as visitor:
        assert "Only In Two" in visitor.get("/renamed_things?q=Only").text


def backup(instance: Instance, job_id: str, path: Path) -> list[str]:
    """Every row of every table as one text, from a backup that the sqlite3 module opens."""
    answer = instance.client.get(f"/api/builds/{job_id}/data", timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    path.write_bytes(answer.content)
    with sqlite3.connect(path) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return [str(row) for name in names for row in db.execute(f'SELECT * FROM "{name}"')]


def test_a_backup_comes_back_into_an_app_that_is_in_use(instance: Instance, tmp_path: Path) -> None:
    project = instance.project("Suppliers")
    job = built(instance, project, goal=GOAL)
    entity = simple_entity(read_spec(instance, project)["spec"])
    with Visitor(instance, job) as visitor:
        visitor.send(f"/{entity['table']}/new", **filled(entity, "Before The Backup"))
    kept = instance.client.get(f"/api/builds/{job}/data", timeout=PATIENCE_S).content

    with Visitor(instance, job) as visitor:
        visitor.send(f"/{entity['table']}/new", **filled(entity, "After The Backup"))
        answer = instance.client.put(f"/api/builds/{job}/data", content=kept, timeout=PATIENCE_S)
        assert answer.status_code == 200, answer.text
        assert "After The Backup" not in visitor.get(f"/{entity['table']}?q=After").text.split("<main", 1)[1]
        assert "Before The Backup" in visitor.get(f"/{entity['table']}?q=Before").text
    torn = instance.client.put(f"/api/builds/{job}/data", content=kept[: len(kept) // 2], timeout=PATIENCE_S)
    assert torn.status_code == 422, torn.text
    assert [row for row in backup(instance, job, tmp_path / "a.db") if "Before The Backup" in row]

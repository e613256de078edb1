"""What a version takes along: git, papers, and a push to a server."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
import structlog

from app.core.ids import JobId
from tests.support.git_server import TOKEN, GitServer, git_server
from tests.support.house import AUTH, House
from tests.web.test_pages import built, newest, post


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    folder = tmp_path / "server"
    folder.mkdir()
    with git_server(folder) as running:
        yield running


def second_version(house: House, project: str) -> None:
    post(house, f"/p/{project}/change", text="Add a birthday to customers")
    post(house, f"/p/{project}/build")
    house.build(JobId(UUID(newest(house, project)["job_id"])))


def test_the_bundle_is_a_repository_with_every_version(signed_in: House, tmp_path: Path) -> None:
    project = built(signed_in)
    second_version(signed_in, project)
    answer = signed_in.client.get(f"/p/{project}/v/2/export.bundle")
    assert answer.status_code == 200, answer.text
    (tmp_path / "app.bundle").write_bytes(answer.content)

    def git(*arguments: str, cwd: Path) -> str:
        ran = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True)
        return ran.stdout.strip()

    git("clone", "-q", "-b", "main", "app.bundle", "app", cwd=tmp_path)
    assert git("log", "--format=%s", cwd=tmp_path / "app").splitlines() == ["Version 2", "Version 1"]
    assert "Customers have a new detail: Birthday." in git("log", "-1", "--format=%b", cwd=tmp_path / "app")
    assert git("tag", cwd=tmp_path / "app").split() == ["v1", "v2"]
    names = {path.name for path in (tmp_path / "app").iterdir()}
    assert {"start.sh", "Dockerfile", "compose.yaml", ".github", "deploy"} <= names
    assert (tmp_path / "app" / "start.sh").stat().st_mode & 0o100
    again = signed_in.client.get(f"/p/{project}/v/2/export.bundle").content
    assert git("bundle", "list-heads", "app.bundle", cwd=tmp_path)
    (tmp_path / "again.bundle").write_bytes(again)
    heads = [git("bundle", "list-heads", name, cwd=tmp_path) for name in ("app.bundle", "again.bundle")]
    assert heads[0] == heads[1]


def test_a_push_brings_every_version_to_the_server_and_the_next_goes_on(
    signed_in: House, server: GitServer, tmp_path: Path
) -> None:
    project = built(signed_in)

    with structlog.testing.capture_logs() as logged:
        page = post(signed_in, f"/p/{project}/v/1/push", url=server.url, branch="main", token=TOKEN)
        assert "Every version is at" in page.text
        second_version(signed_in, project)
        pushed = signed_in.client.post(
            f"/api/builds/{newest(signed_in, project)['job_id']}/push",
            json={"url": server.url, "token": TOKEN},
            headers=AUTH,
        )
    assert pushed.status_code == 200, pushed.text
    assert pushed.json()["commit"] == server.git("rev-parse", "main")
    assert server.git("log", "--format=%s", "main").splitlines() == ["Version 2", "Version 1"]
    # Sent to the server and left nowhere else: not in the page, in the answer, in the log or in a file.
    assert any(server.seen)
    assert TOKEN not in f"{page.text}{pushed.text}{logged}"
    kept = [path for path in signed_in.settings.data.root.rglob("*") if path.is_file()]
    assert not [path for path in kept if TOKEN.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"token": "ghp_another"}, "did not accept the token"),
        ({"token": ""}, "The token is empty"),
        ({"url": "http://example.com/app.git"}, "unencrypted"),
        ({"url": "https://me:secret@example.com/app.git"}, "more than a server and a path"),
        ({"url": "ext::sh -c true"}, "one that git pushes to"),
        ({"url": "--upload-pack=x"}, "one that git pushes to"),
        ({"branch": "-x"}, "cannot be called that"),
        ({"branch": "a..b"}, "cannot be called that"),
    ],
)
def test_a_push_that_cannot_be_is_said_in_words(
    signed_in: House, server: GitServer, fields: dict[str, str], told: str
) -> None:
    project = built(signed_in)

    answer = post(
        signed_in, f"/p/{project}/v/1/push", **{"url": server.url, "branch": "main", "token": TOKEN, **fields}
    )

    assert answer.status_code in (422, 502)
    assert told in answer.text
    assert server.git("branch", "--list") == ""
    assert not re.search(r'name="token"[^>]*value', answer.text)


def test_work_of_others_on_the_branch_is_never_overwritten(signed_in: House, server: GitServer) -> None:
    # The same idea built twice within a second gives the very same commit, which a server has already.
    first, other = built(signed_in), built(signed_in, "Track the tools that our club lends to its members")
    post(signed_in, f"/p/{first}/v/1/push", url=server.url, branch="main", token=TOKEN)
    before = server.git("rev-parse", "main")

    answer = post(signed_in, f"/p/{other}/v/1/push", url=server.url, branch="main", token=TOKEN)

    assert "has other work on it" in answer.text
    assert server.git("rev-parse", "main") == before


@pytest.mark.parametrize("name", ["brief", "scope", "milestones", "risks", "how-it-works"])
def test_each_paper_is_written_from_the_version(signed_in: House, name: str) -> None:
    project = built(signed_in)
    second_version(signed_in, project)
    assert f"/papers/{name}.pdf" in signed_in.client.get(f"/p/{project}/launch").text

    markdown = signed_in.client.get(f"/p/{project}/v/2/papers/{name}.md")
    pdf = signed_in.client.get(f"/p/{project}/v/2/papers/{name}.pdf")

    told = {
        "brief": "Customers book a class online",
        "scope": "Send a text message before each class",
        "milestones": "Customers have a new detail: Birthday.",
        "risks": "Customers: e-mail",
        "how-it-works": "customers: ",
    }
    assert markdown.text.startswith("# ")
    assert told[name] in markdown.text
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.content[:5] == b"%PDF-"
    assert pdf.content.rstrip().endswith(b"%%EOF")


def test_there_is_no_other_paper(signed_in: House) -> None:
    project = built(signed_in)

    for name in ("brief.docx", "secrets.md", "brief"):
        assert signed_in.client.get(f"/p/{project}/v/1/papers/{name}").status_code == 404


def test_the_history_begins_with_the_first_version_whatever_came_since(signed_in: House, tmp_path: Path) -> None:
    project = built(signed_in)

    async def add_builds() -> None:
        copies = """
            INSERT INTO jobs (project_id, founder_id, number, status, goal, tier, spec, digest)
            SELECT project_id, founder_id, number + n, CASE WHEN n = 220 THEN 'ready' ELSE 'failed' END,
                   goal, tier, spec, digest
            FROM jobs, generate_series(1, 220) AS n WHERE project_id = %(project)s
            """
        async with signed_in.services.database.autocommit() as tx:
            await tx.execute(copies, {"project": project})

    signed_in.call(add_builds)

    answer = signed_in.client.get(f"/p/{project}/v/221/export.bundle")
    (tmp_path / "app.bundle").write_bytes(answer.content)
    listed = subprocess.run(
        ["git", "bundle", "list-heads", "app.bundle"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert {"refs/tags/v1", "refs/tags/v221"} <= {line.split()[1] for line in listed.stdout.splitlines()}

"""Links to a preview are made useless, in every process and for good."""

from __future__ import annotations

import asyncio
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from app.core.ids import JobId
from app.db.engine import Database
from app.events.notifications import Notification, NotificationListener
from app.preview.links import Access, PreviewSigner
from app.preview.revocation import LinkRevocation
from app.repositories.link_generations import REVOKED
from tests.api.test_refusals import problem_of
from tests.support.house import AUTH, OTHER_AUTH, House


@pytest.fixture
def ready(house: House) -> JobId:
    job_id = house.started()
    house.build(job_id)
    return job_id


def link_of(house: House, job_id: JobId) -> str:
    """The access parameter of a link made now."""
    url: str = house.client.post(f"/api/builds/{job_id}/preview", headers=AUTH).json()["preview_url"]
    return parse_qs(urlsplit(url).query)["cf_access"][0]


def revoke(house: House, job_id: JobId) -> None:
    answer = house.client.delete(f"/api/builds/{job_id}/links", headers=AUTH)
    assert answer.status_code == 204, answer.text


def test_a_revoked_link_opens_nothing_and_the_next_one_does(house: House, ready: JobId) -> None:
    signer = house.adapters.signer
    first, cookie = link_of(house, ready), signer.cookie(ready, Access.OWNER)
    for _ in range(2):
        revoke(house, ready)
        later = link_of(house, ready)
        assert (signer.opens(ready, first), signer.admits(ready, [cookie])) == (None, None)
        assert (entry := signer.opens(ready, later)) is not None
        assert entry.access is Access.OWNER
        assert house.status(ready)["preview_url"].endswith(later)
        first, cookie = later, signer.cookie(ready, Access.OWNER)


def test_links_to_other_versions_stay(house: House, ready: JobId) -> None:
    other = JobId(uuid.uuid4())
    link = house.adapters.signer.url(other).partition("cf_access=")[2]
    revoke(house, ready)

    assert house.adapters.signer.opens(other, link) is not None


def test_another_process_hears_of_it_and_a_new_one_reads_it(house: House, ready: JobId) -> None:
    old = link_of(house, ready)

    async def hear() -> tuple[PreviewSigner, list[Notification]]:
        signer = PreviewSigner("test-secret", link_seconds=3600, port=8401)
        notifications, database = (
            NotificationListener(house.services.database.url),
            Database(house.services.database.url),
        )
        links = LinkRevocation(database, signer)
        rung, listening, heard = list[Notification](), asyncio.Event(), asyncio.Event()

        def note(ring: Notification | None) -> None:
            (listening if ring is None else heard).set()
            rung.extend([ring] if ring else [])

        notifications.watch(note)
        notifications.watch(links.hear)
        await notifications.start()
        async with asyncio.timeout(20):
            await listening.wait()
            async with database.transaction() as tx:
                await links.revoke(tx, ready)
            await heard.wait()
            while not signer.generations:  # noqa: ASYNC110 - reading the record tells nobody
                await asyncio.sleep(0.01)
        await notifications.close()
        await links.close()
        await database.close()
        return signer, rung

    signer, rung = house.call(hear)

    assert signer.opens(ready, old) is None
    assert [(ring.job_id, ring.status) for ring in rung] == [(ready, REVOKED)]


def test_only_the_founder_revokes_and_only_what_is_ready(house: House, ready: JobId) -> None:
    answer = house.client.delete(f"/api/builds/{ready}/links", headers=OTHER_AUTH)
    assert problem_of(answer)["status"] == 404

    waiting = house.started(house.project("Another"))
    assert house.client.delete(f"/api/builds/{waiting}/links", headers=AUTH).status_code == 409


def test_a_deleted_project_takes_its_revocations_along(house: House, ready: JobId) -> None:
    revoke(house, ready)
    project = house.status(ready)["project_id"]
    assert house.client.delete(f"/api/projects/{project}", headers=AUTH).status_code == 204

    async def left() -> int:
        async with house.services.database.autocommit() as tx:
            return int(await tx.value("SELECT count(*) FROM link_generations"))

    assert house.call(left) == 0

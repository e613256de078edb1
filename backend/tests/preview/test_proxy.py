"""What a visitor of a preview meets, and what the app behind it gets to see."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator

import aiohttp
import pytest

from app.core.ids import JobId
from app.domain.job import JobStatus
from app.preview.links import Access, Share
from app.preview.probe import probe
from tests.preview.conftest import PAGE, House
from tests.preview.stage import manifest, workspace

NAVIGATE = {"Accept": "text/html,*/*", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
async def job(house: House, visitor: aiohttp.ClientSession) -> JobId:
    """A ready build whose preview the visitor may see."""
    job_id = await house.builds.add()
    await house.enter(visitor, job_id)
    return job_id


async def test_a_link_opens_the_app_and_loses_its_signature(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    link = house.signer.url(job_id).replace("/?", "/a%2Fb?x=1&") + "&y=%20"

    async with visitor.get(link, allow_redirects=False) as answer:
        location = answer.headers["Location"]
    async with visitor.get(link) as answer:
        seen = await answer.json()

    assert location == house.url(job_id, "/a%2Fb?x=1&y=%20")
    assert seen["path"] == "/a%2Fb?x=1&y=%20"


async def test_a_link_opens_as_often_as_wanted_until_it_expires(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id = await house.builds.add()
    link = house.signer.url(job_id)
    for _ in range(2):
        async with visitor.get(link) as answer:
            assert answer.status == 200

    house.clock.pass_by(601)
    visitor.cookie_jar.clear()
    async with visitor.get(link) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("access", ["", "1", "99999999999.x", "x.y", "\u00e9.\u00e9", "%00"])
async def test_without_a_good_signature_nobody_gets_in(
    house: House, visitor: aiohttp.ClientSession, access: str
) -> None:
    job_id = await house.builds.add()
    async with visitor.get(house.url(job_id, f"/?cf_access={access}")) as answer:
        problem = await answer.json(content_type="application/problem+json")

    assert (answer.status, problem["code"]) == (403, "link_over")
    assert f"./co open {job_id}" in problem["remedy"]
    assert house.runtime.made == []


async def test_a_revoked_link_lets_nobody_in_nor_stay(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    old = house.signer.url(job)
    house.signer.generations = {job: 1}

    for url in (house.url(job, "/boot"), old):
        async with visitor.get(url, allow_redirects=False) as answer:
            assert answer.status == 403
    await house.enter(visitor, job)
    async with visitor.get(house.url(job, "/boot")) as answer:
        assert answer.status == 200


async def test_access_to_one_build_is_none_to_another(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    other = await house.builds.add()
    cookies = "; ".join(f"{c.key}={c.value}" for c in visitor.cookie_jar)
    signature = house.signer.url(job).partition("=")[2]
    for path, headers in (("/", {"Cookie": cookies}), (f"/?cf_access={signature}", {})):
        async with visitor.get(house.url(other, path), headers=headers) as answer:
            assert answer.status == 403


async def test_a_page_that_may_not_be_seen_says_so_to_a_person(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id = await house.builds.add()
    async with visitor.get(house.url(job_id, "/"), headers=NAVIGATE) as answer:
        page = await answer.text()
    assert (answer.status, answer.content_type) == (403, "text/html")
    assert f"./co open {job_id}" in page


@pytest.mark.parametrize(
    "host", ["localhost", "build-x.localhost", f"build-{uuid.UUID(int=1)}.example.org", "[", "a:b", ""]
)
async def test_an_unknown_host_is_not_served(house: House, visitor: aiohttp.ClientSession, host: str) -> None:
    async with visitor.get(f"http://127.0.0.1:{house.port}/", headers={"Host": host}) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("port", ["80@evil.example", "80/evil", "x"])
async def test_a_host_is_never_reflected_into_a_redirect_elsewhere(
    house: House, visitor: aiohttp.ClientSession, port: str
) -> None:
    job_id = await house.builds.add()
    link = house.signer.url(job_id)
    headers = {"Host": f"build-{job_id}.localhost:{port}"}
    async with visitor.get(link, headers=headers, allow_redirects=False) as answer:
        assert answer.status in (400, 404)


async def test_a_path_that_looks_like_a_host_stays_a_path(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    link = house.signer.url(job_id).replace("/?", "//evil.example/?")
    async with visitor.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == house.url(job_id, "//evil.example/")


async def test_health_answers_on_the_loopback_name_only(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.get(f"http://127.0.0.1:{house.port}/-/health") as answer:
        assert await answer.json() == {"status": "ok", "previews": 0}
    async with visitor.get(house.url(job, "/-/health")) as answer:
        assert (await answer.json())["path"] == "/-/health"


async def test_the_app_sees_the_visitor_and_none_of_our_cookies(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    ours = "; ".join(f"{c.key}={c.value}" for c in visitor.cookie_jar)
    headers = {
        "Cookie": f"mine=1; {ours}; theirs=a=b",
        "X-Forwarded-For": "6.6.6.6",
        "X-Forwarded-Host": "evil",
        "Connection": "x-secret",
        "X-Secret": "1",
    }
    visitor.cookie_jar.clear()
    async with visitor.get(house.url(job, "/echo"), headers=headers) as answer:
        seen = {name.lower(): value for name, value in (await answer.json())["headers"]}

    authority = f"build-{job}.localhost:{house.port}"
    assert seen["cookie"] == "mine=1; theirs=a=b"
    assert seen["host"] == authority
    assert (seen["x-forwarded-for"], seen["x-forwarded-host"]) == ("127.0.0.1", authority)
    assert seen["x-forwarded-proto"] == "http"
    assert "x-secret" not in seen


async def test_the_app_is_told_of_whoever_has_the_founders_link_or_one_for_visitors(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id = await house.builds.add()
    told = []
    for access in Access:
        visitor.cookie_jar.clear()
        async with visitor.get(house.signer.url(job_id, access)) as answer:
            seen = {name.lower(): value for name, value in (await answer.json())["headers"]}
        told.append(seen["x-preview-access"])

    [owner, guest] = [header.split(" ") for header in told]
    assert (owner[0], guest[0]) == ("owner", "visitor")
    assert owner[1] == guest[1] == (await house.service.wake(job_id)).key
    assert len(owner[1]) > 30


async def test_a_visitor_cannot_say_that_they_are_the_founder(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id = await house.builds.add()
    async with visitor.get(house.signer.url(job_id, Access.VISITOR)) as answer:
        assert answer.status == 200
    key = (await house.service.wake(job_id)).key
    for headers in ({"X-Preview-Access": f"owner {key}"}, {"x-preview-access": "owner", "Connection": "close"}):
        async with visitor.get(house.url(job_id, "/echo"), headers=headers) as answer:
            seen = [
                value for name, value in (await answer.json())["headers"] if name.lower() == "x-preview-access"
            ]
        assert seen == [f"visitor {key}"]


async def test_a_link_for_visitors_is_none_of_the_founders(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    guest, owner = house.signer.url(job_id, Access.VISITOR), house.signer.url(job_id)
    for link, access in ((guest, Access.VISITOR), (owner, Access.OWNER)):
        opened = house.signer.opens(job_id, link.partition("=")[2])
        assert opened is not None
        assert opened.access is access
    # A visitor's cookie under the founder's name beside another of it, as a neighbouring origin could toss it in.
    cookie = house.signer.cookie(job_id, Access.VISITOR)
    headers = {"Cookie": f"cf_preview={cookie}; cf_preview=1.x"}
    async with visitor.get(house.url(job_id, "/echo"), headers=headers) as answer:
        seen = {name.lower(): value for name, value in (await answer.json())["headers"]}
    assert seen["x-preview-access"].startswith("visitor ")


async def test_a_visitors_cookie_is_renewed_as_a_visitors(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    async with visitor.get(house.signer.url(job_id, Access.VISITOR)) as answer:
        assert answer.status == 200
    house.clock.pass_by(400)
    async with visitor.get(house.url(job_id, "/echo")) as answer:
        renewed = answer.headers.getall("Set-Cookie")[0].split(";")[0].partition("=")[2]
    admitted = house.signer.admits(job_id, [renewed])
    assert admitted is not None
    assert admitted.access is Access.VISITOR


async def test_who_came_by_a_shared_link_is_out_as_soon_as_it_is_closed(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id, ends = await house.builds.add(), int(house.clock.now().timestamp()) + 10_000
    share, other = Share(uuid.uuid4(), ends), Share(uuid.uuid4(), ends)
    link = house.signer.url(job_id, Access.VISITOR, share=share)
    async with visitor.get(link) as answer:
        assert answer.status == 200
    house.clock.pass_by(400)
    async with visitor.get(house.url(job_id, "/boot")) as answer:
        assert "Set-Cookie" in answer.headers  # what closing has to end lives on in a renewed cookie

    house.signer.closed_shares = {share.id}

    for url in (house.url(job_id, "/boot"), link):
        async with visitor.get(url, allow_redirects=False) as answer:
            assert answer.status == 403
            assert "Set-Cookie" not in answer.headers
    async with visitor.get(house.signer.url(job_id, Access.VISITOR, share=other)) as answer:
        assert answer.status == 200


async def test_a_visit_by_a_shared_link_ends_with_the_link(house: House, visitor: aiohttp.ClientSession) -> None:
    job_id = await house.builds.add()
    share = Share(uuid.uuid4(), int(house.clock.now().timestamp()) + 500)
    async with visitor.get(house.signer.url(job_id, Access.VISITOR, share=share)) as answer:
        assert answer.status == 200
    house.clock.pass_by(499)
    async with visitor.get(house.url(job_id, "/boot")) as answer:
        assert answer.status == 200

    house.clock.pass_by(2)

    async with visitor.get(house.url(job_id, "/boot")) as answer:
        assert answer.status == 403


async def test_a_shared_links_cookie_is_not_made_longer_nor_made_another_links(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    job_id, ends = await house.builds.add(), int(house.clock.now().timestamp()) + 500
    share = Share(uuid.uuid4(), ends)
    expiry, _, signature = house.signer.cookie(job_id, Access.VISITOR, share=share).split(".")
    forged = (
        f"{expiry}.{Share(share.id, ends + 9_000)}.{signature}",
        f"{expiry}.{Share(uuid.uuid4(), ends)}.{signature}",
        f"{expiry}.{signature}",
        f"{expiry}..{signature}",
    )
    for cookie in forged:
        async with visitor.get(house.url(job_id, "/"), headers={"Cookie": f"cf_preview={cookie}"}) as answer:
            assert answer.status == 403, cookie


async def test_the_visitor_sees_the_app_without_its_hop_by_hop_and_frame_headers(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.get(house.url(job, "/echo")) as answer:
        assert "X-Private" not in answer.headers
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Content-Security-Policy"] == f"frame-ancestors 'self' {PAGE}"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_arrives_whole(
    house: House, visitor: aiohttp.ClientSession, job: JobId, method: str, chunked: bool
) -> None:
    body = bytes(range(256)) * 4000

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 50_000):
            yield body[start : start + 50_000]

    data = pieces() if chunked else body
    async with visitor.request(method, house.url(job, "/echo"), data=data) as answer:
        seen = await answer.json()

    sent = {name.lower(): value for name, value in seen["headers"]}
    assert (seen["method"], seen["sha"]) == (method, hashlib.sha256(body).hexdigest())
    assert sent.get("content-length") == (None if chunked else str(len(body)))


async def test_a_large_answer_comes_back_whole(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    async with visitor.get(house.url(job, "/big")) as answer:
        assert answer.headers["Content-Length"] == "10000000"
        assert await answer.read() == b"0123456789" * 1_000_000


async def test_head_keeps_the_length_and_sends_nothing(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.head(house.url(job, "/big")) as answer:
        assert answer.headers["Content-Length"] == "10000000"
        assert await answer.read() == b""


async def test_a_body_over_the_cap_is_refused(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    headers = {"Content-Length": "100000001", "Expect": "100-continue"}
    async with visitor.post(house.url(job, "/echo"), data=b"", headers=headers) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (413, "payload_too_large")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/go/own", "/echo?a=1#x"), ("/go/inside", "/echo"), ("/go/far", None), ("/go/loop", None)],
)
async def test_redirects_stay_on_the_preview(
    house: House, visitor: aiohttp.ClientSession, job: JobId, path: str, leads_to: str | None
) -> None:
    async with visitor.get(house.url(job, path), allow_redirects=False) as answer:
        location = answer.headers["Location"]
    untouched = {"/go/far": "https://example.org/x", "/go/loop": "/go/loop"}
    assert location == (house.url(job, leads_to) if leads_to else untouched[path])


async def test_app_cookies_are_kept_for_this_host_only(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.get(house.url(job, "/cookies")) as answer:
        cookies = answer.headers.getall("Set-Cookie")
    assert cookies == ["session=s3; Path=/; HttpOnly; SameSite=Lax", "theme=dark; Path=/"]


async def test_app_cookies_are_made_to_last_in_a_frame(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    framed = next(c for c in visitor.cookie_jar if c.key == "cf_preview_framed")
    visitor.cookie_jar.clear()
    headers = {"Cookie": f"cf_preview_framed={framed.value}"}
    async with visitor.get(house.url(job, "/cookies"), headers=headers) as answer:
        cookies = answer.headers.getall("Set-Cookie")
    assert cookies == [
        "session=s3; Path=/; HttpOnly; SameSite=None; Secure; Partitioned",
        "theme=dark; Path=/; SameSite=None; Secure; Partitioned",
    ]


async def test_a_visitor_who_stays_is_not_thrown_out(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    for _ in range(4):
        house.clock.pass_by(400)
        async with visitor.get(house.url(job, "/boot")) as answer:
            assert answer.status == 200

    house.clock.pass_by(601)
    async with visitor.get(house.url(job, "/boot")) as answer:
        assert answer.status == 403


async def test_events_arrive_as_they_are_sent(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    async with visitor.get(house.url(job, "/events")) as answer:
        first = await answer.content.readuntil(b"\n\n")
        await house.runtime.alive[0].write_files({"go": b""})
        rest = await answer.content.read()
    assert (first, rest) == (b"data: one\n\n", b"data: two\n\n")


async def test_an_app_that_breaks_off_does_not_look_complete(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    with pytest.raises(aiohttp.ClientError):
        async with visitor.get(house.url(job, "/breaks")) as answer:
            await answer.read()


@pytest.mark.parametrize("path", ["/silent", "/garbage", "/fat-header"])
async def test_an_app_without_manners_is_a_502(
    house: House, visitor: aiohttp.ClientSession, job: JobId, path: str
) -> None:
    async with visitor.get(house.url(job, path)) as answer:
        problem = await answer.json(content_type="application/problem+json")
    assert (answer.status, problem["code"]) == (502, "app_broke_off")
    assert problem["debug_id"].startswith("dbg_")


async def test_a_websocket_talks_both_ways(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    async with visitor.ws_connect(house.url(job, "/ws"), protocols=["a", "b"]) as socket:
        await socket.send_str("h\u00e4llo")
        await socket.send_bytes(b"\x00\xff" * 50_000)
        said = [(await socket.receive()).data for _ in range(2)]
        await socket.send_str("bye")
        end = await socket.receive()

    assert socket.protocol == "b"
    assert said == ["h\u00e4llo", b"\x00\xff" * 50_000]
    assert (end.type, end.data) == (aiohttp.WSMsgType.CLOSE, 4001)


async def test_a_refused_websocket_is_refused(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.ws_connect(house.url(job, "/ws"), protocols=["refused"])
    assert refused.value.status == 418


async def test_a_websocket_needs_access_too(house: House, visitor: aiohttp.ClientSession, job: JobId) -> None:
    visitor.cookie_jar.clear()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.ws_connect(house.url(job, "/ws"))
    assert refused.value.status == 403


async def test_many_first_visitors_start_one_sandbox(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async def boot() -> bytes:
        async with visitor.get(house.url(job, "/boot")) as answer:
            return await answer.read()

    boots = await asyncio.gather(*(boot() for _ in range(20)))

    assert len(set(boots)) == 1
    assert len(house.runtime.made) == 1


@pytest.mark.parametrize("death", ["sandbox", "app"])
async def test_what_died_is_started_again_for_the_next_visitor(
    house: House, visitor: aiohttp.ClientSession, job: JobId, death: str
) -> None:
    async with visitor.get(house.url(job, "/boot")) as answer:
        before = await answer.read()
    sandbox = house.runtime.alive[0]
    if death == "sandbox":
        await sandbox.kill()
    else:
        sandbox.crash_app()
    async with visitor.get(house.url(job, "/boot")) as answer:
        after = await answer.read()

    assert answer.status == 200
    assert before != after
    assert len(house.runtime.alive) == 1


async def test_an_app_that_a_request_kills_is_not_restarted_for_ever(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    assert await _status(visitor, house.url(job, "/exit")) == 502
    assert len(house.runtime.made) <= 3
    assert await _status(visitor, house.url(job, "/boot")) == 200


async def test_a_person_gets_a_page_while_the_app_starts(house: House, visitor: aiohttp.ClientSession) -> None:
    slow = manifest(start=("/bin/sh", "-c", "until [ -e go ]; do sleep 0.05; done; exec python3 app.py"))
    job_id = await house.builds.add(workspace(slow))
    await house.enter(visitor, job_id)

    async with visitor.get(house.url(job_id, "/"), headers=NAVIGATE) as answer:
        page = await answer.text()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    assert 'http-equiv="refresh"' in page

    program = asyncio.create_task(_status(visitor, house.url(job_id, "/")))
    await house.runtime.alive[0].write_files({"go": b""})
    assert await program == 200
    assert len(house.runtime.made) == 1


async def test_an_app_that_cannot_start_is_told_and_not_tried_at_every_reload(
    house: House, visitor: aiohttp.ClientSession
) -> None:
    broken = manifest(start=("/bin/sh", "-c", "exit 3"))
    job_id = await house.builds.add(workspace(broken))
    await house.enter(visitor, job_id)

    answers = [await _status(visitor, house.url(job_id, "/")) for _ in range(3)]

    assert answers == [502, 502, 502]
    assert len(house.runtime.made) == 1
    assert house.runtime.alive == []


@pytest.mark.parametrize("status", [s for s in JobStatus if s not in (JobStatus.CHECKS, JobStatus.READY)])
async def test_only_a_build_that_has_something_to_show_is_shown(
    house: House, visitor: aiohttp.ClientSession, status: JobStatus
) -> None:
    job_id = await house.builds.add(status=status)
    await house.enter(visitor, job_id)
    assert await _status(visitor, house.url(job_id, "/")) == 409
    assert house.runtime.made == []


async def test_the_probe_sees_what_a_visitor_would_see(house: House) -> None:
    checked = await house.builds.add(status=JobStatus.CHECKS)
    broken = await house.builds.add(workspace(manifest(start=("/bin/false",))), status=JobStatus.CHECKS)

    assert await probe(house.signer.url(checked)) == 200
    assert await probe(house.signer.url(broken)) == 502
    assert await probe(house.url(checked, "/")) == 403


async def test_the_probe_asks_again_where_a_part_of_ours_was_killed() -> None:
    problem = "503 Service Unavailable\r\nContent-Type: application/problem+json"
    answers = iter([None, "303 See Other\r\nLocation: http://127.0.0.1:PORT/in", problem, "200 OK"])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if said := next(answers):
            said = said.replace("PORT", str(port))
            writer.write(f"HTTP/1.1 {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert await probe(f"http://127.0.0.1:{port}/") == 200
    assert next(answers, "all were asked for") == "all were asked for"


async def test_a_visitor_who_leaves_frees_the_app(
    house: House, visitor: aiohttp.ClientSession, job: JobId
) -> None:
    async with visitor.get(house.url(job, "/events")) as answer:
        await answer.content.readuntil(b"\n\n")
        assert house.service.in_use == 1
        answer.close()
    async with asyncio.timeout(5):
        while house.service.in_use:  # noqa: ASYNC110 - the server notices in its own time
            await asyncio.sleep(0)


async def _status(visitor: aiohttp.ClientSession, url: str) -> int:
    async with visitor.get(url) as answer:
        return answer.status

"""Shared links, as their founder makes and closes them and as a stranger opens them."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.core.ids import JobId
from app.preview.links import Pass, PreviewSigner
from tests.support.house import House
from tests.web.conftest import sign_in
from tests.web.test_pages import built, post


def shared(house: House, project: str, **more: str) -> tuple[str, str]:
    """The path of a new link, and its code."""
    page = post(house, f"/p/{project}/share", label="Anna", days="7", **more).text
    link = re.search(r'id="share-link">[^<]*(/s/[^<]+)<', page)
    code = re.search(r'id="share-code">([0-9]{6})<', page)
    assert link is not None, page
    return link[1], code[1] if code else ""


def opened(house: House, path: str) -> str:
    """The preview's address that the link leads a stranger to."""
    answer = house.client.get(path, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def what_it_opens(house: House, url: str) -> Pass | None:
    signer: PreviewSigner = house.adapters.signer
    job_id = signer.job_of(urlsplit(url).netloc)
    assert job_id is not None
    return signer.opens(JobId(job_id), parse_qs(urlsplit(url).query)["cf_access"][0])


def close(house: House, project: str) -> Any:
    found = re.search(r'action="(/p/[^"]+/close)"', house.client.get(f"/p/{project}/share").text)
    assert found is not None
    return post(house, found[1])


def test_closing_a_link_ends_what_it_opened_and_leaves_the_others(signed_in: House) -> None:
    project = built(signed_in)
    other = opened(signed_in, shared(signed_in, project)[0])
    path, _ = shared(signed_in, project)
    url = opened(signed_in, path)
    assert what_it_opens(signed_in, url) is not None

    close(signed_in, project)

    signed_in.call(signed_in.services.links.refresh)
    assert what_it_opens(signed_in, url) is None
    assert signed_in.client.get(path, follow_redirects=False).status_code == 404
    assert what_it_opens(signed_in, other) is not None


def test_a_link_opens_for_anybody_and_says_until_when(signed_in: House) -> None:
    project = built(signed_in)
    path, code = shared(signed_in, project)
    assert code == ""
    assert re.search(r"good until \d+ \w+, \d\d:\d\d UTC", signed_in.client.get(f"/p/{project}/share").text)

    signed_in.client.cookies.clear()

    assert opened(signed_in, path).startswith("http://build-")


def test_an_app_without_a_page_for_visitors_says_so_before_it_is_shared(signed_in: House) -> None:
    project = built(signed_in)
    assert "no page for visitors" not in signed_in.client.get(f"/p/{project}/share").text

    closed = built(signed_in, "A list of the tools in my workshop, with a price and a shelf for each.")

    assert "no page for visitors" in signed_in.client.get(f"/p/{closed}/share").text


def test_a_link_with_a_code_opens_by_the_code_alone(signed_in: House) -> None:
    project = built(signed_in)
    path, code = shared(signed_in, project, with_code="1")
    signed_in.client.cookies.clear()

    asked = signed_in.client.get(path)
    assert asked.status_code == 200
    assert "This link asks for a code" in asked.text
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert post(signed_in, path, code=wrong).status_code == 403
    right = signed_in.client.post(path, data={"code": f" {code[:3]} {code[3:]}"}, follow_redirects=False)

    app = urlsplit(right.headers["location"])
    assert app.netloc.startswith("build-")
    # A browser goes where a form leads only if the policy of the page with the form names it.
    assert f"form-action 'self' http://*.localhost:{app.port};" in asked.headers["content-security-policy"]


def test_wrong_codes_make_the_next_one_wait_even_when_it_is_right(signed_in: House) -> None:
    project = built(signed_in)
    path, code = shared(signed_in, project, with_code="1")
    other_path, other_code = shared(signed_in, project, with_code="1")
    wrong = f"{(int(code) + 1) % 10**6:06}"
    assert [post(signed_in, path, code=wrong).status_code for _ in range(3)] == [403, 403, 403]

    held_up = post(signed_in, path, code=code)

    assert held_up.status_code == 429
    assert int(held_up.headers["retry-after"]) >= 1
    assert "can be tried in" in held_up.text
    free = signed_in.client.post(other_path, data={"code": other_code}, follow_redirects=False)
    assert free.status_code == 303
    sign_in(signed_in)
    assert "opened 0 times" in signed_in.client.get(f"/p/{project}/share").text


def test_a_code_is_kept_by_its_slow_digest_alone(signed_in: House) -> None:
    _, code = shared(signed_in, built(signed_in), with_code="1")

    async def kept() -> str:
        async with signed_in.services.database.autocommit() as tx:
            rows = await tx.rows("SELECT share_links::text, code_digest FROM share_links")
        return str(rows)

    assert code not in str(signed_in.call(kept))


def test_a_number_of_days_without_end_is_refused_in_a_sentence(signed_in: House) -> None:
    answer = post(signed_in, f"/p/{built(signed_in)}/share", label="Anna", days="9" * 5_000)

    assert answer.status_code == 422
    assert "1 to 90 days" in answer.text

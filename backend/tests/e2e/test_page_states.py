"""Every screen in each of its states: on a desktop and a phone, in light and dark, by axe and as a picture.

`make contact-sheet` runs it, keeps the pictures and writes one page with all of them: it takes too long for the
suite, whose journeys look at the screens that they pass by axe as well.
"""

from __future__ import annotations

import asyncio
import html
import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.preview.pages import starting
from tests.support.founder import ALL, PICTURES, Founder, sign_in
from tests.support.instance import Instance

IDEA = "A booking app for a yoga studio. Customers book a class online. Send a text message before each class."
SLOW_S = 240.0
NO_ANSWER = "window.fetch = () => new Promise(() => {})"
NO_NETWORK = "window.fetch = () => Promise.reject(new TypeError('offline'))"

pytestmark = [
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not PICTURES, reason="takes minutes: make contact-sheet"),
]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One that lets others open shared links, so that the door is looked at as well."""
    with Instance(tmp_path_factory.mktemp("instance"), share_url="http://127.0.0.1:9", workers="1") as running:
        yield running


async def test_every_screen_in_every_state(founder: Founder, instance: Instance) -> None:
    await _before_anything(founder)
    project = await _plan(founder)
    await _build(founder, project)
    await _ready(founder, project)
    await _around(founder, project)
    await _shared(founder, project)
    await _ended(founder, project, instance)
    await _gone(founder, project)
    _write_sheet(Path(str(PICTURES)))

    assert founder.violations == []


async def _before_anything(founder: Founder) -> None:
    browser, url = founder.browser, founder.instance.url
    await browser.open(f"{url}/")
    await founder.look("home-forbidden", ALL)
    await browser.open(f"{url}/enter?code=used")
    await founder.look("enter-forbidden", ALL)
    await sign_in(founder)
    await founder.look("home-empty", ALL)
    await browser.open(f"{url}/new")
    await founder.look("new-empty", ALL)
    await browser.run(NO_ANSWER)
    await founder.fill("#goal", IDEA)
    await founder.see("!!document.querySelector('#plan[aria-busy]')")
    await founder.look("new-loading", ALL)
    await browser.open(f"{url}/new")
    await browser.run(NO_NETWORK)
    await founder.fill("#goal", IDEA)
    await founder.see("!document.querySelector('#offline').hidden")
    await founder.look("new-offline", ALL)
    await browser.open(f"{url}/new?goal=asdf%20qwer%20zxcv")
    await founder.look("new-refused", ALL)
    await browser.open(f"{url}/gallery")
    await founder.look("gallery", ALL)
    await browser.open(f"{url}/settings")
    await founder.look("settings-empty", ALL)
    await browser.open(f"{url}/nothing-here")
    await founder.look("no-such-page", ALL)


async def _plan(founder: Founder) -> str:
    browser = founder.browser
    await browser.open(f"{founder.instance.url}/new")
    await founder.fill("#goal", IDEA)
    await founder.text("Left out")
    await founder.look("new-with-plan", ALL)
    await founder.go("button[value=correct]")
    project = re.fullmatch(r"(/p/[0-9a-f-]{36})/plan", str(await browser.run("location.pathname")))
    assert project is not None
    await founder.look("plan", ALL)
    await browser.click("#add-Booking summary")
    await founder.fill("#add-Booking [name=label]", "Way")
    await browser.run("document.querySelector('#add-Booking [name=kind]').value = 'choice'")
    await browser.click("#add-Booking button.main")
    await founder.text("Say what can be chosen")
    await founder.look("plan-refused", ALL)
    await browser.click("[id^=s-Booking-2] summary")
    await founder.look("plan-step-open", ALL)
    return founder.instance.url + project[1]


async def _build(founder: Founder, project: str) -> None:
    browser = founder.browser
    await browser.open(f"{project}/plan")
    await founder.go(".go-card button")
    await founder.text("Building version 1")
    await founder.look("room-working", ALL)
    await browser.click("[data-dialog='#stop']")
    await founder.see("document.querySelector('#stop').open")
    await founder.look("stop-dialog", ALL)
    await browser.open(f"{project}/stop")
    await founder.look("stop-without-script", ALL)
    await founder.go("button.danger")
    await founder.text("Stopped")
    await founder.look("room-cancelled", ALL)
    await browser.open(f"{project}?v=1")
    await founder.go(".failed button.main")
    await founder.see("!!document.querySelector('.curtain button')", within_s=SLOW_S)


async def _ready(founder: Founder, project: str) -> None:
    browser = founder.browser
    await founder.look("room-ready", ALL)
    await founder.go(".curtain button")
    await founder.text("Ready to decide what's next?")
    await asyncio.sleep(4)
    await founder.look("room-seen", ALL)
    # An app that wakes at once shows nothing of it, so its page and what stands behind it are taken as such.
    await browser.run("document.querySelector('iframe').remove()")
    await founder.look("room-asleep", ALL)
    asleep = re.sub(r'<meta http-equiv="refresh"[^>]*>', "", str(starting().text))
    await browser.open(f"data:text/html;base64,{b64encode(asleep.encode()).decode()}")
    await founder.look("preview-asleep", ALL)
    await browser.open(project)
    await founder.go(".card.ask a")
    await founder.look("decide", ALL)
    await founder.go("form.options button.main")
    await founder.text("Choose one of these first")
    await founder.look("decide-refused", ALL)
    await browser.click("input[value=iterate]")
    await founder.go("form.options button.main")
    await founder.fill("#text", "blue sky")
    await browser.click(".ask-form button")
    await founder.text("Nothing of this was understood")
    await founder.look("change-refused", ALL)
    await founder.fill("#text", "Add a birthday to customers. Blue sky")
    await browser.click(".ask-form button")
    await founder.text("Customers have a new detail: Birthday.")
    await founder.look("change-proposed", ALL)
    await founder.go(".proposal button.main")
    await founder.text("Building version 3")
    await founder.look("room-working-beside-the-last", ALL)
    await founder.see("!document.querySelector('live-build')", within_s=SLOW_S)


async def _around(founder: Founder, project: str) -> None:
    browser = founder.browser
    for name, path in (
        ("changes", "/v/3/changes"),
        ("changes-of-a-file", "/v/3/changes?path=app/schema.py"),
        ("compare", "/compare?a=2&b=3"),
        ("checks", "/v/3/checks"),
        ("files", "/v/3/files"),
        ("records", "/v/3/records"),
        ("launch", "/launch"),
        ("help-empty", "/help"),
        ("help-answered", "/help?q=what+was+left+out"),
        ("help-not-understood", "/help?q=sing"),
        ("project-settings", "/settings"),
        ("older-version", "?v=2"),
        ("no-such-version", "?v=9"),
    ):
        await browser.open(project + path)
        await founder.look(name, ALL)
    await browser.open(f"{project}/launch")
    await browser.run("document.querySelector('#technical').open = document.querySelector('#push').open = true")
    await founder.fill("#push-url", "http://example.com/app.git")
    await founder.fill("#push-token", "not-a-token")
    await founder.go("#push button.main")
    await founder.text("would travel unencrypted")
    await founder.look("launch-refused", ALL)
    await browser.open(f"{project}/settings")
    await founder.fill("input[name=name]", "")
    await founder.look("project-settings-renaming", ALL)


async def _shared(founder: Founder, project: str) -> None:
    browser = founder.browser
    await browser.open(f"{project}/share")
    await founder.look("share-empty", ALL)
    await founder.fill("#label", "Anna")
    await browser.click("[name=with_code]")
    await founder.go("form[action$=share] button.main")
    await founder.look("share-made", ALL)
    link = str(await browser.run("document.querySelector('#share-link').innerText"))
    path = link[link.index("/s/") :]
    await browser.open(founder.instance.url + path)
    await founder.look("code-asked", ALL)
    await founder.fill("#code", "000000")
    await founder.go("button.main")
    await founder.look("code-refused", ALL)
    await browser.open(f"{project}/share")
    await founder.go("form[action$=close] button")
    await browser.open(founder.instance.url + path)
    await founder.look("link-closed", ALL)


async def _ended(founder: Founder, project: str, instance: Instance) -> None:
    browser = founder.browser
    job_id = _newest(instance, project)["job_id"]
    _as_if_failed(instance, job_id)
    await browser.open(project)
    await founder.text("This build did not work")
    await founder.look("room-failed", ALL)
    await browser.open(f"{project}/settings")
    await founder.go("button[value=park]")
    await browser.open(project)
    await founder.look("room-parked", ALL)
    await browser.open(f"{founder.instance.url}/")
    await founder.look("home", ALL)
    await browser.open(f"{founder.instance.url}/settings")
    await founder.look("settings", ALL)


async def _gone(founder: Founder, project: str) -> None:
    """The preview while its app is woken, and for somebody whose link is over."""
    browser, instance = founder.browser, founder.instance
    job_id = next(one for one in _builds(instance, project) if one["status"] == "ready")["job_id"]
    host = str(instance.status(job_id)["preview_url"]).split("/?")[0]
    await browser.open(f"{host}/?cf_access=1.x")
    await founder.look("preview-forbidden", ALL)


def _builds(instance: Instance, project: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = instance.client.get(f"/api/projects/{project[-36:]}/builds").json()["items"]
    return found


def _newest(instance: Instance, project: str) -> dict[str, str]:
    return _builds(instance, project)[0]


def _as_if_failed(instance: Instance, job_id: str) -> None:
    """A build that could not install its packages, as the record keeps one."""
    servers = (instance.data_dir / "servers.json").read_text()
    url = re.search(r'"database_url": "([^"]+)"', servers)
    assert url is not None
    with psycopg.connect(url[1], autocommit=True) as database:
        database.execute(
            "UPDATE jobs SET status = 'failed', error_code = 'install_failed', debug_id = 'dbg_0123456789ab', "
            "error_message = 'We got stuck installing the parts your app needs.' WHERE id = %s",
            (job_id,),
        )


def _write_sheet(folder: Path) -> None:
    """One page with every picture, a row for each screen."""
    rows: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.webp")):
        kind = next(kind for kind in sorted(ALL, key=len, reverse=True) if path.stem.endswith(f"-{kind}"))
        rows.setdefault(path.stem.removesuffix(f"-{kind}"), []).append(path.name)
    parts = [
        f"<h2>{html.escape(name)}</h2><p>"
        + "".join(f'<img src="{html.escape(one)}" alt="" loading="lazy">' for one in names)
        for name, names in rows.items()
    ]
    style = "body{font:16px sans-serif}p{display:flex;gap:1rem;align-items:start}img{max-height:60rem}"
    page = f"<!doctype html><title>The page</title><style>{style}</style>{''.join(parts)}"
    (folder / "index.html").write_text(page, encoding="utf-8")

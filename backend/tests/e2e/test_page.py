"""A founder's whole way in a browser: from the printed link to a second version, a shared link and the export."""

from __future__ import annotations

import asyncio
import io
import os
import re
import signal
import subprocess
import zipfile
from base64 import b64decode
from pathlib import Path

import httpx2
import pytest

from tests.support.founder import Founder, founder_at
from tests.support.instance import eventually, free_ports

IDEA = "A booking app for a yoga studio. Customers book a class online. Send a text message before each class."
SLOW_S = 240.0

pytestmark = pytest.mark.timeout(900)


async def test_from_the_printed_link_to_a_shared_second_version(founder: Founder) -> None:
    await _sign_in(founder)
    project = await _say_the_idea(founder)
    await _correct_the_plan(founder)
    await _watch_the_build(founder)
    await _book(founder)
    await _mean_harm(founder)
    await _decide_and_change(founder, project)
    await _look_at_both(founder, project)
    await _share_and_launch(founder, project)
    await _go_back(founder, project)

    assert founder.violations == []
    assert founder.browser.complaints == []


async def _sign_in(founder: Founder) -> None:
    browser, instance = founder.browser, founder.instance
    await browser.open(f"{instance.url}/")
    await founder.text("./co page")
    await founder.look("locked")
    browser.complaints.clear()  # the browser reports the 401
    await browser.open(instance.client.post("/api/page-links").json()["url"])
    assert await browser.run("location.search") == ""
    await founder.look("first")


async def _say_the_idea(founder: Founder) -> str:
    """Type it, read what is left out as one types, and go to correct the plan of what is now a project."""
    browser = founder.browser
    await browser.open(f"{founder.instance.url}/new")
    await founder.fill("#goal", IDEA)
    await founder.text("Left out")
    assert "Send a text message" in await browser.run("document.querySelector('#plan').innerText")
    await founder.look("idea-and-plan")
    await founder.go("button[value=correct]")
    project = re.fullmatch(r"(/p/[0-9a-f-]{36})/plan", str(await browser.run("location.pathname")))
    assert project is not None
    return founder.instance.url + project[1]


async def _correct_the_plan(founder: Founder) -> None:
    browser = founder.browser
    await browser.click("#rename-Customer summary")
    await founder.fill("#rename-Customer [name=label]", "Member")
    await browser.click("#rename-Customer button.main")
    await founder.see("[...document.querySelectorAll('.record h3')].some(one => one.innerText === 'Members')")
    await browser.click("#limit-Booking summary")
    await founder.fill("#limit-Booking [name=most]", "12")
    await browser.run("""document.querySelector('#limit-Booking [name=detail]').value =
      [...document.querySelectorAll('#limit-Booking option')].find(one => /class/i.test(one.innerText)).value""")
    await browser.click("#limit-Booking button.main")
    await founder.text("At most 12 bookings for each yoga class.")
    await browser.click("#public-Customer summary")
    await founder.fill("#public-Customer [name=action]", "Become a member")
    await browser.click("#public-Customer form:last-child button")
    await founder.text("New page for visitors: Become a member")
    await browser.click(".undo button")
    await founder.see("!document.body.innerText.includes('Become a member')")
    await founder.look("plan-corrected")


async def _watch_the_build(founder: Founder) -> None:
    browser = founder.browser
    await founder.go(".go-card button")
    await founder.text("Building version 1")
    await founder.look("building")
    await founder.see("!!document.querySelector('.curtain button')", within_s=SLOW_S)
    await founder.look("ready")
    await founder.go(".curtain button")
    assert await founder.see("document.querySelector('iframe[name=preview]').src")
    may = str(await browser.run("document.querySelector('iframe[name=preview]').getAttribute('sandbox')"))
    assert "top-navigation" not in may
    await founder.text("Ready to decide what's next?")
    await founder.look("seen")
    assert await browser.run("document.cookie") == ""


async def _mean_harm(founder: Founder) -> None:
    """Do in the preview what an app that means harm would: it reads, changes and keeps nothing of the service."""
    browser, url = founder.browser, founder.instance.url
    before = founder.instance.client.get("/api/projects").json()["items"]
    # Such an app would send no policy of its own along.
    await browser._command("Page.setBypassCSP", enabled=True)
    await browser.open(str(await browser.run("location.href")))
    found = await browser.run(f"""(async () => {{
      const tried = async work => {{ try {{ return String(await work()); }} catch {{ return 'refused'; }} }};
      const read = path => fetch('{url}' + path, {{credentials: 'include'}}).then(answer => answer.text());
      const form = new URLSearchParams({{goal: 'A booking app for a dog salon', do: 'build'}});
      for (const name of ['localhost', '127.0.0.1', location.hostname.split('.').slice(1).join('.')])
        document.cookie = `evil=1; domain=${{name}}; path=/`;
      const frame = Object.assign(document.createElement('iframe'), {{src: '{url}/new'}});
      document.body.append(frame);
      await new Promise(done => {{ frame.onload = done; }});
      return {{
        itself: (await tried(() => fetch(location.href).then(answer => answer.status))),
        page: await tried(() => read('/')), api: await tried(() => read('/api/projects')),
        framed: await tried(() => frame.contentWindow.document.body.innerText),
        worker: await tried(() => navigator.serviceWorker.register('{url}/static/page.js')),
        sent: await tried(() => fetch('{url}/new', {{method: 'POST', mode: 'no-cors', credentials: 'include',
          body: form}}).then(answer => answer.type)),
        cookie: document.cookie.includes('evil'),
      }}; }})()""")
    refused = dict.fromkeys(("page", "api", "framed", "worker", "sent"), "refused")
    assert found == {"itself": "200", **refused, "cookie": False}
    assert founder.instance.client.get("/api/projects").json()["items"] == before
    await browser._command("Page.setBypassCSP", enabled=False)
    browser.complaints.clear()  # the browser reports each refusal


async def _decide_and_change(founder: Founder, project: str) -> None:
    browser = founder.browser
    await browser.open(project)
    await founder.go(".card.ask a")
    await browser.click("input[value=iterate]")
    await founder.look("decide")
    await founder.go("button.main")
    await founder.fill("#text", "Add a birthday to members")
    await browser.click(".ask-form button")
    await founder.text("Members have a new detail: Birthday.")
    await founder.look("change")
    await founder.go(".proposal button.main")
    await founder.text("Building version 2")
    await founder.text("still yours while version 2 is built")
    await founder.see("!document.querySelector('live-build')", within_s=SLOW_S)
    await founder.text("Version 2 · Ready")


async def _look_at_both(founder: Founder, project: str) -> None:
    browser = founder.browser
    await browser.open(f"{project}/v/2/changes")
    await founder.text("Members have a new detail: Birthday.")
    await founder.look("what-changed")
    await browser.open(f"{project}/compare?a=1&b=2")
    assert await browser.run("document.querySelectorAll('iframe').length") == 2
    await browser.open(f"{project}/v/2/checks")
    await founder.text("checks")
    await founder.look("checks")
    await browser.open(f"{project}/v/2/files")
    await founder.look("files")


async def _share_and_launch(founder: Founder, project: str) -> None:
    browser, instance = founder.browser, founder.instance
    await browser.open(f"{project}/share")
    await founder.fill("#label", "Anna")
    await browser.click("[name=with_code]")
    await founder.go("form[action$=share] button.main")
    await founder.look("shared")
    link, code = await browser.run(
        "['link', 'code'].map(one => document.querySelector(`#share-${one}`).innerText)"
    )
    await _visit(founder, link, code)
    await browser.open(f"{project}/launch")
    await founder.text("to go online")
    await founder.text("People sign in")
    await founder.look("launch")
    archive = await browser.run("""fetch(document.querySelector('a[download]').href).then(answer => answer.blob())
      .then(blob => new Promise(done => { const reader = new FileReader();
        reader.onload = () => done(reader.result.split(',')[1]); reader.readAsDataURL(blob); }))""")
    await asyncio.to_thread(_boot, b64decode(archive), instance.data_dir / "exported")


def _boot(archive: bytes, folder: Path) -> None:
    """Start the export as its README says, and meet what somebody who opens it meets."""
    zipfile.ZipFile(io.BytesIO(archive)).extractall(folder)
    [app] = folder.iterdir()
    assert {"start.sh", "Dockerfile", "compose.yaml", "README.md"} <= {path.name for path in app.iterdir()}
    port = free_ports()
    environment = {**os.environ, "PORT": str(port), "HOST": "127.0.0.1", "EXAMPLE_DATA": "no"}
    started = subprocess.Popen(["sh", "start.sh"], cwd=app, env=environment, start_new_session=True)
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            eventually(lambda: _status(client, "/health") == 200, within_s=SLOW_S, every_s=0.3)
            assert "code" in client.get("/setup").text.lower()
    finally:
        os.killpg(started.pid, signal.SIGTERM)
        started.wait(20)


def _status(client: httpx2.Client, path: str) -> int:
    try:
        return client.get(path).status_code
    except httpx2.TransportError:
        return 0


async def _go_back(founder: Founder, project: str) -> None:
    browser = founder.browser
    await browser.open(f"{project}?v=1")
    await founder.go("form[action$='/v/1/back'] button")
    await founder.text("Building version 3")
    await founder.see("!document.querySelector('live-build')", within_s=SLOW_S)
    await browser.open(f"{founder.instance.url}/")
    await founder.look("projects")


async def _book(founder: Founder) -> None:
    """Book a class in the preview, in a tab of its own."""
    await founder.browser.open(str(await founder.browser.run("document.querySelector('iframe').src")))
    await founder.see("!!document.querySelector('a[href*=\"/forms/\"]')", within_s=60)
    await founder.browser.leave_by("document.querySelector('a[href*=\"/forms/\"]').click()")
    await founder.browser.leave_by("""(() => {
      const form = [...document.forms].find(one => one.method === 'post' && one.querySelector('[required]'));
      for (const field of form.elements) {
        if (field.tagName === 'SELECT')
          field.selectedIndex = [...field.options].findIndex(one => one.value && !one.disabled);
        else if (field.type === 'radio')
          field.checked = !form.querySelector(`[name=${field.name}]:checked`) || field.checked;
        else if (field.type === 'email') field.value = 'anna@example.org';
        else if (field.type === 'text' && field.required) field.value = 'Anna';
      }
      form.submit(); })()""")
    await founder.see("!location.pathname.endsWith('/bookings') || /thank/i.test(document.body.innerText)")


async def _visit(founder: Founder, url: str, code: str) -> None:
    """Somebody else's browser, which has the link and its code: the app opens, the founder's page does not."""
    async with founder_at(founder.instance) as stranger:
        await stranger.browser.open(url)
        await stranger.fill("#code", code)
        await stranger.go("button.main")
        await stranger.see("!!document.querySelector('a[href*=\"/forms/\"]')", within_s=60)
        assert await stranger.browser.run("location.hostname.startsWith('build-')")
        assert "cf_access" not in await stranger.browser.run("location.href")
        await stranger.browser.open(f"{founder.instance.url}/")
        await stranger.text("This page opens with a link")

"""A preview whose scripts turn against the page: its app is the founder's, and what is in it may be anybody's."""

from __future__ import annotations

from typing import Final

import pytest

from tests.support.founder import Founder, sign_in

SLOW_S: Final = 240.0
GOAL: Final = "Our club lends out kayaks. Members reserve a kayak for a day."

pytestmark = pytest.mark.timeout(600)

_ATTEMPTS: Final = {
    "read the API": """fetch(`${page}/api/projects`, {credentials: 'include'})
        .then(one => one.type, () => 'refused')""",
    "read the page": """fetch(page, {credentials: 'include'}).then(one => one.type, () => 'refused')""",
    "make a project": """fetch(`${page}/new`, {method: 'POST', mode: 'no-cors', credentials: 'include',
        body: new URLSearchParams({goal: 'A page for stolen goods', do: 'correct'})})
        .then(one => one.type, () => 'refused')""",
    "follow a build": """new Promise(done => { const events = new EventSource(`${page}${room}/v/1/events`,
        {withCredentials: true});
        events.onopen = () => done('open'); events.onerror = () => done('refused'); })""",
    "look into a frame": """new Promise(done => { const frame = document.createElement('iframe'); frame.src = page;
        frame.onload = () => { done(frame.contentDocument ? frame.contentDocument.title : 'refused'); };
        document.body.append(frame); })""",
    "set its cookie": """(document.cookie = `cofounder_page_${port}=theirs; domain=localhost; path=/`,
        document.cookie.includes('theirs') ? 'set' : 'refused')""",
    "work above itself": """navigator.serviceWorker.register(`${page}/static/page.js`, {scope: `${page}/`})
        .then(() => 'registered', () => 'refused')""",
}


async def test_a_hostile_preview_gets_at_nothing_of_the_page(founder: Founder) -> None:
    browser, instance = founder.browser, founder.instance
    await sign_in(founder)
    await browser.open(f"{instance.url}/new")
    await founder.fill("#goal", GOAL)
    await founder.see("!!document.querySelector('button[value=build]')")
    await founder.go("button[value=build]")
    room = str(await browser.run("location.pathname"))
    await founder.text("is ready", within_s=SLOW_S)
    await founder.go(".curtain button")
    # Nothing can be read through the frame from either side, and what is in it cannot lead the page elsewhere.
    frame = "document.querySelector('iframe[name=preview]')"
    await founder.see(f"{frame}.contentDocument === null")
    assert not await browser.run(f"{frame}.sandbox.contains('allow-top-navigation')")
    address = str(await browser.run(f"{frame}.src"))

    # A hostile app would send no policy either.
    await browser._command("Page.setBypassCSP", enabled=True)
    await browser.open(address)
    await founder.see("!document.title.startsWith('Waking')", within_s=SLOW_S)
    for host in ("127.0.0.1", "localhost"):
        start = f"const page = 'http://{host}:{instance.port}', room = '{room}', port = {instance.port};"
        outcomes = {
            name: await browser.run(f"(async () => {{ {start} return {attempt}; }})()")
            for name, attempt in _ATTEMPTS.items()
        }
        assert outcomes == dict.fromkeys(_ATTEMPTS, "refused")
    cookies = (await browser._command("Network.getAllCookies"))["cookies"]
    kept = {one["domain"] for one in cookies if one["name"] == f"cofounder_page_{instance.port}"}
    assert kept == {"127.0.0.1"}
    await browser._command("Page.setBypassCSP", enabled=False)
    await browser.open(instance.url)
    assert await browser.run("document.querySelectorAll('.card.project').length") == 1

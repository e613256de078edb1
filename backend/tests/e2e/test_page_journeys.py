"""The page by keyboard, by touch, in two tabs, over a bad network, without script, and over a restart."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from tests.support.founder import PHONE_DARK, Founder, sign_in

IDEA = "A booking app for a yoga studio. Customers book a class online."
SLOW_S = 240.0

pytestmark = pytest.mark.timeout(900)


async def _focus(founder: Founder, selector: str, *, most: int = 60) -> None:
    """Come to an element by the Tab key alone."""
    for _ in range(most):
        if await founder.browser.run(f"document.activeElement.matches({json.dumps(selector)})"):
            return
        await founder.press("Tab")
    raise AssertionError(f"the Tab key does not lead to {selector}")


async def _drafted(founder: Founder) -> str:
    """A project whose plan is open, by its address."""
    await founder.browser.open(f"{founder.instance.url}/new")
    await founder.fill("#goal", IDEA)
    await founder.see("!!document.querySelector('button[value=correct]')")
    await founder.go("button[value=correct]")
    found = re.fullmatch(r"(/p/[0-9a-f-]{36})/plan", str(await founder.browser.run("location.pathname")))
    assert found is not None
    return founder.instance.url + found[1]


async def test_by_keyboard_alone_from_an_idea_to_a_stopped_build(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await browser.open(f"{founder.instance.url}/new")
    await founder.press("Tab")
    assert await browser.run("document.activeElement.className") == "skip"
    await _focus(founder, "#goal")
    await browser.type(IDEA)
    await founder.see("!!document.querySelector('button[value=correct]')")
    assert await browser.run("document.activeElement.id") == "goal"
    await _focus(founder, "button[value=correct]")
    await founder.press("Enter")
    await founder.see("location.pathname.endsWith('/plan') && document.readyState === 'complete'")
    await _focus(founder, "#rename-Customer > summary")
    await founder.press("Enter")
    await _focus(founder, "#rename-Customer [name=label]")
    await browser.run("document.activeElement.select()")
    await browser.type("Member")
    await founder.press("Enter")
    await founder.text("Members")
    await _focus(founder, ".go-card button", most=200)
    await founder.press("Enter")
    await founder.text("Building version 1")
    await _focus(founder, "[data-dialog='#stop']")
    await founder.press("Enter")
    await founder.see("document.querySelector('#stop').open")
    assert await browser.run("document.activeElement.innerText") == "Keep building"
    await founder.press("Tab")
    await founder.press("Enter")
    await founder.text("Stopped")


async def test_the_keyboard_stays_where_it_was_through_every_correction(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await _drafted(founder)
    said = await _correct_by_keyboard(founder, "#rename-Customer", "label", "Member")
    assert said.startswith("Your last change:")
    assert "Customers are called members now." in said
    # Where the form was that is closed again, and not at the top of the page.
    assert await browser.run("document.activeElement.matches('#rename-Customer > summary')")
    await founder.press("Enter")
    await _focus(founder, "#rename-Customer .danger")
    await founder.press("Enter")
    await founder.see("!document.querySelector('#rename-Customer')")
    # Its place is gone, so it is in the part that was shown anew.
    assert await browser.run("document.activeElement.id") == "plan"
    await _focus(founder, "#undo", most=200)
    await founder.press("Enter")
    await founder.see("!!document.querySelector('#rename-Customer')")
    assert await browser.run("document.activeElement.id") == "undo"


async def _correct_by_keyboard(founder: Founder, details: str, name: str, value: str) -> str:
    """What is said after a field in an opened place was written and sent by the Enter key."""
    await _focus(founder, f"{details} > summary")
    await founder.press("Enter")
    await _focus(founder, f"{details} [name={name}]")
    await founder.browser.run("document.activeElement.select()")
    await founder.browser.type(value)
    await founder.press("Enter")
    return str(await founder.see("document.querySelector('#live').textContent"))


async def test_what_is_typed_when_the_session_has_ended_stays_there(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await browser.open(f"{founder.instance.url}/new")
    await browser._command("Network.clearBrowserCookies")
    await founder.fill("#goal", IDEA)
    await founder.see("!document.querySelector('#signed-out').hidden")
    assert await browser.run("[document.querySelector('#goal').value, document.activeElement.id]") == [
        IDEA,
        "goal",
    ]
    link = founder.instance.client.post("/api/page-links").json()["url"]
    await browser.run(f"fetch({json.dumps(link)}).then(answer => answer.status)")
    await browser.type(" Each class has room for 12.")
    await founder.text("What it keeps")
    assert await browser.run("document.querySelector('#signed-out').hidden")


async def test_by_touch_on_a_phone(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await _drafted(founder)
    await browser.look_as(PHONE_DARK)
    await browser._command("Emulation.setTouchEmulationEnabled", enabled=True)
    await founder.touch("#step-Booking > summary")
    await founder.see("document.querySelector('#step-Booking').open")
    await founder.touch("#step-Booking [name=label]")
    await browser.type("Waiting")
    await founder.touch("#step-Booking button.main")
    await founder.see("[...document.querySelectorAll('.steps summary')].some(one => one.innerText === 'Waiting')")
    small = await browser.run("""[...document.querySelectorAll('button, summary, a.button, nav a')]
      .filter(one => one.offsetParent && one.getBoundingClientRect().height < 40)
      .map(one => one.innerText)""")
    assert small == []


async def test_a_tab_that_was_left_behind_overwrites_nothing(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    project = await _drafted(founder)
    await browser.run("""fetch(location.href, {method: 'POST', body: new URLSearchParams({change: 'add_record',
      label: 'Teacher', revision: document.querySelector('[name=revision]').value})}).then(sent => sent.status)""")
    await browser.click("#add-record summary")
    await founder.fill("#add-record-label", "Room")
    await browser.click("#add-record button.main")
    await founder.text("changed by somebody else")
    await browser.open(f"{project}/plan")
    await founder.text("Teachers")
    assert not await browser.run(
        "[...document.querySelectorAll('.record h3')].some(one => one.innerText === 'Rooms')"
    )


async def test_over_a_slow_network_the_last_words_count(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await browser.open(f"{founder.instance.url}/new")
    await _paints_without_its_script(founder)
    await browser.open(f"{founder.instance.url}/new")
    await founder.network(latency_ms=900)
    await founder.fill("#goal", "A page where people order cakes from my bakery, with a pickup time.")
    await asyncio.sleep(0.5)
    await founder.fill("#goal", IDEA)
    await founder.see("/yoga/i.test(document.querySelector('#plan').innerText)")
    assert not await browser.run("/cake/i.test(document.querySelector('#plan').innerText)")
    await founder.network(is_offline=True)
    await founder.fill("#goal", f"{IDEA} Each class has room for 12.")
    await founder.see("!document.querySelector('#offline').hidden")
    assert await browser.run("document.querySelector('#goal').value.includes('room for 12')")
    await founder.network()
    await founder.fill("#goal", f"{IDEA} Each class has room for 14.")
    await founder.see("document.querySelector('#offline').hidden")


async def _paints_without_its_script(founder: Founder) -> None:
    """A page whose script never comes is painted all the same, and can be typed into."""
    await founder.browser._command("Fetch.enable", patterns=[{"urlPattern": "*page*.js*"}])
    await founder.browser.run("window.here = true")
    await founder.browser._command("Page.reload", ignoreCache=True)
    await founder.see("!window.here && performance.getEntriesByName('first-contentful-paint').length > 0")
    assert not await founder.browser.run("document.documentElement.classList.contains('scripted')")
    assert await founder.browser.run("!!document.querySelector('#goal')")
    await founder.browser._command("Fetch.disable")
    # Its script comes now, and the page is loaded: the next one must not be taken for it.
    await founder.see("document.readyState === 'complete'")


async def test_without_script_everything_is_there_after_a_reload(founder: Founder) -> None:
    browser = founder.browser
    await sign_in(founder)
    await browser._command("Emulation.setScriptExecutionDisabled", value=True)
    await browser.open(f"{founder.instance.url}/new")
    assert not await browser.run("document.documentElement.classList.contains('scripted')")
    await founder.fill("#goal", IDEA)
    await founder.go("button[value=plan]")
    await founder.text("wishes kept")
    await founder.go("button[value=build]")
    project = str(await browser.run("location.href"))
    await founder.text("Building version 1")
    await founder.go("[data-dialog='#stop']")
    await founder.text("Stop this build?")
    await founder.go("a.main")
    async with asyncio.timeout(SLOW_S):
        while not await browser.run("!!document.querySelector('.curtain button')"):
            await asyncio.sleep(2)
            await browser.open(project)
    await founder.go(".curtain button")
    await founder.text("Ready to decide what's next?")
    await browser._command("Emulation.setScriptExecutionDisabled", value=False)


async def test_a_page_follows_over_a_restart_and_tells_all_to_who_comes_back_later(founder: Founder) -> None:
    browser, instance = founder.browser, founder.instance
    await sign_in(founder)
    project = await _drafted(founder)
    await founder.go(".go-card button")
    await founder.text("Writing the app", within_s=60)
    await asyncio.to_thread(instance.stop)
    await founder.see("!document.querySelector('.reconnecting').hidden")
    await browser.click(".bar a[href$='/plan']")
    # The browser's own page would stand there for good.
    await founder.see("!document.querySelector('#offline').hidden")
    # The record of where the instance ran is gone with it, so the next start is waited for anew.
    await asyncio.to_thread(instance.start)
    await founder.see("document.querySelector('.reconnecting')?.hidden ?? true", within_s=90)
    await browser.open("about:blank")
    job_id = instance.client.get(f"/api/projects/{project[-36:]}/builds").json()["items"][0]["job_id"]
    assert (await asyncio.to_thread(instance.await_end, job_id, within_s=SLOW_S))["status"] == "ready"
    await browser.open(project)
    await founder.text("is ready")
    assert await browser.run("document.querySelector('.bar .pill').innerText") == "Version 1 · Ready"
    story = await browser.run(f"""new Promise(done => {{ const told = [], source =
      new EventSource('{project}/v/1/events'); source.addEventListener('say', event => told.push(event.data));
      source.addEventListener('end', () => {{ source.close(); done(told); }}); }})""")
    assert story[0].startswith("Waiting")
    assert {"Writing the app", "Installing its parts", "Trying it out"} <= set(story)

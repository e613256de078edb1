"""Each acceptance check passes for a sound app, and fails for one that is spoiled in one place."""

from __future__ import annotations

import pytest

from app.acceptance import ParentVersion
from app.domain.failure import BuildFailed
from app.domain.workspace import START_SCRIPT
from tests.acceptance.shop import RunChecks, archive_of, files_of, shop, spoiled

CHECKS = [
    *("files", "parse", "lint", "secrets", "tests", "start", "pages", "strangers", "links", "acceptance"),
    *("rights", "views", "plan", "restart", "archive", "preview"),
]
SERVE = "    ThreadingHTTPServer(("
EXPORTED = """    def export(self, given, table):
        if not self.is_owner():"""
OPEN = "open_to_strangers"
ADDED = """    def new(self, given, table):
        if not self.is_owner():"""
REFUSED = 'return self.say(421, "That is not my name.")'
TOKEN = 'name="csrf_token" value="t'
FRONT = "self.say(200, 'A shop. "
ROWS = '        rows = "".join(f\'<a'
KEPT = "        save(self.data)\n        return self.go(f"
FORM = 'def form(address, names, problem=""):'
ASKED = "        if problem:\n"
SENT = '        if address.startswith("/forms") and self.command == "POST":\n            return self.'
FOUND = " or not (self.is_owner() or self.is_mine(table, row))"
THERE = "There is a thing of that name already."
BUGS = {
    "a file that cannot be parsed": ("def load():", "def load(:", "parse"),
    "a name that nothing defines": ("    def is_owner(self):", "    def is_owner(self, one=OWNER):", "lint"),
    "a secret in the code": ("FIELDS = {", f'KEY = "AKIA{"7EXAMPLEKEY23456"}"\nFIELDS = {{', "secret"),
    "its own tests fail": (FORM, f'{FORM}\n    assert address != "/"', "tests_fail"),
    "it ends at once": (SERVE, f"    raise SystemExit(3)\n{SERVE}", "start_failed"),
    "it ignores its port": ('int(os.environ["PORT"])', "0", "start_timed_out"),
    "it is not well": ('return self.say(200, "ok")', 'return self.say(500, "no")', "start_timed_out"),
    "a page that breaks": (ROWS, f"        rows = 1 // 0\n{ROWS}", "page_fails"),
    "a link to a record that is gone": ('<a href="/{table}/new">New', '<a href="/{table}/9?x=1">New', "dead_link"),
    "a dead link": ('href="/members">Members', 'href="/nowhere">Members', "dead_link"),
    "a form with a stale token": (f"{TOKEN}0", f"{TOKEN}1", "no_sign_in form_fails not_kept"),
    "a record that is not kept": (KEPT, "        return self.go(f", "lost_record"),
    "a record without its words": ("for value in row.values()) +", "for value in ()) +", "lost_record"),
    "a missing field that is taken": ('return "Please fill this in."', 'return ""', "bad_input_kept"),
    "a wrong date that is taken": ('return "Enter a date."', 'return ""', "bad_input_kept"),
    "a wrong e-mail that is taken": ('return "Enter an e-mail address."', 'return ""', "bad_input_kept"),
    "a record of nobody": ('return "Choose one of the list."', 'return ""', "bad_input_kept"),
    "a refusal that keeps": (
        ASKED,
        f"{ASKED}            self.data[table][problem] = dict.fromkeys(FIELDS[table], '')\n"
        "            save(self.data)\n",
        "bad_input_kept",
    ),
    "a rule that is not held": (f'return "{THERE}"', 'return ""', "rule_broken"),
    "a rule that is not explained": (f'"{THERE}"', '"No."', "rule_broken"),
    "a public form that staff never see": (ASKED, f'{SENT}go("/forms/things/done")\n{ASKED}', "form_lost"),
    "a public form without a way on": (ASKED, f"{SENT}done(given, table)\n{ASKED}", "public_form_fails"),
    "no public form": ('    ("/forms/(things)", public),', "", "dead_link"),
    "no confirmation": ('self.say(200, "Thank you."', 'self.say(404, "Thank you."', "public_form_fails"),
    "no link for whoever sent a form": ('"Thank you." + self.own_link(table)', '"Thank you."', "no_own_link"),
    "a link for whoever sent a form that opens all": (" or sign != self.sign(number)", "", "open_links"),
    "another's record is shown": ('self.who["email"] == email', 'self.who["email"]', "not_private"),
    "a passer-by sees a record": (FOUND, "", "not_private"),
    "nobody can sign in": ('else ("name", "email", "password")', 'else ("name", "email")', "no_sign_in"),
    "it forgets when it is started again": (SERVE, f"    FILE.unlink(missing_ok=True)\n{SERVE}", "lost_record"),
    "a list of the staff that anybody opens": (EXPORTED, EXPORTED.replace("not self.is_owner()", "False"), OPEN),
    "a form of the staff that anybody sends": (ADDED, ADDED.replace("not self.is_owner()", "False"), OPEN),
    "whoever is first becomes the owner": ('given.get("code") != CODE', "False", "open_setup"),
    "the founder's header is believed of anybody": (' == f"owner {KEY}"', " is not None", OPEN),
    "it answers to any name": (REFUSED, "pass", "answers_to_any_host"),
    "a public page names a member": (
        FRONT,
        "self.say(200, ' '.join(row['name'] for row in self.data['members'].values()) + 'A shop. ",
        "names_somebody",
    ),
}


async def test_a_sound_app_passes_every_check(check_app: RunChecks) -> None:
    report = await check_app(files_of())

    assert [check["name"] for check in report.checks] == CHECKS
    assert all(check["ok"] for check in report.checks)
    promised = next(check for check in report.checks if check["name"] == "acceptance")
    assert len(promised["saw"]) == 7


@pytest.mark.parametrize("bug", BUGS)
async def test_one_bug_is_enough_to_fail(check_app: RunChecks, bug: str) -> None:
    old, new, code = BUGS[bug]

    with pytest.raises(BuildFailed) as failed:
        await check_app(files_of(spoiled(old, new)))

    assert failed.value.failure in code.split(), failed.value.log


async def test_an_app_without_a_required_file_is_not_looked_at_further(check_app: RunChecks) -> None:
    files = files_of()
    del files["README.md"]

    with pytest.raises(BuildFailed) as failed:
        await check_app(files)

    assert failed.value.failure == "incomplete"
    assert "README.md" in failed.value.log


async def test_an_archive_that_lacks_a_file_does_not_boot(check_app: RunChecks) -> None:
    files = files_of()
    lacking = {path: content for path, content in files.items() if path != "server.py"}

    with pytest.raises(BuildFailed) as failed:
        await check_app(files, archive=await archive_of(lacking))

    assert failed.value.failure == "start_failed"


async def test_an_archive_without_its_start_script_cannot_be_unpacked(check_app: RunChecks) -> None:
    files = files_of()
    lacking = {path: content for path, content in files.items() if path != START_SCRIPT}

    with pytest.raises(BuildFailed) as failed:
        await check_app(files, archive=await archive_of(lacking))

    assert failed.value.failure == "archive_fails"


async def test_a_version_still_does_what_the_one_before_did(check_app: RunChecks) -> None:
    report = await check_app(files_of(), parent=ParentVersion("build_v0_1", shop()))

    promised = next(check for check in report.checks if check["name"] == "acceptance")
    assert promised["detail"] == "7 promises of the plan kept, 7 of them as in version 0.1"


async def test_what_a_version_no_longer_does_is_said_plainly(check_app: RunChecks) -> None:
    old, new, _ = BUGS["a record without its words"]

    with pytest.raises(BuildFailed) as failed:
        await check_app(files_of(spoiled(old, new)), parent=ParentVersion("build_v0_1", shop()))

    assert failed.value.failure == "regression"
    assert failed.value.detail.startswith("Version 0.2 no longer keeps things, as version 0.1 did.")


async def test_what_the_plan_gave_up_is_not_asked_for_again(check_app: RunChecks) -> None:
    old, new, _ = BUGS["a rule that is not held"]
    spec = shop(rules=())

    report = await check_app(files_of(spoiled(old, new)), spec=spec, parent=ParentVersion("build_v0_1", shop()))

    promised = next(check for check in report.checks if check["name"] == "acceptance")
    assert promised["saw"][-1].startswith("given up by the plan: holds the rule")


async def test_a_failure_says_what_the_app_itself_wrote(check_app: RunChecks) -> None:
    old, new, _ = BUGS["it ends at once"]

    with pytest.raises(BuildFailed) as failed:
        await check_app(files_of(spoiled(old, f'    print("out of luck", flush=True)\n{new}')))

    assert "out of luck" in failed.value.log

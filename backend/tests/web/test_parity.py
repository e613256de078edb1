"""Everything that the page does is done by the API and by a command as well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import app.web
from app.cli.main import command_names
from tests.support.house import House

DONE_BY: Final = {
    "POST /new": ("start_generation", "build"),
    "POST /gallery/{name}": ("start_from_gallery", "gallery"),
    "POST /p/{project_id}/plan": ("correct_plan", "spec correct"),
    "POST /p/{project_id}/build": ("start_generation", "build"),
    "POST /p/{project_id}/stop": ("cancel_generation", "cancel"),
    "POST /p/{project_id}/change": ("request_change", "change"),
    "POST /p/{project_id}/decide/{gate_id}": ("resolve_gate", "decide"),
    "POST /p/{project_id}/settings": ("change_project", "projects"),
    "POST /p/{project_id}/change-by-model": ("start_generation", "change"),
    "POST /settings": ("choose_model", "model use"),
    "POST /p/{project_id}/answers": ("start_generation", "build"),
    "POST /p/{project_id}/share": ("create_share", "share"),
    "POST /p/{project_id}/share/{link_id}/close": ("close_share", "unshare"),
    "POST /p/{project_id}/v/{number}/open": ("preview_viewed", "open"),
    "POST /p/{project_id}/v/{number}/back": ("return_to_build", "back"),
    "POST /p/{project_id}/v/{number}/branch": ("branch_build", "branch"),
    "POST /p/{project_id}/v/{number}/push": ("push_build", "push"),
    "POST /p/{project_id}/v/{number}/records": ("restore_data", "data restore"),
    "POST /p/{project_id}/v/{number}/old-records": ("forget_old_records", "data prune"),
    "GET /": ("list_projects", "projects"),
    "GET /new": ("make_plan", "plan"),
    "GET /gallery": ("list_gallery", "gallery"),
    "GET /usage": ("usage", "usage"),
    "GET /settings": ("usage", "config"),
    "GET /p/{project_id}": ("list_builds", "versions"),
    "GET /p/{project_id}/plan": ("list_plan_questions", "spec questions"),
    "GET /p/{project_id}/compare": ("get_changes", "diff"),
    "GET /p/{project_id}/decide/{gate_id}": ("list_gates", "gates"),
    "GET /p/{project_id}/help": ("ask_for_help", "ask"),
    "GET /p/{project_id}/launch": ("get_readiness", "launch"),
    "GET /p/{project_id}/settings": ("get_project", "projects"),
    "GET /p/{project_id}/share": ("list_shares", "shares"),
    "GET /p/{project_id}/v/{number}/changes": ("get_changes", "diff"),
    "GET /p/{project_id}/v/{number}/checks": ("get_evidence", "checks"),
    "GET /p/{project_id}/v/{number}/events": ("generation_events", "watch"),
    "GET /p/{project_id}/v/{number}/export.bundle": ("export_bundle", "export"),
    "GET /p/{project_id}/v/{number}/export.zip": ("export_build", "export"),
    "GET /p/{project_id}/v/{number}/files": ("export_build", "export"),
    "GET /p/{project_id}/v/{number}/papers/{name}": ("get_paper", "papers"),
    "GET /p/{project_id}/v/{number}/pictures/{name}": ("get_picture", "checks"),
    "GET /p/{project_id}/v/{number}/records": ("backup_data", "data backup"),
    "GET /p/{project_id}/v/{number}/records.db": ("backup_data", "data backup"),
}
OF_THE_PAGE_ALONE: Final = {
    # Signing in and out of a browser, the question before a build is stopped, directions to places of the page.
    "GET /enter",
    "POST /enter",
    "POST /sign-out",
    "GET /p/{project_id}/stop",
    # The door that strangers come in by.
    "GET /s/{secret}",
    "POST /s/{secret}",
    "GET /static/{name}",
}


# What a form does goes by the button that sends it, so a route may do several things.
DONE_BY_BUTTON: Final = {
    "again=1": ("start_generation", "build"),
    "confirmed=1": ("start_generation", "build"),
    "do=build": ("start_generation", "build"),
    "do=build anyway": ("start_generation", "build"),
    "do=correct": ("keep_plan", "plan"),
    "do=design": ("start_generation", "build"),
    "do=plan": ("make_plan", "plan"),
    "do=delete": ("delete_project", "projects delete"),
    "do=rename": ("change_project", "projects rename"),
    "do=park": ("park_project", "park"),
    "do=unpark": ("unpark_project", "unpark"),
    "do=use model": ("choose_model", "model use"),
    "do=forget model": ("forget_model", "model forget"),
    "do=remove key": ("remove_model_key", "model remove-key"),
    "everywhere=1": ("end_page_sessions", "page"),
    "undo=1": ("reset_spec", "spec undo"),
}
_BUTTON: Final = re.compile(r"<button\b[^>]*>")


def buttons_of_the_page() -> set[str]:
    """What the buttons of the templates send besides the fields of their forms, unless it is an id."""
    found = set()
    for template in (Path(app.web.__file__).parent / "templates").glob("*.html"):
        for button in _BUTTON.findall(template.read_text(encoding="utf-8")):
            fields = dict(re.findall(r'\b(name|value)="([^"{]+)"', button))
            if len(fields) == 2:
                found.add(f"{fields['name']}={fields['value']}")
    return found


def test_whatever_the_page_does_is_an_operation_of_the_api_and_a_command(house: House) -> None:
    done_by = [*DONE_BY.values(), *DONE_BY_BUTTON.values()]
    routes = {
        f"{method} {path}"
        for route in house.app.routes
        for method in getattr(route, "methods", None) or ()
        if not (path := str(getattr(route, "path", ""))).startswith(("/api", "/mcp")) and method != "HEAD"
    }
    operations = {
        operation["operationId"]
        for path in house.client.get("/api/openapi.json").json()["paths"].values()
        for operation in path.values()
    }
    commands = set(command_names())

    assert routes - OF_THE_PAGE_ALONE == set(DONE_BY)
    assert buttons_of_the_page() == set(DONE_BY_BUTTON)
    assert {operation for operation, _ in done_by} - operations == set()
    assert {command for _, command in done_by} - commands == set()

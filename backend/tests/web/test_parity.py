"""Everything that the page does is done by the API and by a command as well."""

from __future__ import annotations

from typing import Final

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


def test_whatever_the_page_does_is_an_operation_of_the_api_and_a_command(house: House) -> None:
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
    assert {operation for operation, _ in DONE_BY.values()} <= operations
    assert {command for _, command in DONE_BY.values()} <= commands

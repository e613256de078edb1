"""The pages on which people set the app up, sign up, in and out."""

from __future__ import annotations

import hmac
import secrets
import sqlite3

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from . import database, drafts, guesses, hosts, invitations, people, records, rules
from .access import OWNER, STAFF_ROLE, Guest, Here, Visitor, owner_only
from .database import BY_TABLE
from .fields import Refused, Value, read
from .model import Field, Role
from .entering import first_values, read_all
from .rendering import DASHBOARD, Form, render
from .routing import Number, Routes
from .schema import ROLES
from .security import hold_back

NAME = Field("name", "Your name", required=True)
EMAIL = Field("email", "E-mail", "email", required=True)
TAKEN = "There is an account with this e-mail already."
KNOWN = "This e-mail is known here already. Sign in, or open the link of your invitation: ask for it if you have none."
CODE_WRONG = "That is not the code. It is printed where the app was started; each start makes another one."
TITLES = {"/setup": "Set up your app", "/sign-in": "Sign in", "/sign-up": "Sign up"}
CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

routes = Routes()


class NotInvited(Exception):
    """The staff has entered somebody with this e-mail, and did not give them this link."""


def new_setup_code() -> str:
    """What whoever starts the app is told, so that nobody else becomes its owner."""
    return "-".join("".join(secrets.choice(CODE_LETTERS) for _ in range(4)) for _ in range(3))


def own_roles() -> list[Role]:
    """The kinds of person who can make an account for themselves."""
    return [role for role in ROLES if role.own]


def staff_roles() -> list[Role]:
    """The kinds of staff whom the owner makes accounts for, the owners last."""
    return [*([role for role in ROLES if not role.own] or [STAFF_ROLE]), OWNER]


def _page(
    request: Request, address: str, given: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    shown = {name: value for name, value in given.items() if name != "password"}
    context = {
        "address": address, "given": shown, "wrong": wrong, "heading": TITLES[address], "front": True,
        "roles": own_roles() if address == "/sign-up" else [], "fewest": people.MIN_PASSWORD,
        "can_sign_up": bool(own_roles()), "is_founder": hosts.is_founder(request),
    }  # fmt: skip
    return render(request, "account.html", context, status=status)


def _read(form: dict[str, str]) -> tuple[dict[str, Value], dict[str, str]]:
    values, wrong = read_all([NAME, EMAIL], form)
    if not people.MIN_PASSWORD <= len(form.get("password", "")) <= people.MAX_PASSWORD:
        wrong["password"] = f"Choose a password of {people.MIN_PASSWORD} to {people.MAX_PASSWORD} characters."
    return values, wrong


def _welcome(request: Request, user_id: int, address: str) -> Response:
    """Sign somebody in with a new session; one that another person left open ends."""
    with database.session() as db:
        people.close_session(db, people.cookie(request))
        token = people.open_session(db, user_id)
    response = RedirectResponse(address, 303)
    people.set_cookie(response, request, token)
    guesses.remember(response, request, user_id)
    return response


def _is_waiting(request: Request) -> bool:
    """Whether the app waits for its owner; in a preview that is nobody's business but the founder's."""
    if hosts.preview_access(request.scope) == hosts.VISITOR:
        return False
    with database.session() as db:
        return not people.has_owner(db)


@routes.get("/setup")
def ask_owner(request: Request, visitor: Guest) -> Response:
    """Open until the app has an owner, to whoever knows the code that its start has printed."""
    if not _is_waiting(request):
        return RedirectResponse("/sign-in", 303)
    return _page(request, "/setup", {"code": request.query_params.get("code", "")[:40]}, {})


@routes.post("/setup")
def set_up(request: Request, visitor: Guest, form: Form) -> Response:
    """Makes the owner's account, once."""
    if not _is_waiting(request):
        raise HTTPException(403, "This app has been set up already.")
    values, wrong = _read(form)
    if not _has_code(request, form):
        hold_back(request)
        wrong["code"] = CODE_WRONG
    if wrong:
        return _page(request, "/setup", form, wrong, status=422)
    hashed = people.hash_password(form["password"])
    with records.writing() as db:
        if people.has_owner(db):
            raise HTTPException(403, "This app has been set up already.")
        user_id = _account(db, values, hashed, OWNER)
    return _welcome(request, user_id, f"{DASHBOARD}?done=welcome")


def _has_code(request: Request, form: dict[str, str]) -> bool:
    """Whether it is the founder in a preview, or somebody who knows the code."""
    given = "".join(form.get("code", "").upper().replace("-", " ").split())
    code = request.app.state.setup_code.replace("-", "")
    return hosts.is_founder(request) or hmac.compare_digest(given.encode(), code.encode())


def _account(
    db: sqlite3.Connection, values: dict[str, Value], hashed: str, role: Role, record_id: int | None = None
) -> int:
    name, email = str(values["name"]), str(values["email"])
    return people.add(db, name=name, email=email, hashed=hashed, role=role.name, record_id=record_id)


@routes.get("/sign-up")
def ask_new(request: Request, visitor: Guest) -> Response:
    """For people who work with what is their own."""
    if not own_roles():
        return RedirectResponse("/sign-in", 303)
    asked = {name: request.query_params.get(name, "")[:200] for name in ("role", "email", "invitation")}
    return _page(request, "/sign-up", asked, {})


@routes.post("/sign-up")
def sign_up(request: Request, visitor: Guest, form: Form) -> Response:
    """Makes an account, and the record that describes the person unless the staff has made one and invites them."""
    if not own_roles():
        raise HTTPException(404, "There is no such page.")
    values, wrong = _read(form)
    chosen = [role for role in own_roles() if role.name == form.get("role", own_roles()[0].name)]
    if not chosen:
        wrong["role"] = "Choose one of the list."
    if not wrong:
        hold_back(request)
        hashed = people.hash_password(form["password"])
        try:
            with records.writing() as db:
                code = form.get("invitation", "")
                record_id = _describe(db, request.app.state.key, chosen[0], values, code)
                user_id = _account(db, values, hashed, chosen[0], record_id)
            return _welcome(request, user_id, DASHBOARD)
        except (sqlite3.IntegrityError, NotInvited):
            wrong["email"] = KNOWN
        except rules.Broken as broken:
            wrong["email"] = str(broken)
    return _page(request, "/sign-up", form, wrong, status=422)


def _describe(db: sqlite3.Connection, key: bytes, role: Role, values: dict[str, Value], code: str) -> int:
    """The record of a new person: the one that they are invited to, or else one of their own."""
    email, name = str(values["email"]), str(values["name"])
    for other in own_roles():
        known = people.own_record(db, BY_TABLE[other.own], email)
        if known is not None and other is role and invitations.is_good(key, BY_TABLE[role.own], known, email, code):
            return known
        if known is not None:
            raise NotInvited
    entity = BY_TABLE[role.own]
    named = {people.name_field(entity): values["name"], people.email_field(entity): values["email"]}
    return records.add(db, entity, {**first_values(entity), **{k: v for k, v in named.items() if k}}, who=name)


@routes.get("/sign-in")
def ask_known(request: Request, visitor: Guest) -> Response:
    """For everybody who has an account."""
    if _is_waiting(request) and not hosts.is_founder(request):
        return RedirectResponse("/setup", 303)
    return _page(request, "/sign-in", {"next": request.query_params.get("next", "")[:200]}, {})


def ask_again(request: Request, typed: dict[str, str]) -> HTMLResponse:
    """The page where somebody signs in whose session ended while they filled in a form; it carries that along."""
    return _page(request, "/sign-in", typed, {}, status=401)


@routes.post("/sign-in")
def sign_in(request: Request, visitor: Guest, form: Form) -> Response:
    """Lets somebody in; who guesses passwords has to wait."""
    if "founder" in form and hosts.is_founder(request):
        return _let_founder_in(_inside(form.get("next", "")))
    email, password = _email(form), form.get("password", "")[: people.MAX_PASSWORD]
    with records.writing() as db:
        found = people.find(db, email)
        place = guesses.place(request, found[0] if found else None)
        wait = guesses.seconds_to_wait(db, email, place)
        if wait:
            wrong = {"email": f"That was wrong too often. Wait {wait} seconds and try again."}
            return _page(request, "/sign-in", form, wrong, status=429)
        guesses.note(db, email, place)
    is_right = people.is_theirs(found, password, can_wait=guesses.is_known(place))
    if found is None or not is_right:
        return _page(request, "/sign-in", form, {"email": "The e-mail or the password is not right."}, status=422)
    renewed = people.hash_password(password) if people.is_outdated(found[1]) else ""
    with records.writing() as db:
        guesses.forgive(db, email, place)
        drafts.take(db, request.app.state.key, found[0], form)
        if renewed:
            db.execute("UPDATE app_users SET password = ? WHERE id = ?", [renewed, found[0]])
    return _welcome(request, found[0], _inside(form.get("next", "")))


def _email(form: dict[str, str]) -> str:
    """The e-mail as accounts keep it, without marks that nobody sees; what is none has no account."""
    try:
        return str(read(EMAIL, form.get("email", "")))
    except Refused:
        return ""


def _let_founder_in(address: str) -> Response:
    """The founder of a preview signs in as its owner without a password."""
    response = RedirectResponse(address, 303)
    response.delete_cookie(people.COOKIE, path="/")
    return response


def _inside(address: str) -> str:
    """Where somebody was going, if that is a page of this app."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and "\n" not in address
    return address if is_ours else DASHBOARD


@routes.post("/sign-out")
def sign_out(request: Request, visitor: Here, form: Form) -> Response:
    """Ends the session."""
    with database.session() as db:
        people.close_session(db, visitor.session)
    response = RedirectResponse("/", 303)
    if hosts.is_founder(request):
        people.set_cookie(response, request, people.SIGNED_OUT)
    else:
        response.delete_cookie(people.COOKIE, path="/")
    return response


@routes.get("/staff-accounts")
def accounts(request: Request, visitor: Here) -> HTMLResponse:
    """Who can sign in."""
    owner_only(visitor)
    return _accounts(request, visitor, {}, {})


@routes.post("/staff-accounts")
def add_account(request: Request, visitor: Here, form: Form) -> Response:
    """Makes an account for somebody else of the staff."""
    owner_only(visitor)
    values, wrong = _read(form)
    role = next((role for role in staff_roles() if role.name.strip() == form.get("role", "").strip()), None)
    if role is None:
        wrong["role"] = "Choose one of the list."
    if not wrong and role is not None:
        hashed = people.hash_password(form["password"])
        try:
            with records.writing() as db:
                _account(db, values, hashed, role)
            return RedirectResponse("/staff-accounts", 303)
        except sqlite3.IntegrityError:
            wrong["email"] = TAKEN
    return _accounts(request, visitor, form, wrong, status=422)


@routes.post("/staff-accounts/{user_id}/delete")
def remove_account(request: Request, visitor: Here, user_id: Number, form: Form) -> Response:
    """Lets somebody in no more; nobody removes themselves, so that an owner is left."""
    owner_only(visitor)
    with records.writing() as db:
        own = people.of_session(db, visitor.session)
        if own is not None and own["id"] == user_id:
            raise HTTPException(403, "Somebody else of the staff can remove your account.")
        people.remove(db, user_id)
    return RedirectResponse("/staff-accounts", 303)


def _accounts(
    request: Request, visitor: Visitor, given: dict[str, str], wrong: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    with database.session() as db:
        own, has_owner = people.of_session(db, visitor.session), people.has_owner(db)
        rows = [dict(row) for row in db.execute("SELECT id, name, email, role FROM app_users ORDER BY role, name")]
    shown = {name: value for name, value in given.items() if name != "password"}
    context = {
        "rows": rows, "own": own and own["id"], "heading": "Accounts", "given": shown, "wrong": wrong,
        "fewest": people.MIN_PASSWORD, "roles": staff_roles(), "has_owner": has_owner,
    }  # fmt: skip
    return render(request, "accounts.html", context, status=status)

"""The people of the checks: the owner, a second owner, people with records of their own, and a passer-by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from app.acceptance.form_driver import FormDriver
from app.acceptance.http_session import Answer, HttpSession, HttpSessions
from app.acceptance.kept import excerpt_of
from app.acceptance.pages import WebForm
from app.acceptance.samples import Samples
from app.blueprint.spec import AppSpec
from app.blueprint.spec_queries import has_record_pages
from app.domain.failure import BuildFailed, FailureCode

OWNER: Final = {"name": "Olive Owner", "email": "owner@example.com", "password": "correct-horse-battery-4"}
_PASSWORD: Final = "correct-horse-battery-9"


@dataclass
class People:
    """The visitors of one running app."""

    sessions: HttpSessions
    spec: AppSpec
    samples: Samples
    setup_code: str = ""
    """What the start of the app has printed, for its owner alone."""
    driver: FormDriver = field(init=False)
    _by_link: bool = field(default=False, init=False)
    """Whether the app lets the founder of its preview in without a password."""
    _second: HttpSession | None = field(default=None, init=False)

    _known: dict[str, HttpSession] = field(default_factory=dict, init=False)
    """Who has signed up, by their e-mail or the path of the record that they were invited by."""

    async def arrive(self) -> None:
        """Become the owner: by the founder's link behind a preview, or else by setting the app up."""
        owner = self.sessions.founder()
        self.driver = FormDriver(owner, self.spec, self.samples)
        # A site without records has nobody who signs in.
        if not has_record_pages(self.spec):
            return
        # A page that nobody sees who is not in.
        form_path = f"/{self.spec.entities[0].table}/new"
        self._by_link = self.sessions.has_key and (await owner.get(form_path)).status == 200
        if not self._by_link:
            page = await owner.get("/setup")
            if password_form(page) is None:
                raise BuildFailed(
                    FailureCode.NO_SIGN_IN,
                    "The app should ask people to sign in, and does not.",
                    log=f"GET /setup: {excerpt_of(page)}",
                )
            await _fill_password_form(owner, page, {**OWNER, "code": self.setup_code})

    async def refuse_wrong_code(self) -> None:
        """Somebody who is quicker than the owner, and has not seen the code, does not become it. BuildFailed."""
        stranger = self.sessions.visitor()
        page = await stranger.get("/setup")
        form = password_form(page)
        values = {**OWNER, "email": "quicker@example.com", "code": "WRONG"}
        if form is None:
            return
        if not (await stranger.submit(page, form, values)).is_refusal:
            raise BuildFailed(FailureCode.OPEN_SETUP, log=f"/setup: {excerpt_of(page)}")

    def anybody(self) -> HttpSession:
        """A passer-by who does not sign in."""
        return self.sessions.visitor()

    def moved_to(self, sessions: HttpSessions) -> None:
        """The app was started again, at another address: everybody has to come in anew."""
        self.sessions = sessions
        self._second = None
        self._known.clear()

    async def second_owner(self) -> HttpSession:
        """The owner at another computer, with nothing of the first session."""
        if self._second is None:
            self._second = self.sessions.founder()
            if not self._by_link:
                page = await self._second.get("/sign-in")
                await _fill_password_form(
                    self._second, page, {name: OWNER[name] for name in ("email", "password")}
                )
        return self._second

    async def newcomer(self, email: str) -> HttpSession:
        """Somebody who signs up, to work with records of their own."""
        if email not in self._known:
            self._known[email] = await self._sign_up("/sign-up", email)
        return self._known[email]

    async def invited(self, path: str, email: str) -> HttpSession:
        """Somebody whom the owner has entered before: they are given the link on the page of their record."""
        if path not in self._known:
            page = (await self.driver.visitor.get(path)).page
            link = next((link for link in page.links if "/sign-up?" in link), "/sign-up")
            self._known[path] = await self._sign_up(link, email)
        return self._known[path]

    @property
    def joined(self) -> list[str]:
        """The paths of the records whose people have signed up."""
        return [path for path in self._known if path.startswith("/")]

    async def staff(self, role: str) -> HttpSession:
        """Somebody of that role of the staff, whom the owner makes an account for."""
        page = await self.driver.visitor.get("/staff-accounts")
        form = password_form(page)
        email = f"staff{self.samples.mark().split()[1]}@example.com"
        values = {"name": f"Sam {role}", "email": email, "password": _PASSWORD, "role": role}
        answer = await self.driver.visitor.submit(page, form, values) if form is not None else page
        if answer.status != 303:
            raise BuildFailed(
                FailureCode.NO_SIGN_IN,
                f"The owner cannot make an account for somebody who is {role}.",
                log=f"POST {page.path}: {excerpt_of(answer)}",
            )
        visitor = self.sessions.visitor()
        await _fill_password_form(visitor, await visitor.get("/sign-in"), {"email": email, "password": _PASSWORD})
        return visitor

    async def _sign_up(self, address: str, email: str) -> HttpSession:
        visitor = self.sessions.visitor()
        page = await visitor.get(address)
        await _fill_password_form(
            visitor, page, {"name": f"Nora {self.samples.mark()}", "email": email, "password": _PASSWORD}
        )
        return visitor


def password_form(page: Answer) -> WebForm | None:
    """The form of a page that asks for a password."""
    return next((form for form in page.page.forms if "password" in form.names), None)


async def _fill_password_form(visitor: HttpSession, page: Answer, values: dict[str, str]) -> None:
    form = password_form(page)
    answer = await visitor.submit(page, form, values) if form is not None else page
    if form is None or answer.status != 303:
        raise BuildFailed(FailureCode.NO_SIGN_IN, log=f"{page.path}: {excerpt_of(answer)}")

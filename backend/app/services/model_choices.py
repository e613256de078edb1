"""The choice of a model for a founder or one project, and the keys of providers, which are kept sealed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from app.core.errors import InvalidInput, NotFound
from app.core.ids import FounderId, ProjectId
from app.core.seal import Seal, SealBroken
from app.db.engine import Connection, Database
from app.designer.choice import PROVIDERS, ChoiceRefused, address_of, parse_choice
from app.domain.model_choice import Chosen, KeptKey
from app.domain.project import Project
from app.ports.runner import BLUEPRINT_ENGINE, MODEL_ENGINE
from app.repositories import model_choices, projects
from app.services.model_addresses import ModelAddresses
from app.services.project_service import owned

MOST_MODELS: Final = 4
_URL: Final = re.compile(r"https?://[^\s@/?#]+(/[^\s@?#]*)?")
_KEY: Final = re.compile(r"[!-~]{4,500}")
_LONGEST_URL: Final = 300
_LONGEST_NAME: Final = 120
_SHOWN: Final = 4
_LEAST_TO_SHOW: Final = 16
"""Characters of a key below which none of them is shown."""


class ModelChoices:
    """Keeps choices and keys. A choice of a project goes before its founder's, and that before the settings."""

    def __init__(
        self, seal: Seal, *, instance: Chosen | None, engine: str | None, addresses: ModelAddresses
    ) -> None:
        self._seal = seal
        self._addresses = addresses
        self._instance = instance
        self._engine = engine
        """Who plans by the settings, whatever model there is."""

    @property
    def usual_engine(self) -> str | None:
        """Who plans an app where neither its build nor its project says; None is whoever has a model chosen."""
        return self._engine or (None if self._instance is None else MODEL_ENGINE)

    async def find(self, tx: Connection, founder_id: FounderId, project_id: ProjectId | None) -> Chosen | None:
        """The model that is asked for a project, or for a new one; None where none is chosen. NotFound."""
        if project_id is not None:
            await owned(tx, founder_id, project_id)
        return await model_choices.chosen(tx, founder_id, project_id) or self._instance

    async def is_chosen(self, tx: Connection, founder_id: FounderId, project_id: ProjectId | None) -> bool:
        """True when there is a model that could plan a project, or a new one."""
        return self._instance is not None or await model_choices.chosen(tx, founder_id, project_id) is not None

    async def engine_for(self, tx: Connection, founder_id: FounderId, project: Project | None) -> str:
        """Who plans an app when its build does not say."""
        if project is not None and project.engine_asked is not None:
            return project.engine_asked
        if self.usual_engine is not None:
            return self.usual_engine
        choice = await self.find(tx, founder_id, None if project is None else project.id)
        return BLUEPRINT_ENGINE if choice is None else MODEL_ENGINE

    async def choose(
        self, tx: Connection, founder_id: FounderId, project_id: ProjectId | None, *, model: str, url: str | None
    ) -> None:
        """Choose a model for one project, or for all that have none of their own. InvalidInput, NotFound."""
        names = [_checked_name(text) for text in model.split(",") if text.strip()]
        if not 0 < len(names) <= MOST_MODELS:
            raise InvalidInput(f"Name one to {MOST_MODELS} models, in the order in which they are asked.")
        address = _checked_url(url)
        if names[0].startswith("compatible:") and address is None:
            raise InvalidInput(
                "A server of this kind needs its address.", remedy="Such as http://127.0.0.1:8080/v1"
            )
        first_provider = parse_choice(names[0])[0]
        for provider, _ in map(parse_choice, names):
            asked_at = address_of(provider, address if provider == first_provider else None)
            if asked_at is not None:
                await self._addresses.require_allowed(asked_at)
        await self._keep(tx, founder_id, project_id, ", ".join(names), address)

    async def forget(self, tx: Connection, founder_id: FounderId, project_id: ProjectId | None) -> None:
        """Forget what was chosen for one project, or for all. NotFound."""
        await self._keep(tx, founder_id, project_id, None, None)

    async def _keep(
        self,
        tx: Connection,
        founder_id: FounderId,
        project_id: ProjectId | None,
        model: str | None,
        url: str | None,
    ) -> None:
        if project_id is not None:
            await owned(tx, founder_id, project_id, lock=True)
            # Whoever chooses a model for a project wants it to plan, also where rules did until now.
            await projects.set_engine(tx, project_id, None if model is None else MODEL_ENGINE)
        await model_choices.choose(tx, founder_id, project_id, model=model, url=url)

    async def keep_key(
        self, tx: Connection, founder_id: FounderId, *, provider: str, url: str | None, key: str
    ) -> None:
        """Keep the key of a provider, in the place of an earlier one. InvalidInput, which does not repeat it."""
        family = _family_of(provider)
        secret, address = key.strip(), _checked_url(url) or ""
        if not _KEY.fullmatch(secret):
            raise InvalidInput("A key is 4 to 500 characters without spaces, as its provider shows it once.")
        await model_choices.hold_keys(tx)
        sealed = self._seal.seal(secret, place=_place(founder_id, family, address))
        hint = secret[-_SHOWN:] if len(secret) >= _LEAST_TO_SHOW else ""
        await model_choices.keep_key(tx, founder_id, family, address, sealed=sealed, hint=hint)

    async def remove_key(self, tx: Connection, founder_id: FounderId, *, provider: str, url: str | None) -> None:
        """Remove the key of a provider. NotFound."""
        if not await model_choices.remove_key(tx, founder_id, _family_of(provider), _checked_url(url) or ""):
            raise NotFound("No key is kept for this provider and address.", remedy="cofounder model")

    async def keys(self, tx: Connection, founder_id: FounderId) -> Sequence[KeptKey]:
        """The keys that are kept, without what they are."""
        return await model_choices.keys(tx, founder_id)

    async def key_of(self, tx: Connection, founder_id: FounderId, provider: str, url: str | None) -> str | None:
        """The key for a provider at an address, to ask it with. SealBroken."""
        family = _family_of(provider)
        for is_last in (False, True):
            sealed = await model_choices.sealed_key(tx, founder_id, family, url or "")
            if sealed is None:
                return None
            try:
                return self._seal.open(sealed, place=_place(founder_id, family, url or ""))
            except SealBroken:
                # All may have been sealed anew between reading the record and reading the file.
                if is_last:
                    raise
        return None

    async def rotate(self, database: Database) -> int:
        """Seal every kept key anew, with a new key where that is in the file; how many there are. SealBroken.

        What was killed halfway leaves both in the file, and is done again.
        """
        async with database.transaction() as tx:
            await model_choices.hold_keys(tx)
            every = await model_choices.every_sealed_key(tx)
            opened = [(key, self._seal.open(key[3], place=_place(*key[:3]))) for key in every]
            self._seal.begin_anew()
            for (founder_id, provider, url, _), secret in opened:
                sealed = self._seal.seal(secret, place=_place(founder_id, provider, url))
                await model_choices.seal_anew(tx, founder_id, provider, url, sealed)
        async with database.transaction() as tx:
            await model_choices.hold_keys(tx)
            if all(self._seal.is_current(key[3]) for key in await model_choices.every_sealed_key(tx)):
                self._seal.forget_old()
        return len(every)


def _place(founder_id: FounderId, provider: str, url: str) -> str:
    """The place that a key is sealed for: moved to another founder or address in the record it does not open."""
    return "\n".join(("key", str(founder_id), provider, url))


def _checked_name(text: str) -> str:
    name = text.strip()
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"The name of a model has at most {_LONGEST_NAME} visible characters.")
    try:
        return ":".join(parse_choice(name))
    except ChoiceRefused as error:
        raise InvalidInput(str(error), remedy="Such as anthropic:claude-sonnet-4-5") from error


def _family_of(provider: str) -> str:
    """The provider, without the format in which it is spoken to: it has one key for each of its formats."""
    if provider not in PROVIDERS:
        raise InvalidInput(f"The provider is one of {', '.join(PROVIDERS)}.")
    return provider.removesuffix("-chat")


def _checked_url(url: str | None) -> str | None:
    address = (url or "").strip().rstrip("/")
    if not address:
        return None
    if len(address) > _LONGEST_URL or not _URL.fullmatch(address) or not address.isprintable():
        raise InvalidInput(
            "An address begins with http:// or https:// and holds no name or password.",
            remedy="Such as http://127.0.0.1:8080/v1",
        )
    return address

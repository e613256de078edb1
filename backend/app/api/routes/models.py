"""The model that plans: chosen for a founder or one project, with the keys of providers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.deps import CallerDep, ServicesDep
from app.core.ids import ProjectId
from app.domain.model_choice import Chosen, KeptKey
from app.schemas.models import ModelIn, ModelKeyIn, ModelKeyOut, ModelOut, SealedAnewOut
from app.services.project_service import owned

router = APIRouter()

ProjectFilter = Annotated[UUID | None, Query(description="Of this project; else of new ones.")]
UrlFilter = Annotated[str | None, Query(max_length=300, description="The address that the key is for.")]


def _project(project_id: UUID | None) -> ProjectId | None:
    return None if project_id is None else ProjectId(project_id)


def _key_out(key: KeptKey) -> ModelKeyOut:
    return ModelKeyOut(provider=key.provider, url=key.url, hint=key.hint, changed_at=key.changed_at.isoformat())


@router.get("", operation_id="get_model")
async def get(caller: CallerDep, services: ServicesDep, project_id: ProjectFilter = None) -> ModelOut:
    """The model that is asked for a project, or for a new one."""
    key = _project(project_id)
    async with services.database.autocommit() as tx:
        project = None if key is None else await owned(tx, caller.id, key)
        chosen: Chosen | None = await services.choices.find(tx, caller.id, key)
        engine = await services.choices.engine_for(tx, caller.id, project)
        keys = await services.choices.keys(tx, caller.id)
    model, url, of = (None, None, None) if chosen is None else (chosen.model, chosen.url, chosen.of)
    return ModelOut(model=model, url=url, of=of, engine=engine, keys=[_key_out(key) for key in keys])


@router.post("", operation_id="choose_model")
async def choose(body: ModelIn, caller: CallerDep, services: ServicesDep) -> ModelOut:
    """Choose the model for a project, or for all that have none of their own."""
    async with services.database.transaction() as tx:
        await services.choices.choose(tx, caller.id, _project(body.project_id), model=body.model, url=body.url)
    return await get(caller, services, body.project_id)


@router.delete("", status_code=204, operation_id="forget_model")
async def forget(caller: CallerDep, services: ServicesDep, project_id: ProjectFilter = None) -> None:
    """Forget the choice for a project, or for all."""
    async with services.database.transaction() as tx:
        await services.choices.forget(tx, caller.id, _project(project_id))


@router.post("/keys", operation_id="keep_model_key")
async def keep_key(body: ModelKeyIn, caller: CallerDep, services: ServicesDep) -> ModelOut:
    """Keep the key of a provider, in the place of an earlier one."""
    async with services.database.transaction() as tx:
        await services.choices.keep_key(
            tx, caller.id, provider=body.provider, url=body.url, key=body.key.get_secret_value()
        )
    return await get(caller, services)


@router.delete("/keys/{provider}", status_code=204, operation_id="remove_model_key")
async def remove_key(provider: str, caller: CallerDep, services: ServicesDep, url: UrlFilter = None) -> None:
    """Remove the key of a provider."""
    async with services.database.transaction() as tx:
        await services.choices.remove_key(tx, caller.id, provider=provider, url=url)


@router.post("/keys/rotation", operation_id="rotate_model_keys")
async def rotate(caller: CallerDep, services: ServicesDep) -> SealedAnewOut:  # noqa: ARG001 - who is signed in
    """Seal every kept key anew, with a new key of the instance."""
    return SealedAnewOut(keys=await services.choices.rotate(services.database))

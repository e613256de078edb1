"""The choice of a model, and the keys that are kept for it, on the wire."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

Url = Annotated[str | None, Field(max_length=300)]


class ModelIn(BaseModel):
    """A model to choose for one project, or for all that have none of their own."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(max_length=600)]
    """PROVIDER:NAME; several with commas are asked in their order where one has trouble of its own."""
    url: Url = None
    """The address of the first one's provider, where it is not the usual one."""
    project_id: UUID | None = None


class ModelKeyIn(BaseModel):
    """The key of a provider; it is kept sealed and never shown."""

    model_config = ConfigDict(extra="forbid")

    provider: Annotated[str, Field(max_length=40)]
    url: Url = None
    """The only address that it is sent to; null is the provider's own."""
    key: Annotated[SecretStr, Field(max_length=600)]


class ModelKeyOut(BaseModel):
    """A key that is kept: of a long one, its last characters."""

    provider: str
    url: str
    hint: str
    changed_at: str


class ModelOut(BaseModel):
    """The model that is asked, who chose it (`project`, `founder` or `instance`), and who plans by default."""

    model: str | None
    url: str | None
    of: str | None
    engine: str
    keys: list[ModelKeyOut]


class SealedAnewOut(BaseModel):
    """The number of keys that were sealed anew."""

    keys: int

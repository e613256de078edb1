"""Models that speak the format of Anthropic."""

from __future__ import annotations

import httpx2
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from app.designer.choice import NO_KEY, ModelChoice


def make_model(choice: ModelChoice, client: httpx2.AsyncClient) -> Model:
    """The model of a choice."""
    provider = AnthropicProvider(api_key=choice.secret or NO_KEY, base_url=choice.url, http_client=client)
    return AnthropicModel(choice.name, provider=provider)

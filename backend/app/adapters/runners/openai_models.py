"""Models that speak the formats of OpenAI: its own, Google's and OpenRouter's endpoints, and servers anywhere."""

from __future__ import annotations

from typing import Final

import httpx2
from pydantic_ai.models import Model
from pydantic_ai.models.ollama import OllamaModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.providers.openrouter import OpenRouterProvider

from app.designer.choice import NO_KEY, ModelChoice

GOOGLE_URL: Final = "https://generativelanguage.googleapis.com/v1beta/openai/"
"""Google's own endpoint in the format of OpenAI."""

_PROFILE: Final = OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False)
"""Servers besides OpenAI's own know the older name of the limit; Ollama and LM Studio ignore the newer one."""


def make_model(choice: ModelChoice, client: httpx2.AsyncClient) -> Model:
    """The model of a choice."""
    key, url, name = choice.secret or NO_KEY, choice.url, choice.name
    match choice.provider:
        case "openai":
            return OpenAIResponsesModel(
                name, provider=OpenAIProvider(api_key=key, base_url=url, http_client=client)
            )
        case "openai-chat":
            return OpenAIChatModel(name, provider=OpenAIProvider(api_key=key, base_url=url, http_client=client))
        case "openrouter" if url is None:
            return OpenAIChatModel(
                name, provider=OpenRouterProvider(api_key=key, http_client=client), profile=_PROFILE
            )
        case "ollama":
            return OllamaModel(
                name,
                provider=OllamaProvider(api_key=key, base_url=url, http_client=client),
                profile=_PROFILE,
            )
        case _:
            compatible = OpenAICompatibleProvider(
                name=choice.provider, base_url=url or GOOGLE_URL, api_key=key, http_client=client
            )
            return OpenAIChatModel(name, provider=compatible, profile=_PROFILE)

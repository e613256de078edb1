"""The choice of the model that designs, with its address and key."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Final

PROVIDERS: Final = {
    "anthropic": "Anthropic",
    "openai": "OpenAI",
    "openai-chat": "OpenAI",
    "google": "Google",
    "openrouter": "OpenRouter",
    "ollama": "Ollama",
    "compatible": "The model server",
}
"""Each with its name for people; `compatible` speaks OpenAI's chat completions at an address of its own."""

KEY_VARIABLES: Final = {
    "anthropic": "ANTHROPIC_API_KEY",
    "openai": "OPENAI_API_KEY",
    "openai-chat": "OPENAI_API_KEY",
    "google": "GEMINI_API_KEY",
    "openrouter": "OPENROUTER_API_KEY",
}
"""Where people keep the key of a provider already."""

NO_KEY: Final = "none"
"""Sent where there is no key: servers on the machine ask for none, and the clients insist on one."""

NEEDS_NO_KEY: Final = frozenset({"ollama", "compatible"})
DESIGN_CALLS: Final = 2
"""So many times as long as one call may take may a design take with its repairs."""

OLLAMA_URL: Final = "http://127.0.0.1:11434/v1"


class ChoiceRefused(ValueError):
    """A model is named that cannot be asked; the message is for the person who set it."""


@dataclass(frozen=True)
class ModelChoice:
    """A model with its address and key."""

    provider: str
    name: str
    secret: str | None = field(default=None, repr=False)
    url: str | None = None
    is_streaming: bool = True
    silence_s: float | None = None
    """Seconds without a byte after which the provider counts as silent; None is what suits the provider."""
    call_s: float = 600
    """Seconds that one call may take."""
    most_output: int = 32_000
    """Tokens that one answer may have."""
    context: int | None = None
    """Tokens that the model can read and write together; None leaves it to what its server says."""
    is_public_only: bool = False
    """True where a founder named the address who may name none of this machine or a private network."""

    @property
    def digest(self) -> str:
        """Equal for the same model at the same address with the same key."""
        return hashlib.sha256(json.dumps([self.label, self.url, self.secret]).encode()).hexdigest()[:32]

    @property
    def is_own_server(self) -> bool:
        """True when it runs on a machine of the founder's, which may be slow."""
        return self.provider in NEEDS_NO_KEY

    @property
    def design_s(self) -> float:
        """Seconds that all calls of one design may take together."""
        return DESIGN_CALLS * self.call_s

    @property
    def label(self) -> str:
        """The honest name of the engine, such as `anthropic:claude-sonnet-4-5`."""
        return f"{self.provider}:{self.name}"[:80]

    @property
    def provider_label(self) -> str:
        """The provider as people call it."""
        return PROVIDERS[self.provider]


def address_of(provider: str, url: str | None) -> str | None:
    """The address at which a model is asked; None is the provider's own."""
    return url or (OLLAMA_URL if provider == "ollama" else None)


def only_operator_may_name(url: str) -> str:
    """A sentence for a founder who may not have a model asked at a private address."""
    return (
        f"The model server at {url} is on this machine or a private network, where only the operator of this "
        "instance may let a model be asked: by naming it in COFOUNDER_MODEL_SERVERS."
    )


def parse_choice(text: str) -> tuple[str, str]:
    """Provider and model of a name such as `openai:gpt-5`. ChoiceRefused."""
    provider, colon, name = text.strip().partition(":")
    if provider not in PROVIDERS or not colon or not name.strip():
        providers = ", ".join(PROVIDERS)
        raise ChoiceRefused(f"A model is named as PROVIDER:NAME, and the provider is one of {providers}.")
    return provider, name.strip()

"""Every setting, with where it comes from: argument, `COFOUNDER_` environment, `.env`, default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.core.paths import DataDir, default_data_dir


class Settings(BaseSettings):
    """The settings of one process."""

    # Names that are unknown are left alone: the .env of the folder belongs to whatever else is worked on there.
    model_config = SettingsConfigDict(env_prefix="COFOUNDER_", env_file=".env", extra="ignore", frozen=True)

    data_dir: Path = Field(default_factory=default_data_dir, description="Where everything is kept.")
    database_url: SecretStr | None = Field(
        default=None, description="An external Postgres (postgresql://...) instead of the embedded one."
    )
    redis_url: SecretStr | None = Field(
        default=None, description="An external Valkey or Redis (redis://... or unix://...)."
    )
    postgres_bin: Path | None = Field(
        default=None, description="The directory of the Postgres programs to embed instead of the bundled ones."
    )
    valkey_server: Path | None = Field(
        default=None, description="The Valkey or Redis server program to embed instead of the bundled one."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on.")
    port: int = Field(default=8400, ge=1, le=65535, description="The port of the API.")
    preview_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="The port of the previews; by default the next one after `port`.",
    )
    lan: bool = Field(default=False, description="Let others on the network open shared links, unencrypted.")
    share_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="The port of shared links for others; by default the second one after `port`.",
    )
    share_url: str | None = Field(
        default=None,
        pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$",
        description="The address by which a tunnel or reverse proxy leads others to the port of shared links.",
    )
    workers: int = Field(default=1, ge=0, le=64, description="Worker processes that `up` starts.")
    builds_per_worker: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="Builds one worker runs at once; by default one for every two cores.",
    )
    # At most 15, since a build goes on elsewhere within the lease and a second of its worker's death.
    lease_s: float = Field(default=10, ge=1, le=15, description="Seconds after which a silent worker is dead.")
    queue_cap: int = Field(default=1000, ge=1, description="Jobs waiting before start answers 503.")
    stage_timeout_s: float = Field(default=300, ge=5, description="Seconds one stage may take.")
    pictures: bool = Field(
        default=True, description="Take pictures of a new version where a browser is installed."
    )
    preview_link_s: int = Field(default=3600, ge=60, description="Seconds a preview link is good for.")
    preview_idle_s: float = Field(default=900, ge=10, description="Seconds until an unused preview sleeps.")
    sandbox: str = Field(default="local", description="Where apps are installed, checked and served.")
    identity: str = Field(default="local", description="Who says which person a token belongs to.")
    billing: str = Field(default="open", description="Who knows which founder has a subscription.")
    bwrap: Path | None = Field(default=None, description="The bubblewrap program to use.")
    engine: Literal["blueprint", "model"] | None = Field(
        default=None, description="Who plans an app unless a build says so; by default the model where one is set."
    )
    model: str | None = Field(
        default=None,
        description="The model that designs, as PROVIDER:NAME: anthropic, openai, openai-chat, google, "
        "openrouter, ollama, or compatible with model_url.",
    )
    model_key: SecretStr | None = Field(
        default=None, description="The key for the model; by default the provider's usual variable."
    )
    model_url: str | None = Field(
        default=None, description="The address of a model server that speaks the provider's format."
    )
    model_servers: str | None = Field(
        default=None,
        description="Model servers of this machine or a private network that founders may choose, by address "
        "with commas, or `any`: the default where there is one founder. Where there are several, none is.",
    )
    model_fallbacks: str | None = Field(
        default=None,
        description="Models asked in this order when a provider has trouble, as PROVIDER:NAME with commas.",
    )
    seal_key: SecretStr | None = Field(
        default=None,
        description="What seals the kept keys of providers, 32 characters or more; of several with commas "
        "the first seals and each opens. By default a file of the data directory.",
    )
    model_streaming: bool = Field(default=True, description="Receive a model's answer while it is written.")
    model_silence_s: float | None = Field(
        default=None,
        ge=1,
        description="Seconds a model may be silent: by default 90, and for a server of yours as long as a call.",
    )
    model_call_s: float = Field(default=600, ge=5, description="Seconds one answer of a model may take.")
    model_output_tokens: int = Field(default=32_000, ge=256, description="Tokens one answer of a model may have.")
    model_context: int | None = Field(
        default=None, ge=2048, description="Tokens the model can read; by default what its server says."
    )
    model_build_usd: Decimal = Field(default=Decimal(1), ge=0, description="Dollars for models, a build.")
    model_founder_usd: Decimal = Field(
        default=Decimal(5), ge=0, description="Dollars for models, a founder's day."
    )
    model_day_usd: Decimal = Field(default=Decimal(20), ge=0, description="Dollars for models, everybody's day.")
    model_build_tokens: int = Field(default=300_000, ge=0, description="Tokens for models, a build.")
    model_founder_tokens: int = Field(default=2_000_000, ge=0, description="Tokens for models, a founder's day.")
    model_day_tokens: int = Field(default=8_000_000, ge=0, description="Tokens for models, everybody's day.")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR.")

    @property
    def default_engine(self) -> str:
        """The engine that plans an app when neither its build nor its project names one."""
        return self.engine or ("blueprint" if self.model is None else "model")

    @property
    def data(self) -> DataDir:
        """The rooms of the data directory."""
        return DataDir(self.data_dir.expanduser().absolute())

    @property
    def build_slots(self) -> int:
        """Builds that one worker runs at once: a build keeps two cores busy, so more only make each slower."""
        return self.builds_per_worker or max(1, (os.cpu_count() or 2) // 2)

    @property
    def previews_port(self) -> int:
        """The port that previews are served on."""
        return self.preview_port or self.port + 1

    @property
    def shares_port(self) -> int:
        """The port of the door for shared links."""
        return self.share_port or self.port + 2

    @property
    def has_shared_door(self) -> bool:
        """True when others than this computer can open shared links."""
        return self.lan or self.share_url is not None

    def environment(self) -> dict[str, str]:
        """The environment that gives a child process these settings: all that are not left to default."""
        # Defaults are left out: the child comes to the same ones by itself, and None has no text.
        values = {name: getattr(self, name) for name in self.model_fields_set}
        plain = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name, value in values.items()
            if value is not None
        }
        return {f"COFOUNDER_{name.upper()}": value for name, value in plain.items()}


def process_environment() -> dict[str, str]:
    """A copy of this process's environment, to hand to a child."""
    return dict(os.environ)


def replace_environment(environment: Mapping[str, str]) -> None:
    """Take on the environment that this process, a fork, was handed instead of its owner's."""
    # In place, so that modules which hold the mapping, and the C library, see it too.
    os.environ.clear()
    os.environ.update(environment)

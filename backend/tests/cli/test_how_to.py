"""The pages on models and assistants name what there is: every setting, provider, command, number and tool."""

from __future__ import annotations

import re
from pathlib import Path

from app.adapters.runners.asking import SMALL_ANSWER
from app.adapters.runners.local_servers import OLLAMA_CONTEXT
from app.adapters.runners.providers import LEAST_FOR_ALL
from app.cli.main import command_names
from app.core.settings import Settings
from app.designer.choice import KEY_VARIABLES, PROVIDERS
from app.mcp_server.toolbox import TOOLS

HOW_TO = Path(__file__).resolve().parents[3] / "docs" / "how-to"
MODEL = (HOW_TO / "use-a-model.md").read_text()
ASSISTANT = (HOW_TO / "your-own-assistant.md").read_text()


def test_every_setting_that_is_named_is_one() -> None:
    known = {f"COFOUNDER_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"COFOUNDER_[A-Z_]+", MODEL + ASSISTANT)) <= known


def test_every_provider_and_its_key_is_named() -> None:
    for provider in PROVIDERS.keys() - {"openai-chat"}:
        assert f"COFOUNDER_MODEL={provider}:" in MODEL
    for variable in KEY_VARIABLES.values():
        assert f"`{variable}`" in MODEL


def test_every_command_that_is_named_is_one() -> None:
    firsts = {name.split()[0] for name in command_names()}
    assert set(re.findall(r"\./co (\w+)", MODEL + ASSISTANT)) <= firsts


def test_the_numbers_are_those_of_the_program() -> None:
    settings = Settings.model_fields
    assert f"less than {LEAST_FOR_ALL:,} tokens" in MODEL
    assert f"in {SMALL_ANSWER:,} tokens at the most" in MODEL
    assert f"gives them {OLLAMA_CONTEXT:,} tokens" in MODEL
    assert f"({settings['model_call_s'].default // 60} minutes)" in MODEL


def test_every_tool_of_an_assistant_is_named_and_no_other() -> None:
    section = ASSISTANT.partition("## What it can do")[2].partition("\n## ")[0]
    assert set(re.findall(r"`(\w+)`", section)) == set(TOOLS)

"""Where there are several founders, only the operator lets a model be asked at a private address."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bench.noop import no_checks
from app.core.addresses import Resolver, own_addresses
from app.core.errors import ConfigurationError, InvalidInput
from app.core.settings import Settings
from app.models import addresses_of
from app.services.model_addresses import ModelAddresses
from tests.cli.fake_api import Cli, FakeInstance, FakeWiring
from tests.mcp_server.served import listening
from tests.support.assistant import assistant
from tests.support.designs import POOL_GOAL, as_text, pool
from tests.support.house import AUTH, OTHER_AUTH, OTHER_TOKEN, House, open_house
from tests.support.scripted_model import HEARD, Asked, Say, ScriptedModel
from tests.web.conftest import sign_in

PRIVATE = [
    "http://169.254.169.254/latest",
    "http://[fd00:ec2::254]/latest",
    "http://[::ffff:169.254.169.254]/v1",
    "http://127.0.0.1:5432",
    "http://localhost:6379/v1",
    "http://LOCALHOST/v1",
    "http://2130706433/v1",
    "http://0x7f.1/v1",
    "http://0/v1",
    "http://[::1]:8400/v1",
    "http://[::127.0.0.1]/v1",
    "http://10.0.0.5:8080/v1",
    "http://192.168.1.1/v1",
    "http://[fe80::1]/v1",
    "http://[fec0::1]/v1",
    "https://100.100.100.200/v1",
]
REFUSAL = "only the operator of this instance"


def good(asked: Asked, _: int) -> Say:
    return HEARD if len(str(asked.body)) < 1_000 else Say(as_text(pool()))


@pytest.fixture
def provider() -> Iterator[ScriptedModel]:
    with ScriptedModel(good) as served:
        yield served


@pytest.fixture
def shared(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[House]:
    """A house of several founders, whose operator named no model server."""
    more = {"model_servers": ""}
    with open_house(database_url, valkey_url, tmp_path, acceptance=no_checks, more=more) as opened:
        yield opened


OWN = sorted(f"http://{address}/v1" for address in own_addresses() if "." in address)


@pytest.mark.parametrize("url", [*PRIVATE, *OWN])
async def test_a_private_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match=REFUSAL):
        await ModelAddresses(()).require_allowed(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", r"http://10.0.0.5:8080\.x/v1", "http://a\x00b/v1"])
async def test_what_two_readers_could_read_differently_is_no_address(url: str) -> None:
    addresses = ModelAddresses(["http://10.0.0.5:8080"])
    assert addresses.must_be_public(url)
    with pytest.raises(InvalidInput):
        await addresses.require_allowed(url)


async def test_a_name_is_judged_by_where_it_leads() -> None:
    async def look_up(host: str) -> list[str]:
        return {"inside.example": ["10.1.2.3"], "outside.example": ["1.1.1.1"]}[host]

    addresses = ModelAddresses((), Resolver(look_up))
    await addresses.require_allowed("https://outside.example/v1")
    with pytest.raises(InvalidInput, match=REFUSAL):
        await addresses.require_allowed("https://inside.example/v1")


def test_the_operator_names_servers_and_alone_may_name_any(tmp_path: Path) -> None:
    def must_be_public(url: str, **more: str) -> bool:
        settings = Settings.model_validate({"data_dir": tmp_path, **more})
        return addresses_of(settings).must_be_public(url)

    # One founder, who is the operator: as ever.
    assert not must_be_public("http://127.0.0.1:11434/v1")
    assert must_be_public("http://127.0.0.1:11434/v1", identity="company")
    assert not must_be_public("http://127.0.0.1:11434/v1", identity="company", model_servers="any")
    named = "http://10.0.0.5:8080, http://GPU.inside/v1"
    assert not must_be_public("http://10.0.0.5:8080/v1", identity="company", model_servers=named)
    assert not must_be_public("http://gpu.inside:80/v1", identity="company", model_servers=named)
    assert must_be_public("http://10.0.0.5:8081/v1", identity="company", model_servers=named)
    assert must_be_public("https://10.0.0.5:8080/v1", identity="company", model_servers=named)
    # The server of the settings is named as well.
    assert not must_be_public("http://127.0.0.1:11434/v1", identity="company", model="ollama:qwen3")
    with pytest.raises(ConfigurationError, match="model_servers"):
        must_be_public("http://10.0.0.5", model_servers="10.0.0.5:8080")


def test_the_api_refuses_and_keeps_what_was_chosen(shared: House, provider: ScriptedModel) -> None:
    chosen = {"model": "anthropic:claude-sonnet-4-5"}
    assert shared.client.post("/api/models", json=chosen, headers=AUTH).status_code == 200
    for body in (
        {"model": "compatible:scripted", "url": provider.url},
        {"model": "anthropic:a", "url": provider.anthropic_url},
        {"model": "ollama:qwen3"},
        {"model": "anthropic:a, ollama:qwen3"},
    ):
        refused = shared.client.post("/api/models", json=body, headers=OTHER_AUTH)
        assert (refused.status_code, REFUSAL in refused.json()["detail"]) == (422, True)
        assert "ask the operator" in refused.json()["remedy"]
    assert shared.client.get("/api/models", headers=OTHER_AUTH).json()["model"] is None
    assert shared.client.get("/api/models", headers=AUTH).json()["model"] == chosen["model"]


def test_the_page_refuses_and_offers_no_server_of_this_machine(
    shared: House, provider: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.runners.local_servers.PLACES", (("llama.cpp", "compatible", provider.url),))
    sign_in(shared, OTHER_TOKEN)
    fields = {"do": "use model", "provider": "compatible", "model": "scripted", "url": provider.url, "key": ""}
    refused = shared.client.post("/settings", data=fields)
    assert (refused.status_code, REFUSAL in refused.text) == (422, True)
    assert "of llama.cpp on this machine" not in shared.client.get("/settings?look=1").text


def test_a_single_founder_is_offered_the_servers_of_this_machine(
    database_url: str, valkey_url: str, tmp_path: Path, provider: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.adapters.runners.local_servers.PLACES", (("llama.cpp", "compatible", provider.url),))
    with open_house(database_url, valkey_url, tmp_path) as house:
        sign_in(house)
        assert "Use scripted of llama.cpp on this machine" in house.client.get("/settings?look=1").text


def test_the_command_line_says_it(shared: House, provider: ScriptedModel, tmp_path: Path) -> None:
    data_dir = tmp_path / "founder"
    data_dir.mkdir()
    (data_dir / "token").write_text(OTHER_TOKEN)
    with listening(shared) as url:
        cli = Cli(data_dir, FakeWiring(FakeInstance(url)))
        ran = cli("model", "use", "compatible:scripted", "--url", provider.url, "--data-dir", str(data_dir))
    assert ran.code != 0
    assert REFUSAL in ran.talk


def test_a_server_that_the_operator_named_is_asked(
    database_url: str, valkey_url: str, tmp_path: Path, provider: ScriptedModel
) -> None:
    more = {"model_servers": provider.url}
    with open_house(database_url, valkey_url, tmp_path, acceptance=no_checks, more=more) as house:
        chosen = {"model": "compatible:scripted", "url": provider.url}
        assert house.client.post("/api/models", json=chosen, headers=AUTH).status_code == 200
        project = house.project()
        assert house.start(project, POOL_GOAL).status_code == 201
    assert provider.asked


async def test_an_earlier_choice_is_not_asked_any_more(
    database_url: str, valkey_url: str, tmp_path: Path, provider: ScriptedModel
) -> None:
    with open_house(database_url, valkey_url, tmp_path) as house:
        chosen = {"model": "compatible:scripted", "url": provider.url}
        assert house.client.post("/api/models", json=chosen, headers=AUTH).status_code == 200
        assert house.client.post("/api/models", json=chosen, headers=OTHER_AUTH).status_code == 200
    with open_house(database_url, valkey_url, tmp_path, more={"model_servers": ""}) as house:
        refused = house.start(house.project(), POOL_GOAL)
        assert (refused.status_code, refused.json()["code"]) == (409, "engine_unavailable")
        assert REFUSAL in refused.json()["detail"]
        with listening(house) as url:
            async with assistant(url, OTHER_TOKEN) as bob:
                code, words = await bob.refused("build", goal=POOL_GOAL)
        assert (code, REFUSAL in words, "Tell the founder" in words) == ("engine_unavailable", True, True)
    assert provider.asked == []

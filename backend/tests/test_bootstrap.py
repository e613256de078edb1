"""Adapters are chosen by settings, and a name that nobody has is refused with those there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import bootstrap, sandboxes
from app.adapters.sandboxes.fake import FakeSandboxRuntime
from app.bootstrap import real_adapters
from app.core.errors import ConfigurationError
from app.core.settings import Settings
from app.ports.billing import Subscription
from app.ports.identity import Identity


class Anybody:
    """An identity provider and a billing of somebody else's."""

    async def authenticate(self, token: str) -> Identity:
        return Identity(subject=token, name=token)

    async def subscription_of(self, subject: str) -> Subscription:
        raise AssertionError(subject)


def settings(folder: Path, **chosen: str) -> Settings:
    where = {"database_url": "postgresql://nobody@127.0.0.1:1/x", "redis_url": "redis://127.0.0.1:1"}
    made = Settings.model_validate({"data_dir": folder, **where, **chosen})
    made.data.prepare()
    return made


@pytest.mark.parametrize("port", ["sandbox", "identity", "billing"])
def test_a_name_that_no_adapter_has_is_refused_with_those_there_are(tmp_path: Path, port: str) -> None:
    with pytest.raises(ConfigurationError, match="no such adapter") as refused:
        real_adapters(settings(tmp_path, **{port: "elsewhere"}))
    assert refused.value.remedy is not None
    assert f"COFOUNDER_{port.upper()}" in refused.value.remedy


def test_an_adapter_of_somebody_elses_is_used_where_the_setting_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(bootstrap.IDENTITIES, "anybody", lambda _: Anybody())
    monkeypatch.setitem(bootstrap.BILLINGS, "anybody", lambda _: Anybody())
    monkeypatch.setitem(sandboxes.SANDBOXES, "fake", lambda _: FakeSandboxRuntime(tmp_path))

    adapters = real_adapters(settings(tmp_path, identity="anybody", billing="anybody", sandbox="fake"))

    assert isinstance(adapters.identity, Anybody)
    assert isinstance(adapters.billing, Anybody)
    assert isinstance(adapters.runtime, FakeSandboxRuntime)

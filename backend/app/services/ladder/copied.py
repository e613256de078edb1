"""The rungs on a copy of the app: the exported archive starts elsewhere, and looks right in a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.blueprint.spec import AppSpec
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox
from app.services.app_host import AppHost
from app.services.ladder.archive import boots
from app.services.ladder.evidence import Evidence, Rung, stand_on


@dataclass
class CopiedApp:
    """The app as its archive holds it, on example data of its own."""

    host: AppHost
    sandbox: Sandbox
    manifest: Manifest
    spec: AppSpec
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    async def climb(self, archive: bytes, *, folder: str) -> list[Evidence]:
        """Unpack and start it."""
        rung = Rung(
            "archive", lambda: boots(self.host, self.sandbox, self.manifest, archive=archive, folder=folder)
        )
        return [await stand_on(rung)]

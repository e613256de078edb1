"""The archive that an export gives, unpacked in a fresh folder and started there."""

from __future__ import annotations

import secrets
from typing import Final

from app.acceptance.evidence import LOG_TAIL
from app.acceptance.http_session import HttpSessions
from app.domain.failure import BuildFailed, FailureCode
from app.domain.workspace import Manifest
from app.ports.sandbox import Sandbox

LIVE, COPY, BROWSER = range(3)
_LANES: Final = 3
# With its choices below those that the kernel gives to outgoing connections, from 32,768 on.
_FIRST_PORT: Final = 20_000
_CHOICES: Final = 3_000
_FOLDER: Final = ".checks"
# What is installed already lies beside the copy, as it would after an install by its README.
_UNPACK: Final = """
set -eu
cd "$1"
python3 -m zipfile -e export.zip .
cd "$2"
chmod +x start.sh
# The packages are linked, as installing them a second time would take most of a build's time.
for one in .venv node_modules; do
    if [ -e "../../$one" ] && [ ! -e "$one" ]; then ln -s "../../$one" "$one"; fi
done
find . -type f ! -path './.venv/*' | wc -l
"""
UNPACK_S: Final = 30.0


async def unpack(sandbox: Sandbox, *, archive: bytes, folder: str) -> str:
    """Unpack the archive into a folder of the workspace; the path of that folder."""
    await sandbox.write_files({f"{_FOLDER}/export.zip": archive})
    unpacked = await sandbox.run_command(("sh", "-c", _UNPACK, "unpack", _FOLDER, folder), timeout_s=UNPACK_S)
    if unpacked.exit_code or unpacked.timed_out:
        raise BuildFailed(FailureCode.ARCHIVE_FAILS, log=unpacked.output[-LOG_TAIL:])
    return f"{_FOLDER}/{folder}"


async def must_answer(sessions: HttpSessions, manifest: Manifest) -> None:
    """The first page of the copy answers, wherever it leads. BuildFailed."""
    visitor = sessions.visitor()
    page = (manifest.pages or ("/",))[0]
    answer = await visitor.follow(await visitor.get(page))
    if answer.status != 200:
        raise BuildFailed(
            FailureCode.ARCHIVE_FAILS,
            "The archive of the app starts and does not answer.",
            log=f"GET {page}: HTTP {answer.status}",
        )


def chance_port(lane: int) -> int:
    """A port nobody could have written into the app; those of different lanes never meet."""
    return _FIRST_PORT + _LANES * secrets.randbelow(_CHOICES) + lane

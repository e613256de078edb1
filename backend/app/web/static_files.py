"""The style sheet, the script and the pictures of the page, under addresses that change with their content."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response

from app.core.errors import NotFound

router = APIRouter(include_in_schema=False)

FOLDER: Final = Path(__file__).parent / "static"
MEDIA: Final = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
STYLES: Final = "page.css"
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@cache
def static_files() -> dict[str, bytes]:
    """Every file by its name; the parts of the style sheet are one."""
    files = {path.name: path.read_bytes() for path in FOLDER.iterdir() if path.suffix in MEDIA}
    # In the order of their names, since later rules win over earlier ones.
    parts = sorted((FOLDER / "css").glob("*.css"))
    return {**files, STYLES: b"\n".join(part.read_bytes() for part in parts)}


@cache
def address_of(name: str) -> str:
    """The address at which a file is fetched."""
    # A browser keeps a file for ever, and fetches it anew when its address is another one.
    return f"/static/{name}?v={hashlib.sha256(static_files()[name]).hexdigest()[:12]}"


@router.get("/static/{name}", response_class=Response)
async def get(name: str) -> Response:
    """One of these files."""
    content = static_files().get(name)
    if content is None:
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": _FOR_EVER, "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type=MEDIA[Path(name).suffix])

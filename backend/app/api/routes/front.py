"""What a person reads who opens the address of the API in a browser."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

router = APIRouter()

WORDS: Final = """\
This is the API of Co-Founder. There is no web page here yet: use the command line.

  ./co build "A booking app for a yoga studio"    build an app and get the link to it
  ./co projects                                   what there is
  ./co open                                       your newest app

For programs: /api/openapi.json
"""


@router.get("/", include_in_schema=False, response_class=PlainTextResponse)
async def front() -> str:
    """The way on."""
    return WORDS

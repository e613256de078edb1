"""What an uploaded file is: told by the bytes that it begins with, never by its name or by what the sender says."""

from __future__ import annotations

import struct
from contextlib import suppress

TYPES = {
    "jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "pdf": "application/pdf", "txt": "text/plain; charset=utf-8", "rtf": "application/rtf", "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text", "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation", "doc": "application/x-ole-storage",
    "mp3": "audio/mpeg", "wav": "audio/wav", "mp4": "video/mp4",
}  # fmt: skip
"""Every kind that is taken, by the ending of its name, and how it is announced to a browser."""
PICTURES = ("jpg", "png", "gif", "webp")
"""What a browser may show as a picture. SVG is none of them: it can hold scripts."""
MOST_PIXELS = 60_000_000
_BEGINNINGS = (
    (b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"GIF87a", "gif"), (b"GIF89a", "gif"), (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "doc"), (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"), (b"\xff\xf3", "mp3"),
)  # fmt: skip
_PACKED = ((b"word/", "docx"), (b"xl/", "xlsx"), (b"ppt/", "pptx"))
_OPEN_DOCUMENTS = {TYPES[ending].encode(): ending for ending in ("odt", "ods", "odp")}
_ENTRY = b"PK\x03\x04"
_HEIC = (b"heic", b"heix", b"hevc", b"mif1", b"msf1")
_FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""The marks of a JPEG file after which its size stands."""


def kind_of(content: bytes) -> str:
    """The ending that the content deserves; nothing for what is not taken."""
    for beginning, ending in _BEGINNINGS:
        if content.startswith(beginning):
            return ending
    if content[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return "" if is_heic(content) else "mp4"
    if content.startswith(_ENTRY):
        return _packed(content)
    return "txt" if _is_text(content) else ""


def is_heic(content: bytes) -> bool:
    """Whether it is a picture as some phones take it, which most browsers cannot show."""
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC


def _packed(content: bytes) -> str:
    """The kind of a zip file: an office document says itself what it is."""
    named = next((ending for said, ending in _OPEN_DOCUMENTS.items() if said in content[:200]), "")
    if named:
        return named
    if b"[Content_Types].xml" in content:
        return next((ending for folder, ending in _PACKED if _ENTRY in content and folder in content), "zip")
    return "zip"


def _is_text(content: bytes) -> bool:
    """Plain text; a page or a drawing, which a browser would run, is none, wherever it begins."""
    with suppress(UnicodeDecodeError):
        text = content.decode("utf-8-sig")
        unseen = any((letter < " " and letter not in "\t\n\r\f") or letter == "\x7f" for letter in text)
        return bool(text.strip()) and not unseen and not text.lstrip().startswith(("<", "#!"))
    return False


def pixels(content: bytes, ending: str) -> int:
    """How many dots a picture has; 0 for one that is cut off or damaged at its beginning."""
    with suppress(struct.error, IndexError):
        width, height = _READERS[ending](content)
        return width * height
    return 0


def _png(content: bytes) -> tuple[int, int]:
    return struct.unpack(">II", content[16:24]) if content[12:16] == b"IHDR" else (0, 0)


def _gif(content: bytes) -> tuple[int, int]:
    return struct.unpack("<HH", content[6:10])


def _jpg(content: bytes) -> tuple[int, int]:
    at = 2
    while content[at] == 0xFF:
        mark, length = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        if mark in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return 0, 0


def _webp(content: bytes) -> tuple[int, int]:
    part = content[12:16]
    if part == b"VP8X":
        wide, high = content[24:27] + b"\0", content[27:30] + b"\0"
        return struct.unpack("<I", wide)[0] + 1, struct.unpack("<I", high)[0] + 1
    if part == b"VP8L":
        bits = struct.unpack("<I", content[21:25])[0]
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF


_READERS = {"png": _png, "gif": _gif, "jpg": _jpg, "webp": _webp}

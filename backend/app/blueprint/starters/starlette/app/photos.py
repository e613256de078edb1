"""Takes out of a picture what its camera wrote beside it: the place where it was taken is nobody's business."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_EXIF = b"Exif\0\0"
_TURNED = 0x0112
"""The mark of the one thing that is kept: which way up the picture is."""
_SCAN, _EXIF_PART, _COMMENT = 0xDA, 0xE1, 0xFE


def without_notes(content: bytes, ending: str) -> bytes:
    """The same picture without a camera's notes; as it is where it cannot be read so far."""
    try:
        return {"jpg": _jpg, "png": _png, "webp": _webp}[ending](content)
    except (KeyError, IndexError, struct.error):
        return content


def _jpg(content: bytes) -> bytes:
    kept, at, turned = [content[:2]], 2, 1
    while content[at + 1] != _SCAN:
        length = 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
        mark, part = content[at + 1], content[at : at + length]
        if mark == _EXIF_PART and part[4:10] == _EXIF:
            turned = _orientation(part[10:])
        if mark not in (_EXIF_PART, _COMMENT):
            kept.append(part)
        at += length
    if turned != 1:
        kept.insert(1, _note(turned))
    return b"".join([*kept, content[at:]])


def _orientation(notes: bytes) -> int:
    """Which way up the picture is, from 1 to 8; 1 is as it stands."""
    order = "<" if notes[:2] == b"II" else ">"
    first = struct.unpack(f"{order}I", notes[4:8])[0]
    for number in range(struct.unpack(f"{order}H", notes[first : first + 2])[0]):
        entry = notes[first + 2 + 12 * number : first + 14 + 12 * number]
        if struct.unpack(f"{order}H", entry[:2])[0] == _TURNED:
            found = struct.unpack(f"{order}H", entry[8:10])[0]
            return found if 1 <= found <= 8 else 1
    return 1


def _note(turned: int) -> bytes:
    """Notes that say which way up the picture is, and nothing else."""
    entry = struct.pack(">HHIHH", _TURNED, 3, 1, turned, 0)
    notes = _EXIF + b"MM\0*" + struct.pack(">IH", 8, 1) + entry + b"\0\0\0\0"
    return b"\xff\xe1" + struct.pack(">H", len(notes) + 2) + notes


def _png(content: bytes) -> bytes:
    return content[:8] + b"".join(part for kind, part in _png_parts(content) if kind not in (b"eXIf", b"tEXt", b"iTXt", b"zTXt"))


def _png_parts(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(content):
        length = 12 + struct.unpack(">I", content[at : at + 4])[0]
        yield content[at + 4 : at + 8], content[at : at + length]
        at += length


def _webp(content: bytes) -> bytes:
    parts, at = [], 12
    while at + 8 <= len(content):
        length = 8 + struct.unpack("<I", content[at + 4 : at + 8])[0]
        if content[at : at + 4] not in (b"EXIF", b"XMP "):
            parts.append(content[at : at + length + length % 2])
        at += length + length % 2
    if parts and parts[0][:4] == b"VP8X":
        # The flags say whether such notes follow.
        parts[0] = parts[0][:8] + bytes([parts[0][8] & ~0x0C]) + parts[0][9:]
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body

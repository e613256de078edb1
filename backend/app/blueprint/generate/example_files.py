"""Draws the pictures and writes the files of example records: small, and none of them taken from anywhere."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from math import sin, sqrt
from typing import Final
from zlib import crc32

from app.blueprint.field_types import DISGUISED
from app.blueprint.generate.colors import oklch
from app.blueprint.spec import EntitySpec, FieldSpec, FieldType

_FILE_NAMES: Final = re.compile(r'"([a-z0-9-]+-([0-9]+)\.(?:png|pdf)|zebra\.(?:png|pdf))"')
WIDTH: Final = 320
HEIGHT: Final = 240
_TURN: Final = 137.5
"""Degrees on the colour wheel from one picture to the next, so that neighbours never look alike."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

_SHELF: Final = 184
_SAMPLES: Final = ("zebra", "quagga")
_OUTDOORS: Final = frozenset(
    "animals boats camps climbs destinations fields gardens gigs grounds hikes hives homes hotels houses "
    "intakes journals lakes landscapes lots outings paintings parks photos pictures pitches places plots "
    "portfolio posts properties rides rivers rooms routes scenes sights sites spots tours trails trees trips "
    "venues views villages walks weddings works".split()
)
"""Kinds of which a landscape is a likely picture."""

Columns = list[bytearray]
"""A picture, column by column: what is drawn here fills columns from some place down."""


def example_file(field: FieldSpec, entity: EntitySpec, number: int) -> str:
    """The name of the file that an example record holds."""
    ending = "png" if field.type is FieldType.IMAGE else "pdf"
    return f"{entity.table}_{field.name}_{number}.{ending}".replace("_", "-")


def files_json(seed: str) -> str:
    """The files that example records name, in base64 by their names; `seed` is the text of `seed.json`."""
    return _to_json({name: example_content(name, int(number or 0)) for name, number in _FILE_NAMES.findall(seed)})


def samples_json() -> str:
    """The files that an app's own tests upload."""
    return _to_json(
        {name: example_content(name) for name in ("zebra.png", "zebra.pdf", "quagga.png", "quagga.pdf")}
    )


def _to_json(files: dict[str, bytes]) -> str:
    encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
    return json.dumps(encoded, indent=1) + "\n"


def example_content(name: str, number: int = 0) -> bytes:
    """The bytes of an example file; its name says what it is, and no two names give the same.

    One that is called disguised says so wrongly: it is a drawing with a script in it.
    """
    if name.startswith(DISGUISED):
        return b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    seed = crc32(name.encode())
    is_landscape = name.startswith(_SAMPLES) or not _OUTDOORS.isdisjoint(name.split("-"))
    return (
        png(seed, number, is_landscape=is_landscape)
        if name.endswith(".png")
        else pdf(f"Example document {name.removesuffix('.pdf')}")
    )


def png(seed: int, number: int = 0, *, is_landscape: bool = True) -> bytes:
    """A picture in six colours: hills under a sun, or things on a shelf, since no drill looks like a valley."""
    hue = (seed % 360 + number * _TURN) % 360
    colors = [oklch(lightness, chroma, hue + turn) for lightness, chroma, turn in _TONES]
    # The one colour that does not turn with the others.
    colors[1] = _SUN
    columns: Columns = [bytearray(HEIGHT) for _ in range(WIDTH)]
    if is_landscape:
        _draw_disc(columns, x=60 + seed % 200, y=50 + seed // 7 % 50, radius=22 + seed // 11 % 18, color=1)
        for layer in range(4):
            _draw_hills(columns, layer, seed)
    else:
        _draw_shelf(columns, seed)
    return _to_png(columns, colors)


_SUN: Final = "#ffd78a"
_TONES: Final = (
    (0.93, 0.04, 0),
    (0.9, 0.1, 0),
    (0.78, 0.07, 10),
    (0.66, 0.09, 20),
    (0.52, 0.1, 30),
    (0.38, 0.08, 40),
)


def _draw_disc(columns: Columns, *, x: int, y: int, radius: int, color: int) -> None:
    for at in range(max(0, x - radius), min(WIDTH, x + radius)):
        half = int(sqrt(radius * radius - (at - x) ** 2))
        columns[at][y - half : y + half] = bytes([color]) * (2 * half)


def _draw_shelf(columns: Columns, seed: int) -> None:
    """An arch, a box and a ball on a shelf, in an order and in sizes of their own."""
    _draw_disc(columns, x=70 + seed % 180, y=88, radius=46 + seed // 5 % 22, color=1)
    _draw_block(columns, 0, WIDTH, top=_SHELF, bottom=HEIGHT, color=2)
    middles = [62, 160, 258]
    shift = seed // 13 % 3
    arch, box, ball = (*middles[shift:], *middles[:shift])
    width = 30 + seed // 17 % 14
    _draw_disc(columns, x=arch, y=_SHELF - 70, radius=width, color=3)
    _draw_block(columns, arch - width, arch + width, top=_SHELF - 70, bottom=_SHELF, color=3)
    _draw_block(columns, box - 42, box + 42, top=_SHELF - 40 - seed // 19 % 60, bottom=_SHELF, color=4)
    radius = 24 + seed // 23 % 16
    _draw_disc(columns, x=ball, y=_SHELF - radius, radius=radius, color=5)


def _draw_block(columns: Columns, left: int, right: int, *, top: int, bottom: int, color: int) -> None:
    for column in columns[left:right]:
        column[top:bottom] = bytes([color]) * (bottom - top)


def _draw_hills(columns: Columns, layer: int, seed: int) -> None:
    base = 95 + 36 * layer
    waves = [(30 - 4 * layer, 0.011 + (seed >> layer) % 7 / 900, seed % (17 + layer)), (9, 0.05, seed % 11)]
    for x, column in enumerate(columns):
        top = max(0, base - int(sum(height * sin(x * pace + start) for height, pace, start in waves)))
        column[top:] = bytes([2 + layer]) * (HEIGHT - top)


def _to_png(columns: Columns, colors: list[str]) -> bytes:
    """The picture as a PNG file with a palette."""
    palette = b"".join(bytes.fromhex(color[1:]) for color in colors)
    # Before each row a nought: no filter.
    packed = zlib.compress(b"".join(b"\0" + bytes(row) for row in zip(*columns, strict=True)), 9)
    # Eight bits a pixel, each a number of the palette.
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    return _SIGNATURE + b"".join(
        _png_chunk(kind, data)
        for kind, data in ((b"IHDR", head), (b"PLTE", palette), (b"IDAT", packed), (b"IEND", b""))
    )


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc32(kind + data))


def pdf(line: str) -> bytes:
    """One page with one line of text."""
    text = f"BT /F1 20 Tf 60 760 Td ({line}) Tj ET".encode("ascii", "replace")
    parts = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    )
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(parts) + 1, table, len(parts) + 1, len(body))
    )

"""Seals secrets for the record, and opens them again: by keys in a file of the owner's alone, or in a setting."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from app.core.errors import ConfigurationError

LEAST_CHARACTERS: Final = 32
_OTHERS: Final = 0o077
_NAME_BYTES: Final = 8
_NONCE_BYTES: Final = 12


class SealBroken(ConfigurationError):
    """What was sealed cannot be opened: its key is gone, or it belongs to another place."""

    code, title = "seal_broken", "A kept key cannot be opened"


class Seal:
    """Seals with the first of its keys, opens with any. The file is read anew each time: others may change it."""

    def __init__(self, file: Path, *, setting: str | None = None) -> None:
        self._file = file
        self._setting = setting

    def seal(self, secret: str, *, place: str) -> bytes:
        """The secret, sealed for one place in the record: it opens nowhere else. Callers take turns."""
        key = self._keys(make=True)[0]
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return name_of(key) + nonce + bytes(_cipher(key).encrypt(nonce, secret.encode(), place.encode()))

    def open(self, sealed: bytes, *, place: str) -> str:
        """The secret that was sealed for this place. SealBroken."""
        name, nonce = sealed[:_NAME_BYTES], sealed[_NAME_BYTES : _NAME_BYTES + _NONCE_BYTES]
        for key in self._keys():
            if name_of(key) == name:
                try:
                    opened = _cipher(key).decrypt(nonce, sealed[_NAME_BYTES + _NONCE_BYTES :], place.encode())
                except _invalid_tag() as error:
                    raise _broken() from error
                return bytes(opened).decode()
        raise _broken()

    def is_current(self, sealed: bytes) -> bool:
        """True when this was sealed with the first key."""
        keys = self._keys()
        return bool(keys) and sealed[:_NAME_BYTES] == name_of(keys[0])

    def begin_anew(self) -> None:
        """Put a new key before those in the file; a setting is its owner's to change."""
        if self._setting is None:
            self._write([secrets.token_urlsafe(32), *self._keys()])

    def forget_old(self) -> None:
        """Keep the first key of the file alone."""
        if self._setting is None:
            self._write(self._keys()[:1])

    def _keys(self, *, make: bool = False) -> Sequence[str]:
        if self._setting is not None:
            return _keys_in(self._setting)
        if not self._file.exists():
            if not make:
                return []
            self._write([secrets.token_urlsafe(32)], is_new=True)
        if self._file.stat().st_mode & _OTHERS:
            raise ConfigurationError(
                f"Others than you can read {str(self._file)!r}, which opens the kept keys.",
                remedy=f"chmod 600 {self._file}",
            )
        return self._file.read_text().split()

    def _write(self, keys: Sequence[str], *, is_new: bool = False) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600, exist_ok=False)
        try:
            with draft.open("w") as file:
                file.write("\n".join(keys) + "\n")
                file.flush()
                # The record must not know a seal that a power cut takes from the file.
                os.fsync(file.fileno())
            if is_new and self._file.exists():
                return
            draft.replace(self._file)
        finally:
            draft.unlink(missing_ok=True)


def name_of(key: str) -> bytes:
    """The name of a key, which tells nothing of it."""
    return hashlib.sha256(b"name of a key\0" + key.encode()).digest()[:_NAME_BYTES]


def _keys_in(setting: str) -> Sequence[str]:
    keys = [key.strip() for key in setting.split(",") if key.strip()]
    if not keys or any(len(key) < LEAST_CHARACTERS for key in keys):
        raise ConfigurationError(
            f"A key in COFOUNDER_SEAL_KEY is shorter than {LEAST_CHARACTERS} characters.",
            remedy='COFOUNDER_SEAL_KEY="$(head -c 32 /dev/urandom | base64)"',
        )
    return keys


def _broken() -> SealBroken:
    return SealBroken(
        "The key that is kept for this model cannot be opened: what it was sealed with is not here.",
        remedy="cofounder model key PROVIDER",
    )


# The library is loaded when the first secret is sealed: most instances keep none.
def _cipher(key: str) -> Any:  # Any: loaded late
    aead = import_module("cryptography.hazmat.primitives.ciphers.aead")
    return aead.AESGCM(hashlib.sha256(b"provider keys\0" + key.encode()).digest())


def _invalid_tag() -> type[Exception]:
    kind: type[Exception] = import_module("cryptography.exceptions").InvalidTag
    return kind

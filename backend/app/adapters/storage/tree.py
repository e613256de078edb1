"""Git's object ids, computed here so that what git hands back is proved and not believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from app.ports.storage import SnapshotMissing, TreeDigest

PREFIX: Final = "git-tree:sha256:"
_HEX_LENGTH: Final = 64

_Node = dict[str, "str | _Node"]


def mode_of(path: str) -> str:
    """Git's file mode: shell scripts are executable, nothing else is."""
    return "100755" if path.endswith(".sh") else "100644"


def blob_id(content: bytes) -> str:
    """The id git gives a file's content."""
    return _object_id("blob", content)


def digest_of(files: Mapping[str, bytes]) -> TreeDigest:
    """The digest of a tree of files."""
    return digest_of_blobs((path, blob_id(content)) for path, content in files.items())


def digest_of_blobs(blobs: Iterable[tuple[str, str]]) -> TreeDigest:
    """The digest of a tree whose files are known by their blob ids."""
    root: _Node = {}
    for path, blob in blobs:
        *folders, name = path.split("/")
        node = root
        for folder in folders:
            child = node.setdefault(folder, {})
            if isinstance(child, str):
                raise ValueError(f"{path!r} lies below a file")
            node = child
        node[name] = blob
    return TreeDigest(PREFIX + _tree_id(root))


def tree_of(digest: TreeDigest) -> str:
    """Git's id of the tree; SnapshotMissing when this store cannot have made the digest."""
    tree = digest.removeprefix(PREFIX)
    if tree == digest or len(tree) != _HEX_LENGTH or not set(tree) <= set("0123456789abcdef"):
        raise SnapshotMissing(f"{digest!r} is not a digest of this store.")
    return tree


def _tree_id(node: _Node) -> str:
    rows = []
    for name, child in node.items():
        encoded = name.encode()
        if isinstance(child, str):
            rows.append((encoded, mode_of(name).encode(), encoded, child))
        else:
            # Git sorts a folder as if its name ended with a slash.
            rows.append((encoded + b"/", b"40000", encoded, _tree_id(child)))
    rows.sort()
    return _object_id(
        "tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(child) for _, mode, name, child in rows)
    )


def _object_id(kind: str, content: bytes) -> str:
    return hashlib.sha256(f"{kind} {len(content)}\0".encode() + content).hexdigest()

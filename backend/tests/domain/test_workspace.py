from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.workspace import BadManifest, Manifest, UnsafePath, check_paths, missing_files, safe_path


@given(st.text(max_size=60))
def test_a_path_that_passes_stays_below_the_workspace(path: str) -> None:
    try:
        safe = safe_path(path)
    except UnsafePath:
        return
    root = Path("/workspace")
    assert (root / safe).resolve().is_relative_to(root)
    assert safe == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "./a",
        "a/.",
        ".git/config",
        ".GIT/config",
        "a/.git/hooks/post-checkout",
        "a\\b",
        "a\x00",
        "\ud800",
        "x" * 241,
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        safe_path(path)


def test_names_that_differ_only_by_case_are_refused() -> None:
    with pytest.raises(UnsafePath, match="side by side"):
        check_paths(["README.md", "readme.md"])


def test_too_many_files_are_refused() -> None:
    with pytest.raises(UnsafePath, match="more than"):
        check_paths(f"f{number}" for number in range(2_001))


def test_a_workspace_needs_its_readme_env_example_start_script_and_manifest() -> None:
    assert missing_files(["app.py", "start.sh"]) == ["README.md", ".env.example", "cofounder.json"]
    assert missing_files(["README.md", ".env.example", "start.sh", "cofounder.json"]) == []


def test_a_manifest_reads_back_what_it_wrote() -> None:
    manifest = Manifest("s", (("uv", "venv"),), (("pytest",),), ("./start.sh",), "/health", ("/", "/x"))

    assert Manifest.parse(manifest.dumps()) == manifest


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"stack": "s", "install": [], "check": [], "start": [], "health": "/h", "pages": []}',
        '{"stack": "s", "install": [], "check": [], "start": ["a"], "health": "h", "pages": []}',
        '{"stack": "s", "install": ["rm -rf"], "check": [], "start": ["a"], "health": "/h", "pages": []}',
        '{"stack": 1, "install": [], "check": [], "start": ["a"], "health": "/h", "pages": []}',
    ],
)
def test_a_manifest_that_cannot_be_run_says_so(text: str) -> None:
    with pytest.raises(BadManifest, match=r"cofounder\.json"):
        Manifest.parse(text)

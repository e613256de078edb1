"""The locks hold exactly what the project asks for: looked at offline, against what is installed."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    """Package to version, as far as they apply to this machine."""
    found = PIN.findall((FOLDER / f"{name}.lock").read_text())
    return {package: version for package, version, marker in found if not marker or Marker(marker).evaluate()}


def wanted(name: str) -> list[Requirement]:
    """What was asked for."""
    if name == "runtime":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        return [Requirement(line) for line in project["dependencies"]]
    lines = (FOLDER / f"{name}.in").read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def closure(asked: list[Requirement]) -> list[Requirement]:
    """What was asked for and, by the metadata of the installed packages, all that it needs here."""
    found: list[Requirement] = []
    seen: set[str] = set()
    todo = [(requirement, "") for requirement in asked]
    while todo:
        requirement, extra = todo.pop()
        if str(requirement) in seen or not applies(requirement, extra):
            continue
        seen.add(str(requirement))
        found.append(requirement)
        for line in installed_needs(requirement.name):
            todo += [(Requirement(line), extra) for extra in ("", *requirement.extras)]
    return found


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def installed_needs(package: str) -> list[str]:
    try:
        return requires(package) or []
    except PackageNotFoundError:
        pytest.fail(f"{package} is asked for but not installed: run ./co lock, then ./co test")


@pytest.mark.parametrize("name", ["runtime", "build", "dev"])
def test_every_need_is_pinned_at_a_version_that_meets_it(name: str) -> None:
    pinned = pins(name) | (pins("runtime") if name == "dev" else {})
    for requirement in closure(wanted(name)):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not in {name}.lock: run ./co lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement}, but pinned {version}"


@pytest.mark.parametrize("name", ["runtime", "build", "dev"])
def test_nothing_is_pinned_that_nobody_needs(name: str) -> None:
    needed = {canonicalize_name(requirement.name) for requirement in closure(wanted(name))}
    assert set(pins(name)) <= needed


def test_packages_in_two_locks_have_one_version() -> None:
    locks = [pins(name) for name in ("runtime", "build", "dev")]
    for first in locks:
        for second in locks:
            assert {p: v for p, v in first.items() if p in second} == {p: second[p] for p in first if p in second}


def test_of_the_real_model_exactly_what_is_asked_for_is_pinned() -> None:
    """What its packages need besides is left out, so there is nothing to follow."""
    assert set(pins("model")) == {canonicalize_name(requirement.name) for requirement in wanted("model")}


@pytest.mark.parametrize("name", ["runtime", "build", "dev", "model"])
def test_every_pin_has_hashes_and_no_lock_names_an_index(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text()
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index" not in text

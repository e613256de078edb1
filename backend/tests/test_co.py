"""The launcher `co`, run as a person runs it, with a scripted uv in place of the package installer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

AT_MOST_BARE_STARTS = 6
"""How many starts of an empty Python the launcher may take, once everything is installed."""

CO = Path(__file__).resolve().parents[2] / "co"
AS_OTHERS = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
"""Even root may then write only where the mode allows it."""

FAKE_UV = """#!/bin/sh
[ "$1" = --version ] && exit 0
echo "$*" >> "$UV_LOG"
echo "index=$UV_DEFAULT_INDEX" >> "$UV_LOG"
for last; do :; done
case "$1 $2" in
    "venv -q") mkdir -p "$last/bin" && ln -s "$4" "$last/bin/python" ;;
    "pip sync")
        if [ "$UV_DOES" = fail ]; then exit 1; fi
        if [ "$UV_DOES" = outlive ]; then kill -9 "$PPID"; sleep 0.5; echo outlived >> "$UV_LOG"; fi ;;
    "pip install")
        printf '#!/bin/sh\\necho "cofounder $*"\\n' > "$last/.venv/bin/cofounder"
        chmod +x "$last/.venv/bin/cofounder" ;;
esac
"""


@dataclass
class Checkout:
    """A folder with `co` and small locks, and a PATH on which uv is the scripted one."""

    folder: Path
    tools: Path
    python: str = sys.executable

    @property
    def log(self) -> str:
        path = self.tools / "log"
        return path.read_text() if path.exists() else ""

    @property
    def installs(self) -> int:
        return self.log.count("pip sync")

    def environment(self, **extra: str) -> dict[str, str]:
        home = self.tools / "home"
        home.mkdir(exist_ok=True)
        known = {"PATH": f"{self.tools}:/usr/bin:/bin", "HOME": str(home), "UV_LOG": str(self.tools / "log")}
        return {**known, **extra}

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        command = [*AS_OTHERS, self.python, str(self.folder / "co"), *arguments]
        env = self.environment(**extra)
        return subprocess.Popen(command, text=True, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def co(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **extra)
        out, talk = process.communicate(timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, talk)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, tools = tmp_path / "checkout", tmp_path / "tools"
    (folder / "requirements").mkdir(parents=True)
    tools.mkdir()
    shutil.copy(CO, folder / "co")
    (folder / "pyproject.toml").write_text("[project]\n")
    for name in ("runtime", "build", "dev", "model"):
        (folder / "requirements" / f"{name}.lock").write_text(
            "\nuv==0.13.9 \\\n    --hash=sha256:0\n    # via x\n"
        )
    (tools / "uv").write_text(FAKE_UV)
    (tools / "uv").chmod(0o755)
    return Checkout(folder, tools, python=os.path.realpath(sys.executable))


def test_the_first_run_installs_and_becomes_the_command(checkout: Checkout) -> None:
    ran = checkout.co("status", "a job")
    assert (ran.returncode, ran.stdout) == (0, "cofounder status a job\n")
    assert ran.stderr.startswith("co: getting ready...")
    [sync] = [line for line in checkout.log.splitlines() if line.startswith("pip sync")]
    assert "--require-hashes --only-binary :all:" in sync


def test_the_second_run_installs_nothing_and_says_nothing(checkout: Checkout) -> None:
    checkout.co()
    before = checkout.log
    assert checkout.co("up").stderr == ""
    assert checkout.log == before


def test_a_changed_lock_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.co()
    (checkout.folder / "requirements" / "runtime.lock").write_text("\nuv==0.14.0 \\\n    # via x\n")
    checkout.co()
    assert checkout.installs == 2
    assert checkout.log.count("venv -q") == 1


def test_an_install_that_failed_is_begun_anew(checkout: Checkout) -> None:
    failed = checkout.co(UV_DOES="fail")
    assert failed.returncode == 2
    assert "Traceback" not in failed.stderr
    assert checkout.co("up").stdout == "cofounder up\n"
    assert checkout.log.count("venv -q") == 2


def test_after_a_kill_the_next_run_waits_for_the_orphaned_installer(checkout: Checkout) -> None:
    process = checkout.start(UV_DOES="outlive")
    process.wait(timeout=30)
    assert process.returncode == -9
    assert checkout.co("up").stdout == "cofounder up\n"
    process.communicate(timeout=30)
    story = [line for line in checkout.log.splitlines() if line == "outlived" or line.startswith("venv")]
    assert [line.split()[0] for line in story] == ["venv", "outlived", "venv"]


def test_a_moved_checkout_gets_a_new_environment(checkout: Checkout, tmp_path: Path) -> None:
    checkout.co()
    checkout.folder = checkout.folder.rename(tmp_path / "some where else")
    assert checkout.co("up").stdout == "cofounder up\n"
    assert checkout.log.count("venv -q") == 2


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.co()
    python = checkout.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert checkout.co("up").stdout == "cofounder up\n"
    assert checkout.log.count("venv -q") == 2


def test_two_at_once_install_once(checkout: Checkout) -> None:
    both = [checkout.start("up") for _ in range(2)]
    assert [process.communicate(timeout=60)[0] for process in both] == ["cofounder up\n"] * 2
    assert checkout.installs == 1


def test_a_folder_that_cannot_be_written_is_refused_with_a_way_out(checkout: Checkout) -> None:
    checkout.folder.chmod(0o555)
    refused = checkout.co()
    checkout.folder.chmod(0o755)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr
    assert refused.stderr.rstrip().splitlines()[-1].startswith("git clone ")


def test_a_finished_folder_can_be_used_without_writing(checkout: Checkout) -> None:
    checkout.co()
    before = checkout.log
    for path in (checkout.folder, checkout.folder / ".venv", checkout.folder / ".tools"):
        path.chmod(0o555)
    ran = checkout.co("up")
    for path in (checkout.folder, checkout.folder / ".venv", checkout.folder / ".tools"):
        path.chmod(0o755)
    assert (ran.stdout, checkout.log) == ("cofounder up\n", before)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start it as somebody else")
def test_a_finished_folder_of_another_user_starts(checkout: Checkout) -> None:
    """Set up by root, whose Python may be in its home; used by somebody who has no home."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        open_folder = checkout.folder = Path(shutil.copytree(checkout.folder, Path(place) / "checkout"))
        checkout.co("up")
        before = checkout.log
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3"]
        ran = subprocess.run(
            [*command, str(open_folder / "co"), "doctor"],
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (ran.returncode, ran.stdout, checkout.log) == (0, "cofounder doctor\n", before), ran.stderr


@pytest.mark.parametrize("named_by", ["environment", "file"])
def test_packages_come_from_the_index_that_pip_is_set_up_for(checkout: Checkout, named_by: str) -> None:
    mirror = "https://mirror.test/simple"
    extra = {"PIP_INDEX_URL": mirror} if named_by == "environment" else {}
    if named_by == "file":
        folder = checkout.tools / "home" / ".config" / "pip"
        folder.mkdir(parents=True)
        (folder / "pip.conf").write_text(f"[global]\nindex-url = {mirror}\n")
    checkout.co(**extra)
    assert f"index={mirror}" in checkout.log


def test_an_index_of_uvs_own_is_left_alone(checkout: Checkout) -> None:
    checkout.co(UV_DEFAULT_INDEX="https://own.test/simple", PIP_INDEX_URL="https://mirror.test/simple")
    assert "mirror.test" not in checkout.log


def test_chaos_asks_for_the_full_counts_of_the_fault_matrix(checkout: Checkout) -> None:
    package = checkout.folder / "pytest"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys; print(sys.argv[1:])")

    ran = checkout.co("chaos", "-k", "row_03")

    assert (ran.returncode, ran.stdout) == (0, "['--chaos-long', 'backend/tests/chaos', '-k', 'row_03']\n")
    chosen = checkout.co("chaos", "requirements/dev.lock::test")
    assert chosen.stdout == "['--chaos-long', 'requirements/dev.lock::test']\n"


def test_the_real_model_is_installed_only_for_the_tests_of_it(checkout: Checkout) -> None:
    package = checkout.folder / "pytest"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text("import sys; print(sys.argv[1:])")

    checkout.co("test", "-q")
    assert "model.lock" not in checkout.log
    ran = checkout.co("test", "--model", "-k", "grammar")
    assert ran.stdout == "['--real-model', '-s', 'backend/tests/real_model', '-k', 'grammar']\n"
    assert "model.lock" in checkout.log.splitlines()[-4]
    checkout.co("test", "-q")
    checkout.co("up")
    assert checkout.installs == 2


def test_chaos_seeded_runs_the_bugs_that_are_named(checkout: Checkout) -> None:
    package = checkout.folder / "backend" / "tests" / "chaos"
    package.mkdir(parents=True)
    (package / "seeded.py").write_text("import sys; print(sys.argv[1:]); sys.exit(3)")

    ran = checkout.co("chaos", "--seeded", "no-fencing")

    assert (ran.returncode, ran.stdout) == (3, "['no-fencing']\n")


def test_it_is_quick_when_there_is_nothing_to_do(checkout: Checkout) -> None:
    checkout.co()
    bare = min(
        seconds(lambda: subprocess.run(["python3", "-c", "import json, subprocess"], check=True)) for _ in range(5)
    )
    assert min(seconds(lambda: checkout.co("up")) for _ in range(5)) < AT_MOST_BARE_STARTS * bare


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began

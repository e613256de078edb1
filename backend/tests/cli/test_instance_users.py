"""Commands that use one instance see each other, also across processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.cli.instance_users import alone_with_instance, using_instance
from app.core.settings import Settings

OTHER = """
import sys
from pathlib import Path
from app.cli.instance_users import using_instance
from app.core.settings import Settings
with using_instance(Settings(data_dir=Path(sys.argv[1]))):
    print("there", flush=True)
    sys.stdin.read()
"""


def test_nobody_is_alone_while_another_command_uses_the_instance(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with alone_with_instance(settings) as alone:
        assert alone
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"there\n"
        with alone_with_instance(settings) as alone:
            assert not alone
        with using_instance(settings):
            pass
        other.communicate(b"")
    with alone_with_instance(settings) as alone:
        assert alone


def test_a_killed_command_uses_nothing_any_more(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OTHER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    with alone_with_instance(Settings(data_dir=tmp_path)) as alone:
        assert alone

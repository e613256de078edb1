"""What was loaded before a fork is shared with the child, and stays so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# 300,000 lists are some 30 MB. The child does what every process does sooner or later: it collects.
PROGRAM = """
import gc, os, sys
from pathlib import Path
import psutil
from app.supervision.fork import fork
loaded = [[number] for number in range(300_000)]
def run():
    before = psutil.Process().memory_full_info().uss
    gc.collect()
    Path(sys.argv[1]).write_text(str(psutil.Process().memory_full_info().uss - before))
    return 0
pid = fork(run, name="child", log=Path(sys.argv[2]), environment=dict(os.environ))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


def test_a_collection_in_a_child_copies_nothing_that_was_loaded_before(tmp_path: Path) -> None:
    copied, log = tmp_path / "copied", tmp_path / "child.log"

    subprocess.run([sys.executable, "-c", PROGRAM, copied, log], check=True, timeout=60)

    assert int(copied.read_text()) < 5_000_000

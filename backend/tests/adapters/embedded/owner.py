"""A process that owns one server until it is killed: `owner.py postgres|valkey DIRECTORY [abandon]`.

Prints its server's pid and URL. With `abandon` it kills its server, does not bury it, and lets the directory go.
"""

import json
import os
import signal
import sys
from pathlib import Path

from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.valkey import EmbeddedValkey
from app.core.errors import ConfigurationError

kind, directory = sys.argv[1], Path(sys.argv[2])
log = directory.with_suffix(".log")
server = EmbeddedPostgres(directory, log=log) if kind == "postgres" else EmbeddedValkey(directory, log=log)
try:
    url = server.start()
except ConfigurationError as error:
    print(json.dumps({"refused": error.detail, "remedy": error.remedy}), flush=True)
    sys.exit(1)
pid = server.pid
if "abandon" in sys.argv:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    server._lock.release()
print(json.dumps({"pid": pid, "url": url}), flush=True)
signal.pause()

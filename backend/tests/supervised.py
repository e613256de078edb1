"""A supervisor with small children, as a process of its own: `supervised.py DATA_DIR PORT OPTIONS_AS_JSON`.

Prints each sentence, and the instance once it is ready, as a line of JSON.
"""

import json
import os
import sys
from pathlib import Path

from app.core.errors import ConfigurationError, PortTaken
from app.core.settings import Settings, process_environment
from app.db import migrate
from app.supervision.child import SILENT_S, ChildSpec
from app.supervision.fork import inherited_listener
from app.supervisor import Supervisor


def tell(**line: object) -> None:
    print(json.dumps(line), flush=True)


def spec(name: str, argv: list[str], port: int | None = None, health: str | None = None) -> ChildSpec:
    def run() -> int:
        listener = inherited_listener()
        if listener is not None:
            os.set_inheritable(listener.fileno(), True)
        os.execv(argv[0], argv)

    return ChildSpec(name, run, port, health)


options = json.loads(sys.argv[3])
settings = Settings(data_dir=Path(sys.argv[1]), port=int(sys.argv[2]), **options.get("settings", {}))
supervisor = Supervisor(
    settings,
    children=[spec(**child) for child in options["children"]],
    environment=process_environment(),
    migrate=migrate.upgrade if options.get("migrate") else lambda url: None,
    say=lambda sentence: tell(say=sentence),
    on_ready=lambda instance: tell(ready=instance.model_dump(mode="json")),
    grace_s=options.get("grace_s", 10),
    silent_s=options.get("silent_s", SILENT_S),
)
try:
    supervisor.run()
except (ConfigurationError, PortTaken) as error:
    tell(refused=error.detail, remedy=error.remedy)
    sys.exit(2)
tell(down=True)

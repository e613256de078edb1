"""Keeps one instance up: its servers and its processes, from the lock on the data directory to the goodbye."""

from __future__ import annotations

import ctypes
import http.client
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from app import __version__
from app.adapters.embedded.postgres import EmbeddedPostgres
from app.adapters.embedded.server import EmbeddedServer
from app.adapters.embedded.valkey import EmbeddedValkey
from app.core.errors import ConfigurationError, PortTaken
from app.core.settings import Settings
from app.supervision.child import SILENT_S, Child, ChildSpec, Comeback
from app.supervision.disk_watch import DiskWatch
from app.supervision.instance import Instance, write_instance, write_servers
from app.supervision.lock import DataDirLock
from app.supervision.process import own_key, rotate_log, wait_until

API = "api"
"""The child that answers `GET /api/ready`."""
_BACKLOG = 512
_PR_SET_PDEATHSIG = 1
_STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _outlive_parent(_number: int, _frame: object) -> None:
    """Run on when the command ends that started this one, which others use by now."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, 0)


class Supervisor:
    """Runs in the main thread of `cofounder up` until it is told to stop.

    `environment` is what the children inherit; the settings and the servers' URLs are added to it.
    `migrate` gets the database's URL before any child starts; `say` gets sentences for a person;
    `on_ready` is called once, when the API is ready and the instance can be found.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        children: Sequence[ChildSpec],
        environment: Mapping[str, str],
        migrate: Callable[[str], None],
        say: Callable[[str], None],
        on_ready: Callable[[Instance], None] = lambda _: None,
        grace_s: float = 10,
        silent_s: float = SILENT_S,
    ) -> None:
        self._settings = settings
        self._data = settings.data
        self._specs = children
        self._environment = environment
        self._migrate = migrate
        self._say = say
        self._on_ready = on_ready
        self._grace_s = grace_s
        self._silent_s = silent_s
        self._servers: list[tuple[EmbeddedServer, Comeback]] = []
        self._children: list[Child] = []
        self._disk = DiskWatch(settings.data.root)
        self._ready = False
        self._stop_requests = 0
        self._interrupts = 0
        self._started_at = datetime.now(UTC)

    def run(self) -> None:
        """Come up, keep everything up, and return when SIGTERM, SIGINT or SIGHUP has stopped it.

        Raises `ConfigurationError` when it cannot come up: another instance, no server; `PortTaken`.
        """
        # The stack unwinds from the end: children, then the servers that they use, then the ports, then the lock.
        with ExitStack() as stack:
            bell = stack.enter_context(self._signals())
            lock = DataDirLock(self._data.lock)
            lock.acquire()
            stack.callback(lock.release)
            self._data.prepare()
            # What a killed instance has left would lead commands to ports that may be anybody's by now.
            self._data.instance.unlink(missing_ok=True)
            # Before anything else starts: a taken port is found out in a moment, not after the servers are up.
            listeners = self._open_ports(stack)
            # Entered before they start, so that what has started is stopped when the next one does not. Servers
            # stop after the children that use them, since callbacks run from the last to the first.
            stack.callback(self._stop_servers)
            environment = self._start_servers()
            stack.callback(self._stop_children, bell)
            self._start_children(environment, listeners)
            while not self._stop_requests:
                self._restart_dead()
                self._rotate_logs()
                self._watch_disk()
                # Ten times a second until the API is ready, since a founder waits for that.
                self._wait_for_signal(bell, seconds=1 if self._ready else 0.1)
            self._say("Stopping...")

    @contextmanager
    def _signals(self) -> Iterator[int]:
        """Count the requests to stop; the file that is yielded can be read after each signal, SIGCHLD too."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        # A SIGHUP that was ignored at the start (nohup) stays ignored.
        kinds = [kind for kind in _STOPPING if signal.getsignal(kind) is not signal.SIG_IGN]
        former = {kind: signal.signal(kind, self._count_signal) for kind in (*kinds, signal.SIGCHLD)}
        # Sent by a command that leaves the instance to others: `LEAVE` of app/cli/child.py.
        former[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, _outlive_parent)
        former_wakeup = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        try:
            yield reader
        finally:
            signal.set_wakeup_fd(former_wakeup)
            for kind, handler in former.items():
                signal.signal(kind, handler)
            os.close(reader)
            os.close(writer)

    def _count_signal(self, number: int, _frame: object) -> None:
        self._stop_requests += number in _STOPPING
        self._interrupts += number == signal.SIGINT

    def _wait_for_signal(self, bell: int, *, seconds: float) -> None:
        if select.select([bell], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                os.read(bell, 4096)

    def _open_ports(self, stack: ExitStack) -> dict[int, socket.socket]:
        """Listen on every port at once, for the children: from here on nobody else gets it. PortTaken.

        While a child is started again, its visitors wait in the queue of the socket instead of being refused.
        """
        listeners: dict[int, socket.socket] = {}
        for port in filter(None, (spec.port for spec in self._specs)):
            # The children of an instance that was killed a moment ago may hold it for a moment longer.
            if not wait_until(partial(self._try_listen, port, listeners), seconds=2):
                raise PortTaken(
                    f"Port {port} of {self._settings.host} is taken by another program.",
                    remedy="Set COFOUNDER_PORT (and COFOUNDER_PREVIEW_PORT) to free ones.",
                )
            stack.callback(listeners[port].close)
        return listeners

    def _try_listen(self, port: int, listeners: dict[int, socket.socket]) -> bool:
        host = self._settings.host
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        # Connections of the instance before linger for a minute, and would count as a taken port.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            return False
        listeners[port] = listener
        return True

    def _start_servers(self) -> dict[str, str]:
        """Start what is not external, migrate, and return the environment of the children."""
        settings, data = self._settings, self._data
        external = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
        urls = {name: secret.get_secret_value() for name, secret in external.items() if secret}
        inherited = self._environment
        if "DATABASE_URL" not in urls:
            # The founder's PGOPTIONS and the like are meant for another Postgres.
            inherited = {name: text for name, text in inherited.items() if not name.startswith("PG")}
            postgres = EmbeddedPostgres(
                data.postgres, log=data.logs / "postgres.log", programs=settings.postgres_bin
            )
            urls["DATABASE_URL"] = self._start_server(postgres)
        if "REDIS_URL" not in urls:
            valkey = EmbeddedValkey(data.valkey, log=data.logs / "valkey.log", program=settings.valkey_server)
            urls["REDIS_URL"] = self._start_server(valkey)
        self._migrate(urls["DATABASE_URL"])
        # For further workers on this data directory, which join the same servers.
        write_servers(data, database_url=urls["DATABASE_URL"], redis_url=urls["REDIS_URL"])
        addresses = {f"COFOUNDER_{name}": url for name, url in urls.items()}
        here = {**addresses, "COFOUNDER_DATA_DIR": str(data.root)}
        return {**inherited, "PYTHONUNBUFFERED": "1", **settings.environment(), **here}

    def _start_server(self, server: EmbeddedServer) -> str:
        comeback = Comeback()
        self._servers.append((server, comeback))
        url = server.start()
        comeback.started()
        return url

    def _start_children(self, environment: Mapping[str, str], listeners: Mapping[int, socket.socket]) -> None:
        for spec in self._specs:
            child = Child(
                spec,
                log=self._data.logs / f"{spec.name}.log",
                environment=environment,
                listener=listeners.get(spec.port or 0) or self._listen_for_pulse(spec),
                silent_s=self._silent_s,
            )
            self._children.append(child)
            child.start()

    def _listen_for_pulse(self, spec: ChildSpec) -> socket.socket | None:
        """A socket for a child that serves nobody, so that it can be asked whether it lives."""
        return socket.create_server(("127.0.0.1", 0)) if spec.health else None

    def _restart_dead(self) -> None:
        for server, comeback in self._servers:
            if not server.alive and self._is_due(comeback, f"{server.name} has died"):
                self._restart(server.name, server.start, comeback)
        for child in self._children:
            if child.hangs():
                self._say(f"{child.name} does not answer any more, so it is ended.")
                child.kill()
            if not child.alive and self._is_due(child.comeback, f"{child.name} {child.ending} (log: {child.log})"):
                self._restart(child.name, child.start, child.comeback)
        if not self._ready and self._api_is_ready():
            self._publish_instance()

    def _rotate_logs(self) -> None:
        for log in self._data.logs.glob("*.log"):
            try:
                rotate_log(log)
            except OSError as error:
                # Most likely the disk is full: then there is no room for the older log.
                os.truncate(log, 0)
                self._say(f"The log {log} could not be put aside ({error.strerror}), so it begins anew.")

    def _watch_disk(self) -> None:
        if (sentence := self._disk.look()) is not None:
            self._say(sentence)

    def _is_due(self, comeback: Comeback, what: str) -> bool:
        # Said once a death, although it is seen again at each look until the pause is over.
        if not comeback.noted:
            pause = comeback.died()
            self._say(f"{what}; starting it again{f' in {pause:g} s' if pause else ''}.")
        return comeback.due

    def _restart(self, name: str, start: Callable[[], object], comeback: Comeback) -> None:
        try:
            start()
        except (ConfigurationError, OSError) as error:
            pause = comeback.died()
            self._say(f"{name} does not start, trying again in {pause:g} s: {error}")
        else:
            comeback.started()

    @property
    def _local_host(self) -> str:
        """The host as this machine reaches it."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(self._settings.host, self._settings.host)

    def _api_is_ready(self) -> bool:
        api = next((child for child in self._children if child.name == API), None)
        if api is None:
            return True
        # Another program could answer on the port with a 200 of its own.
        if not api.listens_on(self._settings.port):
            return False
        connection = http.client.HTTPConnection(self._local_host, self._settings.port, timeout=2)
        try:
            connection.request("GET", "/api/ready")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _publish_instance(self) -> None:
        self._ready = True
        host = f"[{self._local_host}]" if ":" in self._local_host else self._local_host
        key = own_key()
        instance = Instance(
            pid=key.pid,
            birth=key.birth,
            api_url=f"http://{host}:{self._settings.port}",
            preview_port=self._settings.previews_port,
            version=__version__,
            started_at=self._started_at,
        )
        write_instance(self._data, instance)
        self._on_ready(instance)

    def _stop_children(self, bell: int) -> None:
        """Ask all at once, then kill what is left after the grace; a second Ctrl-C ends the grace."""
        self._data.instance.unlink(missing_ok=True)
        for child in self._children:
            child.terminate()
        deadline = time.monotonic() + self._grace_s
        while any(child.alive for child in self._children) and self._interrupts < 2:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            self._wait_for_signal(bell, seconds=remaining)
        for child in self._children:
            child.kill()

    def _stop_servers(self) -> None:
        for server, _ in reversed(self._servers):
            server.stop()

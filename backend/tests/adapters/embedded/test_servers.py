"""What both embedded servers promise, whoever is killed and whatever is left behind."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL, SIGSTOP
from typing import Any

import psutil
import pytest

from app.adapters.embedded.server import EmbeddedServer
from app.core.errors import ConfigurationError
from app.supervision.process import process_key, processes_in, socket_directory, wait_until

MakeServer = Callable[[str, Path], EmbeddedServer]
Answers = Callable[[str], bool]
StartOwner = Callable[..., Any]


def no_process_left(directory: Path) -> bool:
    return not processes_in(directory, "postgres") and not processes_in(directory, "valkey")


def test_a_server_answers_and_stops(
    kind: str, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    server = make_server(kind, tmp_path / kind)
    assert is_answering(server.start())
    assert server.alive
    server.stop()
    assert not server.alive
    assert no_process_left(server.directory)


def test_starting_twice_is_starting_once(kind: str, make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(kind, tmp_path / kind)
    url, pid = server.start(), server.pid
    assert (server.start(), server.pid) == (url, pid)


def test_a_killed_server_comes_back_at_the_same_url(
    kind: str, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    server = make_server(kind, tmp_path / kind)
    url, pid = server.start(), server.pid
    assert pid is not None
    os.kill(pid, SIGKILL)
    assert wait_until(lambda: not server.alive, seconds=5)
    assert server.start() == url
    assert server.pid != pid
    assert is_answering(url)


def test_a_server_ends_with_its_owner(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path
) -> None:
    owner = start_owner(kind, tmp_path / kind)
    server = process_key(owner.said["pid"])
    assert server is not None
    owner.process.kill()
    assert wait_until(lambda: not server.alive and no_process_left(tmp_path / kind), seconds=10)


def test_a_new_owner_need_not_wait_for_the_old_servers_end(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    owner = start_owner(kind, tmp_path / kind)
    owner.process.kill()
    owner.process.wait()
    assert is_answering(make_server(kind, tmp_path / kind).start())


def test_everything_killed_at_once_does_not_block_the_next_start(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    owner = start_owner(kind, tmp_path / kind)
    owner_process = psutil.Process(owner.process.pid)
    for process in (owner_process, *owner_process.children(recursive=True)):
        # Some are dying already, because their owner did.
        with suppress(psutil.NoSuchProcess):
            process.kill()
    owner.process.wait()
    assert is_answering(make_server(kind, tmp_path / kind).start())


def test_an_orphan_that_does_not_listen_is_killed(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    owner = start_owner(kind, tmp_path / kind)
    orphan = process_key(owner.said["pid"])
    assert orphan is not None
    os.kill(orphan.pid, SIGSTOP)
    owner.process.kill()
    owner.process.wait()
    assert orphan.alive
    assert is_answering(make_server(kind, tmp_path / kind).start())
    assert not orphan.alive


def test_a_dead_server_that_nobody_buried_does_not_block_the_next_start(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    owner = start_owner(kind, tmp_path / kind, "abandon")
    zombie = psutil.Process(owner.said["pid"])
    assert wait_until(lambda: zombie.status() == psutil.STATUS_ZOMBIE, seconds=5)
    assert is_answering(make_server(kind, tmp_path / kind).start())
    assert zombie.status() == psutil.STATUS_ZOMBIE


def test_a_path_too_long_for_a_socket_works(
    kind: str, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    directory = tmp_path / ("a" * 110) / kind
    server = make_server(kind, directory)
    assert is_answering(server.start())
    sockets = server.sockets
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    server.stop()
    assert not sockets.exists()


@pytest.mark.parametrize("name", ["with space", "comma,comma", "quo'te", "ünï", "per%20cent", "back\\slash"])
def test_an_odd_path_works(
    name: str, kind: str, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    assert is_answering(make_server(kind, tmp_path / name / kind).start())


def test_two_directories_run_side_by_side(
    kind: str, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    first, second = make_server(kind, tmp_path / "one" / kind), make_server(kind, tmp_path / "two" / kind)
    urls = {first.start(), second.start()}
    assert len(urls) == 2
    assert all(is_answering(url) for url in urls)
    first.stop()
    assert is_answering(second.url)


def test_a_second_owner_is_told_who_the_first_is(
    kind: str, start_owner: StartOwner, make_server: MakeServer, tmp_path: Path, is_answering: Answers
) -> None:
    owner = start_owner(kind, tmp_path / kind)
    with pytest.raises(ConfigurationError, match=f"process {owner.process.pid}\\b") as refusal:
        make_server(kind, tmp_path / kind).start()
    assert refusal.value.remedy
    assert is_answering(owner.said["url"])


def connections_of(process: psutil.Process) -> list[object]:
    """Its internet sockets; none when it was one of the server's passing helpers."""
    try:
        return list(process.net_connections("inet"))
    except psutil.NoSuchProcess:
        return []


def test_nothing_is_open_to_others(kind: str, make_server: MakeServer, tmp_path: Path) -> None:
    server = make_server(kind, tmp_path / kind)
    former = os.umask(0)
    try:
        server.start()
    finally:
        os.umask(former)
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.log.stat().st_mode) == 0o600
    family = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    assert [connection for process in family for connection in connections_of(process)] == []


def test_a_server_is_not_started_from_a_thread_that_may_end(
    kind: str, make_server: MakeServer, tmp_path: Path
) -> None:
    server, refusals = make_server(kind, tmp_path / kind), []

    def start() -> None:
        try:
            server.start()
        except RuntimeError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refusals == ["A process that ends with its owner is started from the main thread only."]


@pytest.fixture
def long_path(tmp_path: Path) -> Iterator[Path]:
    """A path whose sockets live in /tmp; what the test puts there is removed."""
    path = tmp_path / ("b" * 110)
    place = socket_directory(path)
    place.rmdir()
    yield path
    shutil.rmtree(place, ignore_errors=True)


def test_a_socket_directory_that_others_can_enter_is_not_used(long_path: Path) -> None:
    planted = socket_directory(long_path)
    planted.chmod(0o777)
    chosen = socket_directory(long_path)
    assert chosen != planted
    assert stat.S_IMODE(chosen.stat().st_mode) == 0o700
    chosen.rmdir()


def test_a_planted_link_is_not_followed(long_path: Path, tmp_path: Path) -> None:
    planted = socket_directory(long_path)
    planted.rmdir()
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    planted.symlink_to(target)
    chosen = socket_directory(long_path)
    planted.unlink()
    assert chosen.resolve() != target.resolve()
    chosen.rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_socket_directory_of_another_user_is_not_used(long_path: Path) -> None:
    planted = socket_directory(long_path)
    os.chown(planted, 65534, 65534)
    chosen = socket_directory(long_path)
    assert chosen != planted
    chosen.rmdir()

"""The acts of the demo: an instance, a new project, a build, its preview."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final, NoReturn

from app.cli.builds import follow_to_end, require_goal, start_build
from app.cli.child import Child, start_instance
from app.cli.client import ApiClient, read_token
from app.cli.config import load_settings
from app.cli.context import Common, Context, RunningInstance
from app.cli.errors import Exit, Interrupted
from app.cli.instance_users import alone_with_instance, using_instance
from app.cli.network import free_pair, port_is_free
from app.cli.page import PAGE_LINKS
from app.cli.plan_gate import agree_on_plan
from app.cli.progress import make_progress, spinning
from app.cli.summary import exit_of_build, failed_lines, ready_lines
from app.core.errors import PortTaken
from app.core.settings import Settings

# Two programs that look for a free port at the same moment may both find the same one.
STARTS: Final = 3


class Demo:
    """One run of the demo; what it started it stops, what ran before stays."""

    def __init__(self, context: Context, common: Common, *, port: int | None) -> None:
        self._context = context
        self._common = common
        self._port = port

    def run(self, goal: str, *, stay: bool, anyway: bool) -> Exit:
        """Build once and show it; with `stay` keep the instance until Ctrl-C."""
        # Before anything is started: a goal that is refused costs nobody half a minute.
        goal = agree_on_plan(
            self._context,
            require_goal(goal),
            command="cofounder demo",
            anyway=anyway,
            asks=not self._common.json,
        )
        settings = load_settings(self._common, port=self._port)
        settings.data.prepare()
        with stopping_on_sigterm(), ExitStack() as stack:
            # Before the look, so that nobody stops the instance between it and its use.
            with using_instance(settings):
                running = self._context.wiring().find_instance(settings)
                if running is not None:
                    self._context.say(f"Using the instance that runs at {running.api_url}.")
                    return self._build_and_show(goal, running, settings)
                child = self._start_child(settings)
                if not child.is_ours:
                    notice = f"Another command was quicker; using its instance at {child.instance.api_url}."
                    self._context.say(notice)
                    return self._build_and_show(goal, child.instance, settings)
                stack.callback(self._stop_child, child, settings)
                code = self._build_here(goal, child.instance, settings, goes_on=stay)
            if stay and code is Exit.OK:
                self._wait_for_end(child)
        return code

    def _stop_child(self, child: Child, settings: Settings) -> None:
        with alone_with_instance(settings) as alone:
            if not alone:
                child.leave()
                self._context.say("Another command uses the instance, so it runs on. To stop it:\ncofounder down")
                return
            self._context.say("Stopping what the demo started...")
            child.stop()
        self._context.say("What was built is kept. To bring it back:\ncofounder up")

    def _start_child(self, settings: Settings) -> Child:
        """Start an instance on free ports; another program may be quicker between the look and the start."""
        for _ in range(STARTS - 1):
            try:
                return self._start_once(self._with_free_ports(settings))
            except PortTaken:
                # Whoever names a port wants that one, and no other in silence.
                if self._port is not None:
                    raise
        return self._start_once(self._with_free_ports(settings))

    def _start_once(self, placed: Settings) -> Child:
        self._context.say("Starting an instance (database, API, worker, previews)...")
        began = time.monotonic()
        with spinning("Starting...", self._context):
            child = start_instance(placed, self._context)
        self._context.say(f"The instance is up after {time.monotonic() - began:.1f} s.")
        return child

    def _with_free_ports(self, settings: Settings) -> Settings:
        wanted = (settings.port, settings.previews_port)
        if self._port is not None or all(port_is_free(settings.host, port) for port in wanted):
            return settings
        port = free_pair(settings.host)
        self._context.say(f"Port {wanted[0]} or {wanted[1]} is taken by another program; using {port} instead.")
        return settings.model_copy(update={"port": port, "preview_port": port + 1})

    def _build_here(self, goal: str, instance: RunningInstance, settings: Settings, *, goes_on: bool) -> Exit:
        try:
            return self._build_and_show(goal, instance, settings, goes_on=goes_on)
        except Interrupted:
            detail = "Stopped. The build is kept and goes on when an instance runs again:"
            raise Interrupted(detail, remedy="cofounder up") from None

    def _build_and_show(
        self, goal: str, instance: RunningInstance, settings: Settings, *, goes_on: bool = True
    ) -> Exit:
        """`goes_on` unless the instance ends with this command, and every link to it with that."""
        with ApiClient(instance.api_url, read_token(settings), say=self._context.say) as client:
            started = start_build(client, goal, project=None)
            self._context.say(f"Building {started['build_version']} (job {started['job_id']}).")
            progress = make_progress(self._context, as_json=self._common.json)
            finished = follow_to_end(client, started["job_id"], progress=progress)
            # While the instance runs: with --exit it is gone when the rest is printed.
            page_url = client.post(PAGE_LINKS)["url"]
        if self._common.json:
            self._context.result_json(finished)
        elif exit_of_build(finished) is Exit.OK:
            self._context.result("\n".join(ready_lines(finished)))
            # A link to an instance that ends with this command would be dead when it is read.
            if goes_on:
                invitation = f"\nChange it on the page of Co-Founder; this link signs you in, once:\n{page_url}"
                self._context.say(invitation)
                self._context.result(f"\nOpen it:\n{finished['preview_url']}")
            else:
                job_id = finished["job_id"]
                self._context.result(f"\nOpen it when the instance runs again:\ncofounder open {job_id}")
        else:
            self._context.say("\n".join(failed_lines(finished, command="cofounder demo")))
        return exit_of_build(finished)

    def _wait_for_end(self, child: Child) -> None:
        self._context.say("\nIt runs until you press Ctrl-C.")
        try:
            child.wait()
        except KeyboardInterrupt:
            self._context.say("")
        else:
            self._context.say("The instance has ended: somebody stopped it.")


@contextmanager
def stopping_on_sigterm() -> Iterator[None]:
    """Let SIGTERM and a closed terminal unwind as Ctrl-C does, so that nothing is left running."""

    def interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

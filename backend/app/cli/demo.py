"""From nothing to a running app: start an instance, build from a goal, show the preview."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Final

from cyclopts import Parameter

from app.cli.context import COMMON, Common, Ctx

DEFAULT_GOAL: Final = "A booking app for a yoga studio"


def demo(
    goal: Annotated[str, Parameter(help="What to build, in your own words.")] = DEFAULT_GOAL,
    /,
    *,
    exit_: Annotated[bool, Parameter(name="--exit", help="End when the build is ready.")] = False,
    port: Annotated[int | None, Parameter(help="The port of the API.")] = None,
    anyway: Annotated[bool, Parameter(help="Build although less than half of the wishes would be kept.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    context.say(f'Co-Founder builds: "{goal}"')
    # Loaded after the first words, so that something is said at once on a slow disk too.
    scene = import_module("app.cli.demo_run").Demo(context, common, port=port)
    return int(scene.run(goal, stay=not exit_, anyway=anyway))

"""The `cofounder` command: the table of commands, and how each one ends."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace

from cyclopts import App, CycloptsError, Parameter
from cyclopts.exceptions import UnknownCommandError, UnusedCliTokensError

from app import __version__
from app.cli.context import Context, own_name
from app.cli.errors import DiskFull, Exit, UsageError, exit_of, stable_code
from app.core.disk import is_disk_full
from app.core.errors import AppError

HELP = "Give a goal, get a real, running web app.\n\nStart here: cofounder demo"
BUILD = "Build"
DECIDE = "Decide"
SHOW = "Share and launch"
RUN = "Run"
LOOK = "Look inside"

COMMANDS = (
    ("demo", "app.cli.demo:demo", BUILD, "Start everything, build an app from a goal, print its address."),
    ("plan", "app.cli.plan:plan", BUILD, "Show what a goal would become, without building."),
    ("build", "app.cli.builds:build", BUILD, "Build an app from a goal and follow the build."),
    ("change", "app.cli.change:change", BUILD, "Change an app in words, as its next version."),
    ("status", "app.cli.builds:status", BUILD, "Show where a build is."),
    ("watch", "app.cli.builds:watch", BUILD, "Follow a build until it ends."),
    ("cancel", "app.cli.builds:cancel", BUILD, "Stop a build."),
    ("projects", "app.cli.projects:app", BUILD, "List your projects; rename or delete one."),
    ("versions", "app.cli.projects:versions", BUILD, "List the builds of a project."),
    ("diff", "app.cli.versions:diff", BUILD, "Show what a version does otherwise than the one before."),
    ("back", "app.cli.versions:back", BUILD, "Build an earlier version again, as a new one."),
    ("branch", "app.cli.versions:branch", BUILD, "Begin another project with the plan of a version."),
    ("gallery", "app.cli.gallery:gallery", BUILD, "List finished plans to start from, or begin with one."),
    ("open", "app.cli.projects:open_preview", BUILD, "Open the preview of a build."),
    ("revoke", "app.cli.projects:revoke", BUILD, "Make the links to a preview useless."),
    ("checks", "app.cli.checks:checks", BUILD, "Show what was checked before a build became ready."),
    ("share", "app.cli.sharing:share", SHOW, "Make a link by which others try an app."),
    ("shares", "app.cli.sharing:shares", SHOW, "List the links that are good."),
    ("unshare", "app.cli.sharing:unshare", SHOW, "Close a link."),
    ("launch", "app.cli.launch:launch", SHOW, "Show whether a version may go online."),
    ("export", "app.cli.export:export", SHOW, "Download a build as a zip file."),
    ("push", "app.cli.launch:push", SHOW, "Push every version to a git server."),
    ("papers", "app.cli.launch:papers", SHOW, "Write brief, scope, milestones, risks and how it works."),
    ("gates", "app.cli.gates:gates", DECIDE, "List the decisions of a project."),
    ("decide", "app.cli.gates:decide", DECIDE, "Take a decision."),
    ("park", "app.cli.gates:park", DECIDE, "Put a project aside."),
    ("unpark", "app.cli.gates:unpark", DECIDE, "Take a parked project up again."),
    ("up", "app.cli.instance:up", RUN, "Start an instance and stay with it."),
    ("page", "app.cli.page:page", RUN, "Print a link that opens Co-Founder in a browser."),
    ("down", "app.cli.instance:down", RUN, "Stop the instance."),
    ("worker", "app.cli.instance:worker", RUN, "Run one more worker."),
    ("mcp", "app.cli.mcp:app", RUN, "Let your own assistant design and build here."),
    ("logs", "app.cli.about:logs", LOOK, "Show the log of a part."),
    ("usage", "app.cli.usage:usage", LOOK, "Show what was spent on models."),
    ("token", "app.cli.about:token", LOOK, "Print the access token."),
    ("doctor", "app.cli.about:doctor", LOOK, "Check that this machine has what is needed."),
    ("bench", "app.cli.bench:bench", LOOK, "Measure the performance bars."),
)
"""Name, import path, group, one line of help: all that `--help` needs, so nothing else is imported for it."""

GROUPS = (
    (
        "spec",
        "Show and edit the specification of a project.",
        (
            ("show", "app.cli.specs:show", "Show what the next build makes."),
            ("edit", "app.cli.specs:edit", "Change it in your editor, or from a file."),
            ("correct", "app.cli.corrections:correct", "Make one correction in product words."),
            ("undo", "app.cli.corrections:undo", "Take the last change back."),
            ("questions", "app.cli.corrections:questions", "Show what only you can say; agree to a default."),
        ),
    ),
    (
        "data",
        "Save and restore the records of an app.",
        (
            ("backup", "app.cli.data:backup", "Save the records as one SQLite file."),
            ("restore", "app.cli.data:restore", "Put a saved file in their place."),
        ),
    ),
)
"""Commands of two words, with what `--help` says of each."""

TAKES_A_GOAL = ("demo", "build", "plan")

PARTS = ("api", "preview", "migrate")
"""The processes of an instance, started by its supervisor."""


def shown_default(value: object) -> object:
    """A default as the help page shows it; that a switch is off needs no words."""
    return None if value is False else value


def make_app() -> App:
    """The tree of commands; a command's module is imported when the command is called."""
    app = App(
        name="cofounder",
        help=HELP,
        default_parameter=Parameter(negative=(), show_default=shown_default),
        help_format="plaintext",  # markdown would take longer to import than the rest of the help page
        version=__version__,
    )
    for name, path, group, text in COMMANDS:
        app.command(path, name=name, group=group, help=text)
    for name in PARTS:
        app.command(f"app.cli.instance:{name}", name=name, show=False)
    config = App(name="config", group=LOOK, help="Show the settings and where each comes from.")
    config.command("app.cli.config:show", name="show", help="Show every setting with its source.")
    config.command("app.cli.config:path", name="path", help="Show where settings and data are kept.")
    app.command(config)
    for word, help_text, commands in GROUPS:
        app.command(_make_group(word, help_text, commands))
    return app


def _make_group(name: str, text: str, commands: Sequence[tuple[str, str, str]]) -> App:
    group = App(name=name, group=BUILD, help=text)
    for word, path, line in commands:
        group.command(path, name=word, help=line)
    return group


def call(app: App, tokens: Sequence[str], context: Context) -> int:
    """Parse and run one command line; the number is its exit code. AppError when it fails as foreseen."""
    try:
        command, bound, ignored = app.parse_args(list(tokens), exit_on_error=False, print_error=False)
    except CycloptsError as error:
        raise usage_error(app, error) from error
    context_arguments = {name: context for name, kind in ignored.items() if kind is Context}
    code = command(*bound.args, **bound.kwargs, **context_arguments)
    return code if isinstance(code, int) else Exit.OK


def usage_error(app: App, error: CycloptsError) -> UsageError:
    """The part that was not understood, with the help page to read next."""
    if error.console is None:
        error.console = app.error_console
    chain = () if isinstance(error, UnknownCommandError) else tuple(error.command_chain or ())
    if isinstance(error, UnusedCliTokensError) and chain and chain[-1] in TAKES_A_GOAL:
        remedy = _quote_goal(app, chain, error.root_input_tokens or ())
        return UsageError("A goal of several words stands in quotes.", remedy=remedy)
    return UsageError(str(error).strip(), remedy=" ".join(["cofounder", *chain, "--help"]))


def _quote_goal(app: App, chain: Sequence[str], tokens: Sequence[str]) -> str:
    """The same command with its goal in quotes; what is left when the goal is taken out are its flags."""
    _, bound, rest_of_goal, _ = app.parse_known_args(list(tokens))
    goal = [str(bound.arguments["goal"]), *rest_of_goal]
    flags = list(tokens[len(chain) :])
    for word in goal:
        flags.remove(word)
    return shlex.join(["cofounder", *chain, " ".join(" ".join(goal).split()), *flags])


def data_dir_of(tokens: Sequence[str]) -> str | None:
    """The data directory that a command line names, also one that is not understood."""
    for token, value in zip(tokens, [*tokens, ""][1:], strict=True):
        name, _, joined = token.partition("=")
        if name == "--data-dir":
            return joined or value or None
    return None


def report(error: AppError, context: Context, tokens: Sequence[str]) -> int:
    """Tell the person, and the program that asked for JSON, what went wrong and what to type next."""
    code = exit_of(error)
    debug_id = getattr(error, "debug_id", "")
    remedy = context.typed(error.remedy or "")
    if "--json" in tokens:
        fields = {"code": stable_code(error), "detail": error.detail, "remedy": remedy, "debug_id": debug_id}
        context.result_json({"error": {**fields, "exit_code": int(code)}})
    context.say(f"cofounder: {error.detail}")
    if debug_id:
        context.say(f"If you ask for help, say {debug_id}.")
    if remedy:
        context.say(remedy)
    return code


def main(tokens: Sequence[str], context: Context) -> int:
    """Run one command line to its exit code; no foreseen failure shows a traceback."""
    context = replace(context, data_dir=data_dir_of(tokens))
    try:
        return call(make_app(), tokens, context)
    except AppError as error:
        return report(error, context, tokens)
    except KeyboardInterrupt:
        print(file=context.talk)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has what it wanted; the flush at exit must not complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except OSError as error:
        if not is_disk_full(error):
            raise
        where = f" ({error.filename})" if error.filename else ""
        full = DiskFull(f"The disk is full{where}. Make room on it, then look again:", remedy="cofounder doctor")
        return report(full, context, tokens)


def run() -> None:
    """The entry point of the `cofounder` script."""
    sys.exit(main(sys.argv[1:], Context(name=own_name())))


if __name__ == "__main__":
    run()

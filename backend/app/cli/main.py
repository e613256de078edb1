"""The `cofounder` command: the table of commands, and how each one ends."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from inspect import BoundArguments

from cyclopts import App, CycloptsError
from cyclopts.exceptions import UnknownCommandError, UnusedCliTokensError

from app import __version__
from app.cli.command_group import PARAMETERS
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
    ("ask", "app.cli.help:ask", LOOK, "Ask a question about a project."),
    ("logs", "app.cli.about:logs", LOOK, "Show the log of a part."),
    ("model", "app.cli.model:app", LOOK, "Choose the model that plans, and keep the keys of providers."),
    ("usage", "app.cli.usage:usage", LOOK, "Show what was spent on models."),
    ("token", "app.cli.about:token", LOOK, "Print the access token."),
    ("doctor", "app.cli.about:doctor", LOOK, "Check that this machine has what is needed."),
    ("bench", "app.cli.bench:bench", LOOK, "Measure the performance bars."),
    ("config", "app.cli.config:app", LOOK, "Show the settings and where each comes from."),
    ("spec", "app.cli.specs:app", BUILD, "Show and edit the specification of a project."),
    ("data", "app.cli.data:app", BUILD, "Save and restore the records of an app."),
)
"""Name, import path, group, one line of help: all that `--help` needs, so nothing else is imported for it.

A command of two words belongs to the App in the module of the first word (`command_group`), where the docstring of
each function is its help. All other words about a command stand here, so its function has no docstring.
"""

MORE = {
    "plan": "What of it would be left out is said too.",
    "change": "Its records come along.",
    "watch": "Ctrl-C leaves it running. With --json it prints one event a line.",
    "cancel": "Its partial work is removed; earlier versions are unchanged.",
    "back": "It has the records of the newest. Nothing is deleted.",
    "open": "Its address is printed; the first time, you are asked to decide what is next.",
    "revoke": "Whoever came in by one is cut off.",
    "checks": "It says what each check saw, and how long it took.",
    "share": "Whoever opens it sees the newest version as a visitor. It is printed this once.",
    "unshare": "It opens nothing any more, and whoever came by it is out at once.",
    "launch": "What stands in the way is said with the commands that mend it.",
    "export": "An unfinished download leaves nothing behind.",
    "push": "Those up to this one. The token is asked for, or read from standard input.",
    "papers": "They are for others to read.",
    "gates": "A pending one shows its options.",
    "park": "Nothing is deleted, and no version is built until it is taken up again.",
    "logs": "In sentences; with --json the lines as they were written, tracebacks included.",
    "up": "It runs until Ctrl-C.",
    "page": "The link signs you in, and works once.",
    "down": "Builds that run are taken up again at the next start.",
    "worker": "It works on the same database.",
    "mcp": "Claude, Cursor, VS Code and others start this themselves; --json changes nothing. See `mcp config`.",
    "ask": "It is answered from the state of the project, with the commands that do what the answer offers.",
    "usage": "Calls, tokens and dollars, what they were good for, and the budgets.",
    "token": "It is the local founder's; keep it secret.",
    "bench": "They are measured on servers of their own; your data is not touched.",
}
"""What the help page of a command says beside that line."""

_OPTION_WITH_VALUE = re.compile(r"--[a-z][a-z-]*=")
TAKES_A_GOAL = ("demo", "build", "plan")

PARTS = ("api", "preview", "migrate")
"""The processes of an instance, started by its supervisor."""


def make_app() -> App:
    """The tree of commands; a command's module is imported when the command is called."""
    app = App(
        name="cofounder",
        help=HELP,
        default_parameter=PARAMETERS,
        help_format="plaintext",  # markdown would take longer to import than the rest of the help page
        version=__version__,
    )
    for name, path, group, text in COMMANDS:
        app.command(path, name=name, group=group, help="\n\n".join([text, *filter(None, [MORE.get(name)])]))
    for name in PARTS:
        app.command(f"app.cli.instance:{name}", name=name, show=False)
    return app


def command_names() -> list[str]:
    """Every command of one word, and every one of two: `spec`, `spec show`."""
    app = make_app()
    names = [name for name, *_ in COMMANDS]
    return [*names, *(f"{name} {second}" for name in names for second in app[name] if not second.startswith("-"))]


def call(app: App, tokens: Sequence[str], context: Context) -> int:
    """Parse and run one command line; the number is its exit code. AppError when it fails as foreseen."""
    try:
        command, bound, ignored = _parse(app, tokens)
    except CycloptsError as error:
        raise usage_error(app, error) from error
    context_arguments = {name: context for name, kind in ignored.items() if kind is Context}
    code = command(*bound.args, **bound.kwargs, **context_arguments)
    return code if isinstance(code, int) else Exit.OK


def _parse(app: App, tokens: Sequence[str]) -> tuple[Callable[..., object], BoundArguments, Mapping[str, object]]:
    # Parsed here and not by the library's own run, which would print its errors in boxes and end the process.
    try:
        return app.parse_args(list(tokens), exit_on_error=False, print_error=False)
    except CycloptsError:
        sentences = [token for token in tokens if _is_sentence(token)]
        if not sentences or "--" in tokens:
            raise
        # A goal that begins with a minus sign or as a list does is no option.
        others = [token for token in tokens if not _is_sentence(token)]
        return app.parse_args([*others, "--", *sentences], exit_on_error=False, print_error=False)


def _is_sentence(token: str) -> bool:
    """True for words that begin with a dash: no option has a space in its name."""
    return token.startswith("-") and any(map(str.isspace, token)) and not _OPTION_WITH_VALUE.match(token)


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
    # What is left when the words of the goal are taken out are the flags, wherever they stood.
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
    # From the words themselves, since a command line that is not understood has to name it in its remedy too.
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
        # Anything else is a fault of ours, and its traceback is what we need.
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

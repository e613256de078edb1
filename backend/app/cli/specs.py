"""Show the specification of a project, and edit it."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Final

from cyclopts import Parameter

from app.cli.asking import answers_yes
from app.cli.client import ApiClient, JsonObject, open_client
from app.cli.command_group import command_group
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.corrections import correct, questions, undo
from app.cli.errors import ApiProblem, Exit, Interrupted, UsageError
from app.cli.lookup import Project, find_project_id
from app.cli.spec_text import dump, load
from app.core.errors import AppError
from app.core.settings import process_environment

EDITORS: Final = ("VISUAL", "EDITOR")
PLAIN_EDITORS: Final = ("nano", "vi")
DRAFTS: Final = "cofounder-spec-"
DRAFT: Final = "spec.toml"

AsWritten = Annotated[
    bool, Parameter(help='Take nothing for a rename that does not say so with `was = "old_name"`.')
]


def show(project: Project, /, *, common: Common = COMMON, context: Ctx) -> int:
    """Show what the next build of a project makes: the edited specification, or that of its newest version."""
    with open_client(common, context) as client:
        project = find_project_id(client, project)
        current = client.get(_spec_path(project))
    if common.json:
        context.result_json(current)
        return Exit.OK
    context.verbatim(dump(current["spec"]))
    state = "edited, not built yet" if current["edited"] else f"as built in {current['build_version']}"
    context.say(f"This specification is {state}. To change it:\ncofounder spec edit {project}")
    return Exit.OK


def edit(
    project: Project,
    /,
    *,
    file: Annotated[
        str | None,
        Parameter(help="Take this TOML or JSON file instead; `-` for standard input.", allow_leading_hyphen=True),
    ] = None,
    as_written: AsWritten = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Change the specification in your editor ($VISUAL, $EDITOR); the next build makes it the next version."""
    with open_client(common, context) as client:
        project = find_project_id(client, project)
        current = client.get(_spec_path(project))
        saved: JsonObject | None
        if file is not None:
            saved = save_spec(client, project, load(read_text(file)), current["revision"], as_written=as_written)
            forget_draft(Path(file))
        else:
            saved = edit_by_hand(client, project, current, context, as_written=as_written)
    if saved is None:
        context.say("Nothing was changed.")
        return Exit.OK
    if common.json:
        context.result_json(saved)
        return Exit.OK
    for note in saved["notes"]:
        context.say(note)
    if saved["notes"]:
        again = f"cofounder spec edit {project} --as-written"
        context.say(f"For that, delete its `was = ...` and save it with --as-written:\n{again}")
    context.result("The specification is saved." if saved["edited"] else "This is what the newest version is.")
    context.say(f"To make it the next version:\ncofounder build --project {project}")
    return Exit.OK


def _spec_path(project: str) -> str:
    return f"/api/projects/{project}/spec"


def read_text(file: str) -> str:
    """The content of a file, or of standard input. UsageError."""
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
        raise UsageError(f"{file!r} cannot be read: {why}.", remedy="cofounder spec edit --help") from error


def save_spec(
    client: ApiClient, project: str, spec: Mapping[str, Any], revision: str, *, as_written: bool
) -> JsonObject:
    """Save an edit that began with this revision; one that was begun with an older revision is refused."""
    return client.put(_spec_path(project), spec, revision=revision, as_written=as_written)


def edit_by_hand(
    client: ApiClient, project: str, current: Mapping[str, Any], context: Context, *, as_written: bool
) -> JsonObject | None:
    """Edit until it is valid or given up; None when nothing was changed. What was typed is never lost."""
    # A folder of its own, since editors put their own files beside the text, and only its owner may read it.
    draft = Path(tempfile.mkdtemp(prefix=DRAFTS)) / DRAFT
    original = dump(current["spec"])
    draft.write_text(original, encoding="utf-8")
    try:
        saved = edit_until_saved(client, project, current, draft, context, as_written=as_written)
    except (AppError, KeyboardInterrupt) as failure:
        if not draft.exists() or draft.read_text(encoding="utf-8") == original:
            remove_draft(draft)
            raise
        again = f"cofounder spec edit {project} --file {quote(str(draft))}{' --as-written' if as_written else ''}"
        why = failure.detail if isinstance(failure, AppError) else "Stopped."
        detail = f"{why} Nothing was saved. Your text is in {str(draft)!r}; correct it, then:"
        if isinstance(failure, KeyboardInterrupt):
            raise Interrupted(detail, remedy=again) from None
        failure.detail, failure.remedy = detail, again
        raise
    remove_draft(draft)
    return saved


def edit_until_saved(
    client: ApiClient,
    project: str,
    current: Mapping[str, Any],
    draft: Path,
    context: Context,
    *,
    as_written: bool,
) -> JsonObject | None:
    """Edit and save; what is refused may be corrected at once. None when nothing was changed."""
    original = draft.read_text(encoding="utf-8")
    while True:
        run_editor(draft, project)
        text = without_reason(draft.read_text(encoding="utf-8"))
        # Emptied, or left as it was, is how people give up in an editor.
        if text == original or not text.strip():
            return None
        try:
            return save_spec(client, project, load(text), current["revision"], as_written=as_written)
        except (UsageError, ApiProblem) as problem:
            _write_reason(problem, draft, text)
            if not wants_another_try(problem, context):
                raise


def _write_reason(problem: AppError, draft: Path, text: str) -> None:
    reason = "".join(f"#! {line}\n" for line in problem.detail.replace("; ", "\n").splitlines())
    draft.write_text(f"{reason}{text}", encoding="utf-8")


def without_reason(text: str) -> str:
    """The text without the lines that said what was wrong with it."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#!"))


def remove_draft(draft: Path) -> None:
    """Remove a draft that is saved, or was not changed, with what the editor left beside it."""
    shutil.rmtree(draft.parent)


def forget_draft(file: Path) -> None:
    """Remove a file that was saved, when it is the draft of an edit that was refused before."""
    folder = file.absolute().parent
    if file.name == DRAFT and folder.name.startswith(DRAFTS) and folder.parent == Path(tempfile.gettempdir()):
        remove_draft(file.absolute())


def wants_another_try(problem: AppError, context: Context) -> bool:
    """True when the person at the terminal wants to correct it at once."""
    if not sys.stdin.isatty():
        return False
    context.say(f"Not saved: {problem.detail}")
    return answers_yes(context, "Correct it now?", by_default=True)


def run_editor(draft: Path, project: str) -> None:
    """Let the person edit the file. UsageError when there is no editor or it fails."""
    by_file = f"cofounder spec show {project} > spec.toml && cofounder spec edit {project} --file spec.toml"
    command = editor_command(by_file)
    try:
        done = subprocess.run([*command, str(draft)], check=False)
    except OSError as error:
        raise UsageError(
            f"The editor {command[0]!r} does not start ({error.strerror}).", remedy=by_file
        ) from error
    if done.returncode:
        raise UsageError(f"The editor ended with {done.returncode}.", remedy=by_file)


def editor_command(by_file: str) -> Sequence[str]:
    """The command of the person's editor; `by_file` is what to type where there is none, or no terminal for it."""
    environment = process_environment()
    chosen = next((environment[name] for name in EDITORS if environment.get(name)), None)
    if chosen:
        # $EDITOR may hold flags, such as "code --wait".
        return shlex.split(chosen)
    if not sys.stdin.isatty():
        raise UsageError("There is no terminal to edit on.", remedy=by_file)
    plain_editor = next((name for name in PLAIN_EDITORS if shutil.which(name)), None)
    if plain_editor is None:
        raise UsageError(
            "There is no editor: set EDITOR to yours.", remedy="EDITOR=nano cofounder spec edit --help"
        )
    return [plain_editor]


app = command_group("spec", show, edit, correct, undo, questions)

"""Save the records of an app in a file, and put them back."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Final

from cyclopts import Parameter

from app.cli.asking import require_yes
from app.cli.client import JsonObject, open_client
from app.cli.command_group import command_group
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.export import file_name, write_file, write_out
from app.cli.lookup import Build, Project, find_build, find_project_id

TABLES_SHOWN: Final = 20


def backup(
    build: Build,
    file: Annotated[
        Path | None,
        Parameter(help="The file or folder to write to; `-` for standard output.", allow_leading_hyphen=True),
    ] = None,
    /,
    *,
    force: Annotated[bool, Parameter(help="Overwrite the file when it exists.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Save the records of an app as one SQLite file; the app may be in use meanwhile."""
    with open_client(common, context) as client:
        record = find_build(client, build)
        job_id, version, name = record["job_id"], record["build_version"], file_name(record, ending=".db")
        target = file or Path(name)
        if target.is_dir():
            target /= name
        with client.download(f"/api/builds/{job_id}/data") as pieces:
            if str(target) == "-":
                write_out(pieces)
                return Exit.OK
            again = f"cofounder data backup {quote(build)}"
            size = write_file(pieces, target, force=force, again=again, flag="")
    if common.json:
        context.result_json({"job_id": job_id, "build_version": version, "file": str(target), "bytes": size})
    else:
        context.result(str(target))
    return Exit.OK


def restore(
    build: Build,
    file: Annotated[Path, Parameter(help="A file that `data backup` has written.")],
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do not ask.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Put a saved file in the place of an app's records; they stay unless the app starts on that file."""
    if not file.is_file():
        raise UsageError(f"There is no file {str(file)!r}.", remedy=f"cofounder data backup {quote(build)}")
    with open_client(common, context) as client:
        record = find_build(client, build)
        job_id, version = record["job_id"], record["build_version"]
        if not yes:
            question = f"Replace every record of {version} by those of the file?"
            command = f"cofounder data restore {quote(build)} {quote(str(file))} --yes"
            require_yes(context, question, otherwise="Nothing was changed.", command=command)
        with file.open("rb") as content:
            answer = client.upload(f"/api/builds/{job_id}/data", content)
    if common.json:
        context.result_json(answer)
        return Exit.OK
    context.result("\n".join(restored_lines(version, answer)))
    return Exit.OK


def prune(
    project: Project,
    /,
    *,
    yes: Annotated[bool, Parameter(help="Do not ask.")] = False,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Remove the records of every version but the newest; the versions themselves stay."""
    with open_client(common, context) as client:
        project_id = find_project_id(client, project)
        path = f"/api/projects/{project_id}/old-records"
        old_versions = client.get(path)["versions"]
        if old_versions and not yes:
            question = (
                f"Remove the records of {', '.join(old_versions)} for good? Those of the newest version stay."
            )
            command = f"cofounder data prune {project_id} --yes"
            require_yes(context, question, otherwise="Nothing was removed.", command=command)
        answer = client.delete(path) if old_versions else {"versions": []}
    if common.json:
        context.result_json(answer)
    else:
        gone = ", ".join(answer["versions"])
        context.result(f"The records of {gone} are gone." if gone else "No older version keeps records.")
    return Exit.OK


def restored_lines(version: str, answer: JsonObject) -> list[str]:
    """The records of the app now."""
    lines = [f"The records of {version} are those of the file now."]
    rows = list(answer["rows"].items())
    lines += [f"  {count:>7,}  {table}" for table, count in rows[:TABLES_SHOWN]]
    return lines + [f"  {note}" for note in answer["notes"]]


app = command_group("data", backup, prune, restore)

"""Measure what the parts cost, beside the least that they can cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit


def bench(
    *,
    only: Annotated[str | None, Parameter(help="The bars to measure, such as P1,P3.")] = None,
    quick: Annotated[bool, Parameter(help="Small counts: shows that it runs, measures nothing well.")] = False,
    write: Annotated[Path | None, Parameter(help="Write the reference page to this file.")] = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    groups = [part.strip().upper() for part in (only or "").split(",") if part.strip()]
    report = context.wiring().run_bench(only=groups, quick=quick, say=context.say)
    if common.json:
        context.result_json(report.as_json())
    else:
        context.result(report.as_table())
    if write is not None:
        write.write_text(report.as_page())
    return Exit.OK if report.all_hold else Exit.OVER_A_BAR

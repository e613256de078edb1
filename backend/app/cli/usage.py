"""Show what was spent on models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from cyclopts import Parameter

from app.cli.client import open_client
from app.cli.context import COMMON, Common, Ctx
from app.cli.errors import Exit
from app.cli.lookup import find_job_id

_BUDGETS: Final = {"build": "This build", "founder": "You, today", "day": "Everybody, today"}
_SHARES: Final = {"useful": "Useful", "repair": "Repair", "wasted": "Wasted"}
_NO_CALLS: Final = "No model was asked yet."


def usage(
    job: Annotated[str | None, Parameter(help="The job's id, for what one build took.")] = None,
    /,
    *,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    with open_client(common, context) as client:
        params = {} if job is None else {"job_id": find_job_id(client, job)}
        report = client.get("/api/usage", **params)
    if common.json:
        context.result_json(report)
    else:
        context.result("\n".join(usage_lines(report)))
    return Exit.OK


def usage_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report in lines."""
    yield f"Model: {report['model'] or 'none is set'}"
    for share in report["shares"]:
        yield (
            f"  {_SHARES[share['share']]}: {share['calls']} calls, {share['input_tokens']:,} tokens in, "
            f"{share['output_tokens']:,} out, ${float(share['usd']):.4f}"
        )
    if not report["shares"]:
        yield f"  {_NO_CALLS}"
    yield "Budgets:"
    for budget in report["budgets"]:
        yield f"  {_BUDGETS[budget['name']]}: {_of_cap(budget)}"


def _of_cap(budget: Mapping[str, Any]) -> str:
    usd_cap, tokens_cap = budget["usd_cap"], budget["tokens_cap"]
    dollars = f"${float(budget['usd']):.4f}" + ("" if usd_cap is None else f" of ${float(usd_cap):.2f}")
    tokens = f"{budget['tokens']:,}" + ("" if tokens_cap is None else f" of {tokens_cap:,}")
    return f"{dollars}, {tokens} tokens"

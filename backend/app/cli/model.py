"""Choose the model that plans, for all projects or one, and keep the keys of providers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from getpass import getpass
from typing import Annotated, Any
from urllib.parse import quote as quote_url

from cyclopts import Parameter

from app.cli.client import ApiClient, open_client
from app.cli.command_group import command_group
from app.cli.context import COMMON, Common, Context, Ctx
from app.cli.errors import Exit, UsageError
from app.cli.lookup import find_project_id

Provider = Annotated[
    str, Parameter(help="anthropic, openai, google, openrouter, ollama, or compatible with --url.")
]
Project = Annotated[str | None, Parameter(help="For this project alone, by name or id.")]
Url = Annotated[str | None, Parameter(help="The address of the provider, where it is not the usual one.")]

_OF = {
    "project": "chosen for this project",
    "founder": "chosen for all your projects",
    "instance": "by the settings of the instance",
}


def model(*, project: Project = None, common: Common = COMMON, context: Ctx) -> int:
    """Show the model that plans, and which keys are kept."""
    with open_client(common, context) as client:
        return _show(client.get("/api/models", **_filter(client, project)), context, common)


def use(
    name: Annotated[str, Parameter(help="PROVIDER:NAME; others with commas are asked when that has trouble.")],
    /,
    *,
    project: Project = None,
    url: Url = None,
    common: Common = COMMON,
    context: Ctx,
) -> int:
    """Choose the model that plans your projects, or one of them."""
    with open_client(common, context) as client:
        body = {"model": name, **({"url": url} if url else {}), **_filter(client, project)}
        answer = client.post("/api/models", body)
        code = _show(answer, context, common)
        provider = name.partition(":")[0]
        if not common.json and not _has_key(answer, provider, url):
            context.say("To give its key, where it needs one and the instance has none:")
            context.say(f"cofounder model key {provider}{f' --url {url}' if url else ''}")
        return code


def forget(*, project: Project = None, common: Common = COMMON, context: Ctx) -> int:
    """Forget the model that was chosen for your projects, or for one of them; keys stay."""
    with open_client(common, context) as client:
        chosen = _filter(client, project)
        client.delete("/api/models" + "".join(f"?{name}={value}" for name, value in chosen.items()))
        return _show(client.get("/api/models", **chosen), context, common)


def key(provider: Provider, /, *, url: Url = None, common: Common = COMMON, context: Ctx) -> int:
    """Keep the key of a provider, sealed. It is asked for, or read from standard input."""
    secret = getpass(f"The key of {provider}: ", context.talk) if sys.stdin.isatty() else sys.stdin.readline()
    if not secret.strip():
        raise UsageError("The key is empty.", remedy=f"cofounder model key {provider} < FILE-WITH-THE-KEY")
    with open_client(common, context) as client:
        body = {"provider": provider, "key": secret.strip(), **({"url": url} if url else {})}
        return _show(client.post("/api/models/keys", body), context, common)


def remove_key(provider: Provider, /, *, url: Url = None, common: Common = COMMON, context: Ctx) -> int:
    """Remove the kept key of a provider."""
    with open_client(common, context) as client:
        query = f"?url={quote_url(url, safe='')}" if url else ""
        client.delete(f"/api/models/keys/{quote_url(provider, safe='')}{query}")
        return _show(client.get("/api/models"), context, common)


def rotate(*, common: Common = COMMON, context: Ctx) -> int:
    """Seal every kept key anew, after somebody may have seen what seals them."""
    with open_client(common, context) as client:
        answer = client.post("/api/models/keys/rotation")
    if common.json:
        context.result_json(answer)
    else:
        context.result(f"{answer['keys']} {'key is' if answer['keys'] == 1 else 'keys are'} sealed anew.")
        context.say("Whoever may have seen a key itself still has it: make a new one at its provider.")
    return Exit.OK


def _filter(client: ApiClient, project: str | None) -> dict[str, str]:
    return {} if project is None else {"project_id": find_project_id(client, project)}


def _has_key(answer: dict[str, Any], provider: str, url: str | None) -> bool:
    return any(
        (key["provider"], key["url"]) == (provider.removesuffix("-chat"), url or "") for key in answer["keys"]
    )


def _show(answer: dict[str, Any], context: Context, common: Common) -> int:
    context.result_json(answer) if common.json else context.result("\n".join(model_lines(answer)))
    return Exit.OK


def model_lines(answer: dict[str, Any]) -> Iterator[str]:
    """The choice and the kept keys in lines."""
    if answer["model"] is None:
        yield "No model is chosen, and none is needed: rules plan your apps."
    else:
        where = f" at {answer['url']}" if answer["url"] else ""
        yield f"{answer['model']}{where}, {_OF[answer['of']]}"
        planner = "the model" if answer["engine"] == "model" else "rules, unless a build says otherwise"
        yield f"Who plans: {planner}"
    for key in answer["keys"]:
        where = f" at {key['url']}" if key["url"] else ""
        ending = f"ends in {key['hint']}" if key["hint"] else "is kept"
        yield f"The key of {key['provider']}{where} {ending}, since {key['changed_at'][:10]}"


app = command_group("model", use, forget, key, remove_key, rotate, default=model)

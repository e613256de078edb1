"""`python -m app` serves the app; `python -m app owner` and `python -m app password` are for whoever runs it."""

from __future__ import annotations

import os
import sys

import uvicorn

from . import console, hosts

LOCAL = "127.0.0.1"
STOPS_WITHIN_S = 3
NO_OWNER = """\
This app has no owner yet, so it opens on this computer only and not on {host}. Either make the owner's account here:

    ./start.sh owner

or start it without HOST, open the address that it prints, and set it up there. Then start it as you did now.
"""


def main(words: list[str]) -> int:
    """Do what the words on the command line say; the exit code."""
    os.umask(0o077)
    if words:
        return console.run(words)
    host = os.environ.get("HOST") or LOCAL
    if not hosts.is_loopback(host) and not console.has_owner():
        sys.stderr.write(NO_OWNER.format(host=host))
        return 2
    # What a proxy says of a visitor's address is believed of the proxies that are named, and of nobody else.
    uvicorn.run(
        "app.main:app", host=host, port=int(os.environ.get("PORT") or 8000), server_header=False,
        forwarded_allow_ips=os.environ.get("TRUSTED_PROXY", ""), timeout_graceful_shutdown=STOPS_WITHIN_S,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

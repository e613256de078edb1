"""The files that an export adds to an app, so that it can be put online in more than one way."""

from __future__ import annotations

import re
from typing import Final

_DOCKERFILE: Final = """\
# Build: docker build -t {name} .   Run: docker run -p 8000:8000 -v {name}-data:/app/data {name}
FROM python:3.11-slim
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv .venv \\
 && .venv/bin/python -m pip install --no-cache-dir --only-binary :all: --require-hashes -r requirements.lock
COPY . .
RUN useradd --system app && mkdir -p data && chown -R app data
USER app
ENV HOST=0.0.0.0 PORT=8000
VOLUME /app/data
EXPOSE 8000
HEALTHCHECK CMD .venv/bin/python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health')"
CMD ["./start.sh"]
"""
# Neither records nor settings with secrets may become a layer of an image.
_IGNORE: Final = ".venv\ndata\n.env\n__pycache__\n"
_COMPOSE: Final = """\
# Start: docker compose up -d --build
services:
  app:
    build: .
    restart: unless-stopped
    environment:
      EXAMPLE_DATA: "no"
    ports:
      - "127.0.0.1:8000:8000"
    volumes:
      - data:/app/data
volumes:
  data:
"""
_UNIT: Final = """\
# Install: sudo cp deploy/{name}.service /etc/systemd/system/ && sudo systemctl enable --now {name}
[Unit]
Description={title}
After=network.target

[Service]
WorkingDirectory=/opt/{name}
ExecStart=/opt/{name}/start.sh
Environment=HOST=127.0.0.1 PORT=8000 EXAMPLE_DATA=no
DynamicUser=yes
StateDirectory={name}
Environment=DATABASE_PATH=/var/lib/{name}/app.db INSTALL=no
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
NoNewPrivileges=yes
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""
_CADDY: Final = """\
# HTTPS by itself. Replace the name by yours, then:
# sudo cp deploy/Caddyfile /etc/caddy/ && sudo systemctl reload caddy
your-name.example {{
    reverse_proxy 127.0.0.1:8000
}}
"""
_WORKFLOW: Final = """\
name: Check
on: [push]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - run: python -m venv .venv && .venv/bin/python -m pip install --require-hashes -r requirements.lock
      - run: .venv/bin/python -m pytest
"""


def short_name(title: str) -> str:
    """A name for services and images, such as `yoga-studio-booking`."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "app"


def launch_files(title: str) -> dict[str, bytes]:
    """Path to content; a container, a service of systemd, a proxy with HTTPS and a check on every push."""
    name = short_name(title)
    # A unit file ends a value at the line, and puts something in the place of %n and the like.
    plain = " ".join(title.split()).replace("%", "%%")
    texts = {
        "Dockerfile": _DOCKERFILE.format(name=name),
        ".dockerignore": _IGNORE,
        "compose.yaml": _COMPOSE,
        f"deploy/{name}.service": _UNIT.format(name=name, title=plain),
        "deploy/Caddyfile": _CADDY.format(),
        ".github/workflows/check.yml": _WORKFLOW,
    }
    return {path: text.encode() for path, text in texts.items()}

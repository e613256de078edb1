#!/bin/sh
# Starts the app on $HOST:$PORT; with no .venv beside this file it uses the python3 on the PATH.
set -eu
cd "$(dirname "$0")"
if [ -f .env ]; then
    set -a
    . ./.env
    set +a
fi
python=.venv/bin/python
[ -x "$python" ] || python=$(command -v python3)
exec "$python" -m uvicorn app.main:app --host "${HOST:-127.0.0.1}" --port "${PORT:-8000}" \
    --no-server-header --timeout-graceful-shutdown 3

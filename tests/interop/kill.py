"""Stopping a run at any time, or filling the disk, leaves nothing under a final name; the next run works."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import cases
from report import Report
from tools import run, tool

INTRO = """
A pack of about 400 MB is killed (SIGKILL) at random times, and run on a file system that is too small. Afterwards there is no file
under a final name, and the same command run again succeeds without `--force`. Interrupting with SIGINT and SIGTERM leaves
nothing at all behind.
"""
TARGET = 400_000_000


def check(cmaf: Path, report: Report, only: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        source = _long_input(root)
        report.table(["stopped by", "layout", "mode", "runs", "stopped before their end", "final names left", "next run"])
        for layout in ("single", "segments"):
            for mode in ("clear", "cbcs"):
                for name, number in (("SIGKILL", 6), ("SIGTERM", 2), ("SIGINT", 2)):
                    _stop(cmaf, report, root, source, layout, mode, name, number)
        report.end_table()
        report.heading("Disk full")
        _full(cmaf, report, root, source)


def _long_input(root: Path) -> Path:
    """A short encode looped to about 400 MB; noise makes its samples large."""
    small = root / "small.mp4"
    ffmpeg = [tool("ffmpeg"), "-nostdin", "-v", "error"]
    run(ffmpeg + ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=4,noise=alls=60:allf=t+u,format=yuv420p", "-c:v", "libsvtav1",
                  "-preset", "12", "-g", "50", "-crf", "20", small])
    loops = TARGET // small.stat().st_size + 1
    path = root / "long.mp4"
    run(ffmpeg + ["-stream_loop", loops, "-i", small, "-c", "copy", path])
    return path


def _command(cmaf: Path, source: Path, out: Path, layout: str, mode: str) -> list[str]:
    return [str(c) for c in [cmaf, "pack", source, "-o", out, "--quiet", "--layout", layout, *cases.encryption(mode)]]


def _final(out: Path) -> list[str]:
    """What stands under a name that a finished run gives."""
    if not out.exists():
        return []
    names = [str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()]
    return sorted(n for n in names if re.fullmatch(r"long\.mp4|long/(init\.mp4|\d+\.m4s)", n))


def _stop(cmaf, report, root, source, layout, mode, name, number) -> None:
    label = f"{name} {layout} {mode}"
    whole = root / "whole"
    start = time.perf_counter()
    done = run(_command(cmaf, source, whole, layout, mode))
    length = time.perf_counter() - start
    report.check(done.code == 0, f"{label}: undisturbed run: exit {done.code}; {done.last_line}")
    sizes = {n: (whole / n).stat().st_size for n in _final(whole)}
    _remove(whole)
    dice = random.Random(label)
    stopped, left, again = 0, 0, 0
    for n in range(4 * number):
        if stopped == number:
            break
        out = root / f"out_{n}"
        with open(os.devnull, "wb") as nothing:
            child = subprocess.Popen(_command(cmaf, source, out, layout, mode), stdin=nothing, stdout=nothing, stderr=nothing)
            # A signal that can be caught must not come before the program has begun to catch it.
            time.sleep(length * dice.uniform(0.05 if name == "SIGKILL" else 0.3, 0.9))
            child.send_signal(getattr(signal, name))
            code = child.wait()
        final = _final(out)
        # It was faster this time, or was stopped between its last act and its end: nothing to see.
        if code == 0 or (final and {n: (out / n).stat().st_size for n in final} == sizes):
            _remove(out)
            continue
        stopped += 1
        left += len(final)
        report.check(not final, f"{label}: left {final[:3]}")
        if name != "SIGKILL":
            rest = [p.name for p in out.rglob("*") if p.is_file()] if out.exists() else []
            report.check(not rest, f"{label}: left temporary {rest[:3]}")
            report.check(code == 4, f"{label}: exit {code}, not 4")
        done = run(_command(cmaf, source, out, layout, mode))
        again += report.check(done.code == 0 and bool(_final(out)), f"{label}: next run: exit {done.code}; {done.last_line}")
        _remove(out)
    report.check(stopped > 0, f"{label}: every run ended before it was stopped")
    report.row(name, layout, mode, number, "yes" if stopped else "**none**", left,
               "succeeds" if again == stopped else "**fails**")


def _full(cmaf, report, root, source) -> None:
    mount = root / "tmpfs"
    mount.mkdir()
    if run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", mount]).code != 0:
        report.text("Skipped: mounting a tmpfs is not permitted.")
        print("kill: skipped disk full, mounting is not permitted", flush=True)
        return
    try:
        report.table(["layout", "mode", "exit code", "files left", "next run, with room"])
        for layout in ("single", "segments"):
            for mode in ("clear", "cbcs"):
                label = f"disk full {layout} {mode}"
                out = mount / "out"
                done = run(_command(cmaf, source, out, layout, mode))
                rest = sorted(p.name for p in mount.rglob("*") if p.is_file())
                report.check(done.code == 4, f"{label}: exit {done.code}, not 4; {done.last_line}")
                report.check(not rest, f"{label}: left {rest[:3]}")
                run(["mount", "-o", "remount,size=900m", mount])
                again = run(_command(cmaf, source, out, layout, mode))
                right = again.code == 0 and bool(_final(out))
                report.check(right, f"{label}: next run: exit {again.code}; {again.last_line}")
                report.row(layout, mode, done.code, len(rest), "succeeds" if right else "**fails**")
                _remove(out)
                run(["mount", "-o", "remount,size=16m", mount])
        report.end_table()
    finally:
        run(["umount", mount])


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)

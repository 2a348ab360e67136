"""Every file of the corpus, broken ones too, through inspect, extract and decrypt: bounded, and never a panic."""

from __future__ import annotations

import tempfile
from pathlib import Path

from report import Report
from tools import KEY, KID, corpus, run

INTRO = """
`inspect` (plain, with `--boxes`, `--samples`, `--obus` and `--json`), `extract` and `decrypt` on every file of the corpus.
Allowed are the exit codes 0, 1 and 3, and 2 where the file is encrypted and its key was not given; at most 5 seconds
and 200 MiB; no panic.
"""
SECONDS, MEBIBYTES = 5, 200
VERBS = ["inspect", "inspect --boxes", "inspect --samples", "inspect --obus", "inspect --json", "extract", "decrypt"]


def check(cmaf: Path, report: Report, only: str | None) -> None:
    codes = {verb: {} for verb in VERBS}
    worst_memory = {verb: (0, "") for verb in VERBS}
    worst_time = {verb: (0.0, "") for verb in VERBS}
    root = corpus()
    files = sorted(p for p in root.rglob("*") if p.is_file() and (not only or only in str(p.relative_to(root))))
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            name = str(path.relative_to(root))
            data = path.read_bytes()
            protected = any(word in data for word in (b"encv", b"enca", b"tenc", b"senc", b"sinf"))
            for verb in VERBS:
                command = [cmaf, *verb.split(), path]
                if verb == "extract":
                    command += ["-o", f"{folder}/out.obu"]
                elif verb == "decrypt":
                    command += ["-o", f"{folder}/out.mp4", "--key", f"{KID}:{KEY}"]
                done = run(command, timeout=2 * SECONDS)
                for left in Path(folder).iterdir():
                    left.unlink()
                allowed = {0, 1, 3} | ({2} if protected and verb in ("extract", "decrypt") else set())
                label = f"{verb} {name}"
                report.check(
                    done.code in allowed and "panicked" not in done.err,
                    f"{label}: exit {done.code}; {done.last_line[:200].replace(str(root), '')}",
                )
                report.check(done.seconds <= SECONDS and done.code is not None, f"{label}: took over {SECONDS} s")
                report.check(done.peak_kib <= MEBIBYTES * 1024, f"{label}: {done.peak_kib // 1024} MiB")
                codes[verb][done.code] = codes[verb].get(done.code, 0) + 1
                worst_memory[verb] = max(worst_memory[verb], (done.peak_kib // 1024, name))
                worst_time[verb] = max(worst_time[verb], (done.seconds, name))
    report.text(f"{len(files)} files.")
    report.table(["verb", "exit 0", "exit 1", "exit 2", "exit 3", "other", "peak memory at most"])
    for verb in VERBS:
        seen = codes[verb]
        other = sum(count for code, count in seen.items() if code not in (0, 1, 2, 3))
        # Rounded up to steps of 16 MiB, so that the table does not change with each run.
        memory = -(-max(worst_memory[verb][0], 1) // 16) * 16
        report.row(f"`{verb}`", *(seen.get(c, 0) for c in (0, 1, 2, 3)), other, f"{memory} MiB")
        print(f"{verb}: slowest {worst_time[verb][0]:.2f} s on {worst_time[verb][1]}", flush=True)
    report.end_table()

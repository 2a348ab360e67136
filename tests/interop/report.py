"""Markdown tables with a count of what failed. Nothing in them depends on when or where they were made."""

from __future__ import annotations

import sys
from pathlib import Path


class Report:
    """One page of docs/interop: text, tables, and failures."""

    def __init__(self, name: str, title: str, intro: str, partial: bool = False):
        self.name, self.partial = name, partial
        self.lines = [f"# {title}", "", " ".join(intro.split()), ""]
        self.failures: list[str] = []
        self.checks = 0

    def text(self, text: str) -> None:
        self.lines += [" ".join(text.split()), ""]

    def heading(self, text: str) -> None:
        self.lines += [f"## {text}", ""]

    def table(self, header: list[str]) -> None:
        self.lines += ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]

    def row(self, *cells: object) -> None:
        self.lines.append("| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in cells) + " |")

    def end_table(self) -> None:
        self.lines.append("")

    def check(self, right: bool, what: str) -> bool:
        """Counts one check; prints and keeps it if it failed."""
        self.checks += 1
        if not right:
            self.failures.append(what)
            print(f"FAILED {self.name}: {what}", file=sys.stderr, flush=True)
        return right

    def write(self, folder: Path) -> None:
        """Writes the page, unless only a part of the checks ran."""
        self.lines += [f"{self.checks} checks, {len(self.failures)} failed.", ""]
        if self.failures:
            self.lines += ["Failed:", ""] + [f"- {f}" for f in self.failures] + [""]
        if self.partial:
            print("\n".join(self.lines))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{self.name}.md").write_text("\n".join(self.lines).rstrip() + "\n")
        print(f"{self.name}: {self.checks} checks, {len(self.failures)} failed", flush=True)

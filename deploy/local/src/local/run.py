"""Running tools in the foreground, from the checkout's root."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.paths import ROOT


def tool(name: str) -> str:
    """The path of a program of our environment."""
    return str(Path(sys.executable).parent / name)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run with the terminal's input and output; the exit status."""
    return subprocess.run(command, cwd=ROOT, env=dict(environment or os.environ), check=False).returncode


def capture(command: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
    """Run silently; status, output and errors."""
    result = subprocess.run(
        command, cwd=ROOT, env=dict(environment or os.environ), check=False, capture_output=True, text=True
    )
    return result.returncode, result.stdout, result.stderr

"""The README tells the truth: its first booking, typed as it stands, works on a fresh platform."""

import re
import subprocess
from pathlib import Path

import pytest

from local.paths import ROOT
from local.platform import Platform

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("platform")]


def _shell_blocks() -> list[str]:
    section = (ROOT / "README.md").read_text().partition("## A first booking")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def test_the_first_booking_of_the_readme(platform: Platform, tmp_path: Path) -> None:
    blocks = _shell_blocks()
    assert len(blocks) == 2
    gateway = f"http://localhost:{platform.topology.gateway_port}"
    script = "\n".join(blocks).replace("http://localhost:5001", gateway)
    typed = subprocess.run(  # noqa: S603 - the script is the README's
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert typed.returncode == 0, f"{typed.stdout}\n{typed.stderr}"
    assert re.search(r"Credit left: \d+\.\d\d €", typed.stdout)
    assert re.search(r"Booking \d+, code [A-Z2-7]{6}", typed.stdout)
    assert (tmp_path / "ticket.pdf").read_bytes().startswith(b"%PDF-")
    assert typed.stdout.rstrip().endswith("Validated")

"""The page of contracts holds every operation, every stream and every reader."""

import json
from pathlib import Path

from local.docs_site import write
from local.paths import SNAPSHOTS


def test_the_page_is_whole(tmp_path: Path) -> None:
    text = write(tmp_path / "docs" / "index.html").read_text()
    for surface in ("native", "pro", "public"):
        for path in json.loads((SNAPSHOTS / "openapi" / f"{surface}.json").read_text())["paths"]:
            assert f"<code>{path}</code>" in text
    for stream in json.loads((SNAPSHOTS / "asyncapi.json").read_text())["channels"]:
        assert f"<summary><code>{stream}</code>" in text
    for reader in (SNAPSHOTS / "expectations").glob("*.json"):
        assert f"<td>{reader.stem}</td>" in text
    assert "<script>" in text
    assert text.count("<table") == text.count("</table>")

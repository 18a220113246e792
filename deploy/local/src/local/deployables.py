"""Whether each deployable runs from its own lock alone, as in its image, where nothing of the others is installed."""

import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from local.bootstrap import uv_environment
from local.locks import targets
from local.paths import ROOT, relative
from local.run import capture, tool

#: Imports every module of a package, except `__main__` (which would run it).
_IMPORT_ALL = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    if not module.name.endswith(".__main__"):
        importlib.import_module(module.name)
"""


def problems() -> list[str]:
    """What keeps a deployable from running with its lock, a sentence each."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        names = [target.name for target in targets() if target.name != "dev"]
        return [found for found in pool.map(lambda name: _problem(name, Path(folder)), names) if found]


def _problem(name: str, folder: Path) -> str:
    lock = ROOT / "deploy" / "locks" / f"{name}.txt"
    python = folder / name / "bin" / "python"
    # What the development environment installed is in uv's cache: nothing is fetched here.
    for command in (
        [tool("uv"), "venv", "--quiet", str(folder / name)],
        [
            tool("uv"),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--python",
            str(python),
            "-r",
            str(lock),
        ],
    ):
        status, output, errors = capture(command, {**os.environ, **uv_environment()})
        if status != 0:
            return f"{relative(lock)} cannot be installed: {(output + errors).strip()}"
    sources = ROOT / "gateway" if name == "gateway" else ROOT / "services" / name
    environment = {**os.environ, "PYTHONPATH": f"{sources / 'src'}{os.pathsep}{ROOT / 'shared' / 'src'}"}
    status, _, errors = capture([str(python), "-c", _IMPORT_ALL, name], environment)
    if status == 0:
        return ""
    return f"{name} does not run from {relative(lock)} alone: {errors.strip().splitlines()[-1]}"

"""`./pc python SERVICE`: a Python shell on a service's database, where `await` works at the prompt."""

import ast
import asyncio
import code
import importlib
import inspect
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

_BANNER = """{service}: an open session, and this service's factories.
  session     one transaction; `await session.commit()` keeps what you do, leaving without it does not
  database    `async with database.transaction() as session: …`
  settings    of this service
  {factories}
Example:  await session.execute(text("SELECT count(*) FROM outbox"))"""


class AwaitingConsole(code.InteractiveConsole):
    """A console that runs coroutines on one loop for as long as it lives."""

    def __init__(self, names: dict[str, Any], runner: asyncio.Runner) -> None:
        super().__init__(names)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._runner = runner
        self.failed = False

    def runcode(self, code: CodeType) -> None:
        """Run what was typed; what it awaits is awaited here."""
        try:
            result = FunctionType(code, self.locals)()  # pyrefly: ignore
            if inspect.iscoroutine(result):
                self._runner.run(result)
        except SystemExit:
            raise
        except BaseException:
            self.failed = True
            self.showtraceback()


def open_shell(service: str, *, command: str | None, file: Path | None) -> int:
    """Run a command, a file, or an interactive prompt; 1 when the command or file raised."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        names = runner.run(_names(service, stack))
        console = AwaitingConsole(names, runner)
        try:
            if command is None and file is None:
                factories = [name for name in names if name.endswith("Factory")]
                console.interact(_BANNER.format(service=service, factories=", ".join(factories)), exitmsg="")
                return 0
            source, label = (command, "<command>") if command is not None else (_read(file), str(file))
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            console.runcode(compile(source or "", label, "exec", flags))
            return int(console.failed)
        finally:
            runner.run(stack.aclose())


def _read(file: Path | None) -> str:
    return sys.stdin.read() if file is None or str(file) == "-" else file.read_text()


async def _names(service: str, stack: AsyncExitStack) -> dict[str, Any]:
    import sqlalchemy

    from shared.database.session import Database

    settings = importlib.import_module(f"{service}.settings").Settings()
    database = Database(settings)
    await database.open()
    stack.push_async_callback(database.close)
    session = await stack.enter_async_context(_uncommitted(database))
    names: dict[str, Any] = {"settings": settings, "database": database, "session": session}
    names |= {name: getattr(sqlalchemy, name) for name in ("select", "func", "text", "update", "delete")}
    try:
        factories = importlib.import_module(f"{service}.factories")
    except ModuleNotFoundError as error:
        if error.name != f"{service}.factories":
            raise
        return names
    return names | {name: value for name, value in vars(factories).items() if not name.startswith("_")}


def _uncommitted(database: Any) -> Any:
    """A session that nobody commits but the person at the prompt."""
    from sqlalchemy.ext.asyncio import AsyncSession

    return AsyncSession(database.engine, expire_on_commit=False)


def main() -> None:
    """`python -m local.shell SERVICE [-c CODE | -f FILE]`, in an environment that knows the databases."""
    import argparse

    parser = argparse.ArgumentParser()
    parser.add_argument("service")
    parser.add_argument("-c", dest="command")
    parser.add_argument("-f", dest="file", type=Path)
    arguments = parser.parse_args()
    sys.exit(open_shell(arguments.service, command=arguments.command, file=arguments.file))


if __name__ == "__main__":
    main()

"""Load from `wrk`: requests that differ, and what came back."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.errors import LocalError

_MISSING = (
    "`./pc bench` needs wrk to make load, and it is not on PATH. Install it (Debian and Ubuntu: apt-get install wrk; "
    "macOS: brew install wrk), then try again."
)
# What wrk waits for an answer before it counts it as missing.
_TIMEOUT = "10s"

# People read before they go on: a pause before each request, on average as long as asked, often short and seldom long.
_PAUSES = """
function delay()
  return math.floor(-math.log(1 - math.random()) * %f)
end
"""

# Requests are made once, before the load; each thread walks its own share of them.
_SCRIPT = """
local threads = {}
function setup(thread)
  thread:set("index", #threads)
  table.insert(threads, thread)
end
function init(args)
  requests = {}
  local file = assert(io.open(args[1]))
  local number, step = 0, tonumber(args[2])
  for line in file:lines() do
    if number % step == index then
      local method, path, headers, body = line:match("^(%S+)\\t(%S+)\\t([^\\t]*)\\t(.*)$")
      local fields = {}
      for name, value in headers:gmatch("([^\\1]+)\\2([^\\1]*)") do fields[name] = value end
      requests[#requests + 1] = wrk.format(method, path, fields, body ~= "" and body or nil)
    end
    number = number + 1
  end
  file:close()
  position = 0
end
function request()
  position = position + 1
  if position > #requests then position = 1 end
  return requests[position]
end
function done(summary, latency, _)
  io.write(string.format(
    '\\n@@{"requests":%d,"microseconds":%d,"refused":%d,"broken":%d,"p50":%d,"p90":%d,"p99":%d,"max":%d}\\n',
    summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max))
end
"""


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a load; `path` with its query."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def line(self) -> str:
        """The request as a line of the file that wrk's script reads."""
        headers = "\x01".join(f"{name}\x02{value}" for name, value in self.headers.items())
        return f"{self.method}\t{self.path}\t{headers}\t{self.body}"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw. Times are in milliseconds. `refused` are answers of 400 and more, `broken` those that never came."""

    requests: int
    seconds: float
    refused: int
    broken: int
    p50: float
    p90: float
    p99: float
    longest: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    def check(self, what: str, *, refused: float = 0.0) -> Load:
        """Raise LocalError when more than that share of the answers were refusals, or any did not come."""
        if self.broken or self.refused > refused * self.requests or not self.requests:
            raise LocalError(
                f"{what}: of {self.requests} answers {self.refused} were refusals and {self.broken} did not come. "
                "What is measured would not be what it says."
            )
        return self


def wrk() -> str:
    """Where wrk is; LocalError with a way to get it where it is missing."""
    found = shutil.which("wrk")
    if found is None:
        raise LocalError(_MISSING)
    return found


def run(
    url: str,
    requests: Iterable[Request],
    *,
    seconds: float,
    connections: int = 32,
    threads: int = 1,
    pause: float = 0.0,
) -> Load:
    """Send the requests in turn over keep-alive connections, again from the first after the last, for that long.

    `url` is `http://host:port`. Each connection waits `pause` milliseconds on average between an answer and its next
    request; the wait is no part of the times seen.
    """
    program = wrk()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        script, lines = Path(folder, "load.lua"), Path(folder, "requests")
        script.write_text(_SCRIPT + (_PAUSES % pause if pause else ""))
        lines.write_text("".join(f"{request.line()}\n" for request in requests))
        command = [
            *(program, "--threads", str(threads), "--connections", str(connections)),
            *("--duration", f"{max(1, round(seconds))}s", "--timeout", _TIMEOUT, "--script", str(script)),
            *(url, "--", str(lines), str(threads)),
        ]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60)
    _, found, rest = result.stdout.partition("@@")
    if result.returncode != 0 or not found:
        raise LocalError(f"wrk failed with {result.returncode}: {(result.stderr or result.stdout)[-400:]}")
    seen = json.loads(rest)
    return Load(
        requests=seen["requests"],
        seconds=seen["microseconds"] / 1e6,
        refused=seen["refused"],
        broken=seen["broken"],
        p50=seen["p50"] / 1e3,
        p90=seen["p90"] / 1e3,
        p99=seen["p99"] / 1e3,
        longest=seen["max"] / 1e3,
    )

"""nginx before the same upstream, as one would set it up for the same task."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from local.bench.figures import Skipped
from local.embedded import EmbeddedServer, port_is_busy, spawn

# One worker, as the gateway is one process; keep-alive on both sides; a line in the log for each request.
_CONFIGURATION = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 1024; }}
http {{
  log_format requests escape=json '{{"time":"$time_iso8601","method":"$request_method","uri":"$uri","status":$status,'
    '"size":$body_bytes_sent,"duration":$request_time,"address":"$remote_addr","id":"$request_id"}}';
  access_log {folder}/access.log requests buffer=64k flush=1s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream service {{ server 127.0.0.1:{upstream}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    keepalive_requests 1000000000;
    location / {{
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Forwarded-For $remote_addr;
      add_header X-Request-ID $request_id;
      add_header X-Frame-Options SAMEORIGIN;
      add_header X-Content-Type-Options nosniff;
    }}
  }}
}}
"""


class Nginx(EmbeddedServer):
    """`with Nginx(upstream_port) as nginx: …` listens on `nginx.port`. Skipped where nginx is missing."""

    name = "nginx"
    stop_signal = signal.SIGQUIT

    def __init__(self, upstream: int) -> None:
        super().__init__()
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        if program is None:
            raise Skipped("nginx is not here; Debian and Ubuntu: apt-get install nginx-light")
        self._program = program
        self._upstream = upstream
        self._folder = Path(tempfile.mkdtemp(prefix="bench-nginx-"))

    @property
    def log(self) -> Path:
        return self._folder / "error.log"

    def launch(self) -> subprocess.Popen[bytes]:
        configuration = self._folder / "nginx.conf"
        # As root, nginx would give its worker to a user who cannot read the folder.
        user = "user root;" if Path("/proc/self").stat().st_uid == 0 else ""
        configuration.write_text(
            _CONFIGURATION.format(folder=self._folder, upstream=self._upstream, port=self.port, user=user)
        )
        return spawn([self._program, "-c", configuration], self.log, death_signal=signal.SIGTERM)

    def answers(self) -> bool:
        return port_is_busy(self.port)

    def stop(self) -> None:
        super().stop()
        shutil.rmtree(self._folder, ignore_errors=True)

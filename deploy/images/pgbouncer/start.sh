#!/bin/bash
# Writes PgBouncer's configuration below /tmp (the root file system is read-only) and becomes it.
#
#   DATABASES      the databases, each owned by the role of its name        users offers bookings documents
#   SERVER         where they are; SERVER_<DATABASE> for one of them         postgres:5432
#   POOL_SIZE      connections to the server for each database                20
#   MAX_CLIENTS    connections of services                                    2000
#   LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, IDLE_TIMEOUT_MS                     as DATABASE_…_MS of the services
# Passwords are the files database_password_<database> in SECRETS_DIRECTORY (/run/secrets).
set -euo pipefail
umask 077
folder=$(mktemp -d /tmp/pgbouncer.XXXXXX)
secrets=${SECRETS_DIRECTORY:-/run/secrets}
# A session here ends with its transaction, so the limits that services ask for at the start of one are ignored
# (ignore_startup_parameters) and set on each connection to the server instead.
limits="SET lock_timeout = ${LOCK_TIMEOUT_MS:-3000}"
limits+="; SET statement_timeout = ${STATEMENT_TIMEOUT_MS:-15000}"
limits+="; SET idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS:-15000}; SET timezone = UTC"
quoted=${limits//\'/\'\'}
{
  echo '[databases]'
  for name in ${DATABASES:-users offers bookings documents}; do
    variable=SERVER_${name^^}
    server=${!variable:-${SERVER:-postgres:5432}}
    echo "$name = host=${server%:*} port=${server##*:} dbname=$name connect_query='$quoted'"
    printf '"%s" "%s"\n' "$name" "$(< "$secrets/database_password_$name")" >> "$folder/users.txt"
  done
  cat <<INI
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = 6432
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/users.txt
pool_mode = transaction
default_pool_size = ${POOL_SIZE:-20}
max_client_conn = ${MAX_CLIENTS:-2000}
ignore_startup_parameters = extra_float_digits,options
server_reset_query =
server_idle_timeout = 300
# A request gives up after three seconds by itself (database_pool_wait_ms); what waits longer has nobody behind it.
query_wait_timeout = 10
server_connect_timeout = 10
server_login_retry = 1
tcp_keepalive = 1
tcp_keepidle = 10
tcp_keepintvl = 5
tcp_keepcnt = 3
log_connections = 0
log_disconnections = 0
log_stats = 0
INI
} > "$folder/pgbouncer.ini"
exec pgbouncer "$folder/pgbouncer.ini"

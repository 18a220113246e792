#!/bin/bash
# What the postgres image does at its start, as far as deploy/compose.yaml uses it.
set -euo pipefail
data=${PGDATA:-/var/lib/postgresql/data}
if [ ! -s "$data/PG_VERSION" ]; then
  password=${POSTGRES_PASSWORD:-}
  [ -z "${POSTGRES_PASSWORD_FILE:-}" ] || password=$(< "$POSTGRES_PASSWORD_FILE")
  initdb --pgdata "$data" --username postgres --encoding UTF8 --locale C.UTF-8 --auth-host scram-sha-256 \
    --auth-local trust --pwfile <(printf '%s\n' "$password")
  printf 'host all all all scram-sha-256\n' >> "$data/pg_hba.conf"
  pg_ctl --pgdata "$data" --wait --options "-c listen_addresses=''" start
  export POSTGRES_USER=postgres
  for script in /docker-entrypoint-initdb.d/*.sh; do
    [ -e "$script" ] && bash "$script"
  done
  pg_ctl --pgdata "$data" --mode fast --wait stop
fi
shift
exec postgres -D "$data" -c listen_addresses='*' "$@"

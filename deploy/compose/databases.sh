#!/bin/bash
# Run once by the postgres image: a database and a login role for each service, closed to the other roles.
set -euo pipefail
for service in users offers bookings documents; do
  psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set service="$service" --set password="$(< "/run/secrets/database_password_$service")" <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done

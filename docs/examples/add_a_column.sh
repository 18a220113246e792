#!/usr/bin/env bash
# Adds a column to bookings and ships it without a failed request, step by step as docs/operations.md tells it.
# tests/release/test_add_a_column.py runs it under load. In a checkout of one's own:
#   add_a_column.sh change    writes the model's line and the migration, and checks both
#   add_a_column.sh before    the old code serves; the database gets the column
#   (roll out the new API and worker, one after the other)
#   add_a_column.sh after     only the new code serves
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python="${PYTHON:-.venv/bin/python}"

case "${1:-}" in
  change)
    # A column that may be empty: the old code, which does not know it, goes on writing rows.
    sed -i 's/^    token: Mapped\[str\].*$/&\n    note: Mapped[str | None]/' services/bookings/src/bookings/booking/models.py
    grep -q 'note: Mapped\[str | None\]' services/bookings/src/bookings/booking/models.py
    "$python" -m bookings revision --branch pre -m "A booking may have a note"
    # What the database would make of it under load: locks, rewrites, timeouts.
    "$python" -m local lint --only heads --only squawk
    ;;
  before) "$python" -m bookings migrate --branch pre ;;
  after) "$python" -m bookings migrate --branch post ;;
  *)
    sed -n '2,7p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

"""The demo accounts that people are told of first; the sandbox makes many more."""

PASSWORD = "user@AZERTY123"  # noqa: S105  (public on purpose: local data only)
BENEFICIARY = "pctest.jeune93.has-booked-some.v2@example.com"
PARTNER = "retention_structures@example.com"

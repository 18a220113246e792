"""Answers kept under the key that a caller chose, so that a request sent again has no second effect."""

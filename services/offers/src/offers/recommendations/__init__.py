"""Offers like others, and offers for a playlist."""

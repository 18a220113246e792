"""Artists of their own pages."""

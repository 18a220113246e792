"""When films are shown, and where."""

"""A service in miniature, on which the mechanics of `shared` are tested."""

"""The offers that a young person keeps aside."""

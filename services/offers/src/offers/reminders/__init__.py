"""The offers that a young person wants to be told about when they can be booked."""

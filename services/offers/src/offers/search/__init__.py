"""Search among the offers that can be booked now."""

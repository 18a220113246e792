"""The partner's bookings: the list of the portal, the dates of an event, and the files to take away."""

"""What young people thought of what they booked."""

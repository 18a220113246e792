"""What the public reads of offers and venues, from a few statements whatever their number."""

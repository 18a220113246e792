"""The desk: a partner checks a counter-mark, validates it, or takes the validation back."""

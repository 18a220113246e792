"""What tests of every part share: servers, databases, recorders. `plugin` is loaded by pytest."""

"""The benches, a module each; `local.bench.registry` knows their names."""

"""One module per stage. Each job is the same four steps: load, call the core, save atomically, write provenance."""

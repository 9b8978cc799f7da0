"""The nouns that flow through the pipeline: frozen, named after the science, computing nothing."""

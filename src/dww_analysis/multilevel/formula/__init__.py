"""Formula and data frame in, design out: nothing here knows how a model is fitted."""

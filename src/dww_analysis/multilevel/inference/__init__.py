"""From a solution to tests, intervals, means and shares of variance, whatever engine made it."""

"""Answers that are not there: several completed data sets, one pooled answer, and how far it may be pushed."""

"""Designs in which large factors cross (students and lecturers): one factor is eliminated sparsely, the rest densely."""

from __future__ import annotations


class Crossed:
    pass

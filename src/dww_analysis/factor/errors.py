"""The engine's own error. The message says what was found, where, what was expected and what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Why a model is refused, in four parts."""

    found: str
    where: str
    expected: str
    action: str

    def __str__(self) -> str:
        return f"{self.where}: {self.found}\n    expected: {self.expected}\n    what to do: {self.action}"


class FactorError(ValueError):
    """Anything the engine refuses: a text that cannot be read, answers that cannot carry the model."""

    def __init__(self, refusal: Refusal):
        self.problems = (refusal,)
        super().__init__(str(refusal))

    @classmethod
    def of(cls, found: str, where: str, expected: str, action: str) -> FactorError:
        """The error by its four parts."""
        return cls(Refusal(found, where, expected, action))

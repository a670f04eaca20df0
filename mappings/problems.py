"""What can be wrong with one field: a word for programs, a Chinese reason for people, never the value."""

from __future__ import annotations


class FieldProblem(ValueError):
    """The value of one field cannot be read; the field stays empty and carries a mark.

    `kept`: an ID number as it was typed, where it may still be near the right one; never part of any message.
    """

    def __init__(self, problem: str, reason: str, kept: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.reason = reason
        self.kept = kept

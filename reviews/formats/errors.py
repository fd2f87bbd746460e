"""What is wrong with a file, and where."""

from __future__ import annotations

from reviews.tasktypes.base import BadValue


class FormatError(ValueError):
    """A fault of a file at a place that a person can find.

    line    : 1-based line of the text file, or number of the entry in an archive; None: the file as a whole
    column  : the name of the column or key, or the 1-based character where the syntax breaks, as text

    A reader yields one for a row that it can skip, and raises one where it cannot read on.
    """

    def __init__(self, code: str, detail: str, *, line: int | None = None, column: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.line = line
        self.column = column

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line is not None else "file"
        return f"{place}{f', {self.column}' if self.column else ''}: {self.detail}"

    def as_json(self) -> dict[str, int | str | None]:
        """The error as an import reports it."""
        return {"line": self.line, "column": self.column, "code": self.code, "detail": self.detail}

    @classmethod
    def of(cls, error: BadValue, *, line: int, column: str) -> FormatError:
        """The error of a value that its task type refused, put in its place."""
        return cls(error.code, error.detail, line=line, column=column)

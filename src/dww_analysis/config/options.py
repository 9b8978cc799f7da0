"""Options of the readers in sources.yaml: known names, and values that can mean something.

Which of them a format knows is the reader's to say: `dww check` reads every file.
"""

from __future__ import annotations

import codecs
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from dww_analysis.config.strict import Codes, Strict


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
        "".encode(name)
    except (LookupError, ValueError, TypeError) as error:
        raise ValueError("the name of an encoding, such as utf-8, utf-16 or windows-1252") from error
    return name


def _one_character(text: Any) -> Any:
    words = {"tab": "\t", "\\t": "\t", "semicolon": ";", "comma": ",", "pipe": "|"}
    return words.get(text, text) if isinstance(text, str) else text


def _plain_delimiter(text: str) -> str:
    if len(text) != 1 or text.isalnum() or text in "\"'\n\r\0." or not text.isascii():
        raise ValueError("one character between columns, such as ; , | or a tab")
    return text


Encoding = Annotated[str, Field(max_length=40), AfterValidator(_known_encoding)]
Delimiter = Annotated[
    str, Field(strip_whitespace=False), BeforeValidator(_one_character), AfterValidator(_plain_delimiter)
]
Beside = Annotated[str, Field(max_length=250)]


class OptionsConfig(Strict):
    """How a file must be read where its content does not say so."""

    model_config = {"str_strip_whitespace": False}

    encoding: Encoding | None = Field(None, description="of text, SPSS, Stata and SAS")
    delimiter: Delimiter | None = Field(None, description="between the columns of text")
    decimal: Literal[",", "."] | None = Field(None, description="the decimal mark of text")
    thousands: Literal[".", ",", " ", "'"] | None = Field(None, description="the mark between thousands")
    dates: bool | None = Field(None, description="false leaves dates of text as they are written")
    absent: Codes | None = Field(None, description="texts for no answer, such as NA")
    duplicate_names: Literal["number", "stop"] | None = Field(None, description="number columns of one name")
    structure: Beside | None = Field(None, description="the .lss file of a LimeSurvey survey, beside it")
    catalog: Beside | None = Field(None, description="the .sas7bcat file of a SAS file, beside it")
    member: Beside | None = Field(None, description="which file of a ZIP")
    sheet: Annotated[int, Field(ge=1, le=10_000)] | Annotated[str, Field(max_length=100)] | None = Field(
        None, description="name of the sheet of a workbook, or its number from 1"
    )
    header_line: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        None, description="line of the names of the columns, from 1"
    )
    header_rows: Annotated[int, Field(ge=1, le=5)] | None = Field(
        None, description="2: names stand on two lines"
    )

    def given(self) -> dict[str, Any]:
        """The options that were declared, by name; one that is written with its default counts, one that is left out
        (None) does not."""
        return {name: value for name, value in self.model_dump().items() if name in self.model_fields_set}

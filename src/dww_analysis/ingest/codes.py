"""How a cell's code is read, under the name by which notebooks know it; the code is in `delivery.codes`."""

from dww_analysis.delivery.codes import code_text, fold, name_reader, nearest, person_code, text_column

__all__ = ["code_text", "fold", "name_reader", "nearest", "person_code", "text_column"]

"""How cells of any delivered table are read: codes and names, rules for rows, columns that identify persons.

Below every room that reads deliveries (answers, exposure).
"""

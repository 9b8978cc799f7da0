"""What an analyst sees and types, the same for both engines and for reports: the look of figures, tables that
a screen reader can read, words of other packages. Knows neither models nor studies.
"""

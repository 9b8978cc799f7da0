"""Renderers: blocks, tables and figures to one form of document. Here cells become text, and markup is made."""

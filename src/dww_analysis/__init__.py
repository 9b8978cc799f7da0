"""dww_analysis: from delivered survey files to defensible reports."""


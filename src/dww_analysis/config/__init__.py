"""From YAML to frozen values: read, check, freeze. Nothing below this room sees YAML."""

from dww_analysis.config.files import Keys, StudyFiles
from dww_analysis.config.whole import FILES, read_study

__all__ = ["FILES", "Keys", "StudyFiles", "read_study"]

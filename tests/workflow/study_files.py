"""Writing the files of an invented study: its configuration, and what was delivered."""

from pathlib import Path

import yaml


def both(nl, en):
    return {"nl": nl, "en": en}


def write_study(root, study, files, tables, edit=None) -> Path:
    """Write configuration files {name: values} and what was delivered {file: table or text} of a study below `root`.

    edit: changes {name: values}.
    """
    config, raw = root / "config" / study, root / "data" / "raw" / study
    for folder in (config, raw):
        folder.mkdir(parents=True, exist_ok=True)
    for file, table in tables.items():
        _deliver(raw / file, table)
    files = yaml.safe_load(_text(files))
    if edit is not None:
        edit(files)
    for name, values in files.items():
        (config / f"{name}.yaml").write_text(_text(values), encoding="utf-8")
    return root


def _deliver(file, table):
    if isinstance(table, str):
        file.write_text(table, encoding="utf-8")
    else:
        (table.to_excel if file.suffix == ".xlsx" else table.to_csv)(file, index=False)


def _text(values) -> str:
    return yaml.dump(values, Dumper=_Plain, sort_keys=False, allow_unicode=True)


class _Plain(yaml.SafeDumper):
    """Writes values that occur twice in full: the configuration knows no aliases."""

    def ignore_aliases(self, data):
        return True

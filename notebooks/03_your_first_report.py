# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Your first report from your own files
#
# For who has two files of answers and has never used this program. The two files beside this notebook
# (`first_report/`, invented) are as messy as files are: other names and another separator in the second one, 99 for
# *no answer*, teams typed by hand, a test row, and one person who sent the questionnaire twice.
#
# Every step is a command that you can also type in a terminal, without the `!`-like helper below.

# %%
import os
import subprocess
import sys
import tempfile
from pathlib import Path

notebooks = Path(os.environ.get("DWW_NOTEBOOKS", Path.cwd() if Path("first_report").is_dir() else "notebooks"))
place = Path(os.environ.get("DWW_PLACE", tempfile.mkdtemp(prefix="dww-first-")))
root, home = place / "study", place / "home"
root.mkdir(parents=True, exist_ok=True)
home.mkdir(exist_ok=True)


def dww(*arguments: str) -> str:
    """`dww ...` in a folder of its own; what it says."""
    command = [sys.executable, "-m", "dww_analysis", "--root", str(root), *arguments]
    # the key of a private study is kept in the home folder: here one of this notebook
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HOME": str(home)})
    return (done.stdout + done.stderr).strip()


# %% [markdown]
# ## What the files hold

# %%
for wave in (0, 1):
    lines = (notebooks / "first_report" / f"wave{wave}.csv").read_text(encoding="utf-8").splitlines()
    print(f"wave{wave}.csv, {len(lines)} lines", *lines[:5], sep="\n  ")

# %% [markdown]
# ## Start: `dww new`
#
# It reads the files in the order of the waves and writes a first configuration. What it guessed is marked.

# %%
files = [str((notebooks / "first_report" / f"wave{wave}.csv").resolve()) for wave in (0, 1)]
print(dww("new", "mine", *files))

# %%
config = root / "config" / "mine"
print((config / "sources.yaml").read_text(encoding="utf-8"))

# %% [markdown]
# It saw that 99 is no answer, which column holds the person and which the team. Look at each line with `GUESS`.
#
# ## Ask what is wrong: `dww check`
#
# Answers of real people get pseudonyms, for which the study needs a key, once.

# %%
print(dww("key", "new", "mine"))
told = dww("check", "mine")
print(told)
assert "the same person code" in told

# %% [markdown]
# One code occurs twice in a wave: this person pressed *send* twice, so the first time counts. And a look at the lines
# above shows a row that is no person: `test`. Both are rules in `sources.yaml`: nothing is changed in the files.

# %%
sources = (config / "sources.yaml").read_text(encoding="utf-8")
sources = sources.replace("duplicates: stop ", "duplicates: keep_first ")
for column in ("Deelnemerscode", "code"):
    rule = f'    drop_rows: [{{column: {column}, values: [test], reason: test row}}]\n    columns:'
    start = sources.index(f'person: "{column}"')
    at = sources.rindex("    columns:", 0, start)
    sources = sources[:at] + rule + sources[at + len("    columns:") :]
(config / "sources.yaml").write_text(sources, encoding="utf-8")

# %% [markdown]
# Give things their names, and say before you look what you want to know. `higher is better` and the range of the answers
# stand with the scale; here the guesses are right.

# %%
for file, old, new in (
    ("study.yaml", 'title: {nl: "mine", en: "mine"}', 'title: {nl: "Leren in ons team", en: "Learning in our team"}'),
    ("scales.yaml", 'label: {nl: "v", en: "v"}', 'label: {nl: "leerklimaat", en: "learning climate"}'),
    ("plan.yaml", '"Hoe verandert v?"', '"Verandert het leerklimaat?"'),
    ("plan.yaml", '"How does v change?"', '"Does the learning climate change?"'),
):
    text = (config / file).read_text(encoding="utf-8")
    assert old in text, (file, old)
    (config / file).write_text(text.replace(old, new), encoding="utf-8")

told = dww("check", "mine")
print(told)
assert "No problems found" in told

# %% [markdown]
# ## Run: `dww run`

# %%
told = dww("run", "mine", "--cores", "1")
print(told[-900:])
report = root / "reports" / "mine" / "index.html"
assert report.is_file()

# %% [markdown]
# Open the report in a browser. It says in Dutch and English how the learning climate changed, with its uncertainty, what
# was left out and why, and from which files everything came.

# %%
import pandas as pd

estimates = pd.read_csv(root / "data" / "derived" / "mine" / "tables" / "estimates.csv")
row = estimates.set_index("id").loc["v_change"]
print(f"per wave {row['estimate']:.2f} points, 95 % interval {row['conf_low']:.2f} to {row['conf_high']:.2f}")
flow = pd.read_csv(root / "data" / "derived" / "mine" / "tables" / "flow.csv")
assert row["conf_low"] < 0.25 < row["conf_high"], "the files were made with a change of .25"
flow[flow["reason"].isin(["test row"])]

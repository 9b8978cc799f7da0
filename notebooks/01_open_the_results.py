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
# # Open the results of a study and redraw a figure
#
# For analysts. Everything here reads what `dww run` made; nothing is computed that the report does not have.
# Open this file in Jupyter (with jupytext) or in any editor that knows percent cells.

# %%
import os
from pathlib import Path

import pandas as pd

root = Path(os.environ.get("DWW_ROOT", Path.cwd().parent if Path.cwd().name == "notebooks" else Path.cwd()))
derived = root / "data" / "derived" / "example"
reports = root / "reports" / "example"

# %% [markdown]
# ## The estimates, as the report quotes them

# %%
# with all digits; the report prints four
estimates = pd.read_csv(derived / "tables" / "estimates.csv")
primary = estimates[(estimates["family"] == "primary") & estimates["sd_used"].isna()]
primary[
    ["outcome", "noun", "arm", "reference", "wave", "estimate", "conf_low", "conf_high", "df", "df_method", "p_value", "p_adjusted"]
]

# %% [markdown]
# ## The scores behind one outcome

# %%
scores = pd.read_parquet(derived / "scores" / "learning_potential.parquet")
total = scores[scores["scale"] == "learning_potential"].dropna(subset=["score"])
total.groupby(["arm", "wave"], observed=True)["score"].agg(["size", "mean", "std"]).round(2)

# %% [markdown]
# ## Fit the plan's model again, by hand
#
# The engine needs a data frame and a formula, nothing of the study's configuration.

# %%
from dww_analysis.multilevel import fit

frame = total.assign(wave=total["wave"].astype(str).astype("category"))
for wave in (1, 2):
    treated = (frame["arm"] == "intervention") & (total["wave"] == wave)
    frame[f"intervention_wave{wave}"] = treated.astype(float)

model = fit(
    "score ~ wave + intervention_wave1 + intervention_wave2 + organisation"
    " + (1 | team) + (1 | team:wave) + (1 | person)",
    frame,
)
model.coefficients().round(3)

# %%
again = model.coefficients().set_index("term").loc["intervention_wave2", "estimate"]
reported = primary.set_index("outcome").loc["learning_potential", "estimate"]
assert abs(again - reported) < 1e-6, "the report's number is this model's number"

# %% [markdown]
# ## Redraw the trajectories

# %%
import json

import matplotlib.pyplot as plt

fitted = json.loads((derived / "estimates" / "learning_potential.fit.json").read_text(encoding="utf-8"))
means = pd.DataFrame(fitted["means"])
figure, axes = plt.subplots(figsize=(6, 3.5))
for arm, rows in means.groupby("arm"):
    axes.errorbar(
        rows["wave"],
        rows["estimate"],
        yerr=[rows["estimate"] - rows["conf_low"], rows["conf_high"] - rows["estimate"]],
        marker="o" if arm == "intervention" else "s",
        capsize=3,
        label=arm,
    )
axes.set(xlabel="wave", ylabel="learning potential (1-5)", xticks=[0, 1, 2])
axes.legend(frameon=False)
figure

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
# # The engine beside published lme4 numbers
#
# Reaction times of 18 people over ten days of sleep restriction (Belenky et al. 2003; data `sleepstudy` of lme4).
# Bates, Mächler, Bolker and Walker (2015, Journal of Statistical Software 67(1), section 1) print the fit of
# `Reaction ~ Days + (Days | Subject)`. Here it is again, from a data frame and a formula.

# %%
import os
from pathlib import Path

import pandas as pd

from dww_analysis.multilevel import fit

home = Path(os.environ.get("DWW_HOME", Path.cwd().parent if Path.cwd().name == "notebooks" else Path.cwd()))
data = pd.read_csv(home / "tests" / "oracles" / "01_sleepstudy" / "data.csv", dtype={"Subject": str})
model = fit("Reaction ~ Days + (Days | Subject)", data)
model.coefficients().round(3)

# %%
model.variance_components().round(3)

# %% [markdown]
# ## Side by side
#
# The published numbers are rounded as printed in the paper.

# %%
components = model.variance_components().set_index(["group", "term_1", "term_2"])["sd_or_correlation"]
coefficients = model.coefficients().set_index("term")
ours = {
    "REML criterion": -2 * model.log_likelihood,
    "intercept": coefficients.loc["(Intercept)", "estimate"],
    "SE intercept": coefficients.loc["(Intercept)", "std_error"],
    "Days": coefficients.loc["Days", "estimate"],
    "SE Days": coefficients.loc["Days", "std_error"],
    "residual SD": components["Residual"].iloc[0],
}
published = {
    "REML criterion": 1743.6,
    "intercept": 251.405,
    "SE intercept": 6.825,
    "Days": 10.467,
    "SE Days": 1.546,
    "residual SD": 25.592,
}
table = pd.DataFrame({"ours": ours, "published": published})
table["difference"] = (table["ours"] - table["published"]).round(4)
table.round(3)

# %%
assert (table["difference"].abs() < [0.05, 0.0006, 0.0006, 0.0006, 0.0006, 0.0006]).all()

# %% [markdown]
# ## What lme4 does not give
#
# Kenward-Roger df and an adjusted covariance (the default above), type III tests, estimated means, and tests that are
# robust to the random structure, all from the same fit.

# %%
model.anova().round(4)

# %%
model.means("Days", at={"Days": [0, 9]}).round(2)

# %%
model.robust(cluster="Subject").round(3)

# %% [markdown]
# ## Looking at it
#
# Figures carry their message in words (`.alt`) and their numbers (`.data`).

# %%
model.plot("qq")

# %%
model.plot("profile")

# %% [markdown]
# ## How the optimum was found
#
# A fit remembers its search: every start, the gradient and the curvature at the end.

# %%
{
    "converged": model.converged,
    "largest gradient": model.search.max_gradient,
    "starts": len(model.search.starts),
}

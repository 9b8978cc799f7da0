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
# # What a team sheet may say
#
# A sheet shows a team its own mean, how far chance may move it, how other teams stand, and a word. This notebook makes
# each of these for twenty-four invented teams whose true means are known, and shows the leak that a sheet avoids.

# %%
import numpy as np
import pandas as pd

from dww_analysis.sheets.means import pooled_sd, reference_band, std_error, t_interval, verdict_of

random = np.random.default_rng(8)
TEAMS, RELIABILITY = 24, 0.87
members = random.integers(9, 17, TEAMS)
truth = random.normal(3.5, 0.25, TEAMS)  # what each team would score if chance played no part
team = np.repeat(np.arange(TEAMS), members)
true_person = truth[team] + random.normal(0, 0.65, len(team))
true_person += truth[team] - pd.Series(true_person).groupby(team).transform("mean").to_numpy()
answered = random.random(len(team)) < 0.8
score = true_person + random.normal(0, 0.65 * np.sqrt(1 / RELIABILITY - 1), len(team))
people = pd.DataFrame({"team": team, "score": score})[answered]
people.groupby("team")["score"].agg(["size", "mean"]).round(2).head()

# %% [markdown]
# ## The interval
#
# Eight of ten colleagues answered, so a part of the team is known already: the interval is about the colleagues who did
# not answer, and about the questionnaire itself. `s` is the spread within teams, `w` the reliability of the scale,
# `n` of `N` members answered: SE = s sqrt((1 - w n / N) / n).

# %%
n = people.groupby("team").size().to_numpy(float)
mean = people.groupby("team")["score"].mean().to_numpy()
s, df = pooled_sd(people["score"].to_numpy(), people["team"].to_numpy())
error = std_error(s, RELIABILITY, n, members.astype(float))
low, high = t_interval(mean, error, df)
plain = s / np.sqrt(n)
inside = (low <= truth) & (truth <= high)
print(f"{inside.sum()} of {TEAMS} intervals hold the true mean; they are {error.mean() / plain.mean():.2f} as wide as plain ones")
assert inside.sum() >= 21

# %% [markdown]
# ## The band
#
# Where do most teams lie? Means that were seen differ more than teams do, because chance is in them. The band takes that
# part out: it is where the middle 80 % of the *true* means lie.

# %%
band = reference_band(mean, error)
seen = mean.mean() - 1.2816 * mean.std(ddof=1), mean.mean() + 1.2816 * mean.std(ddof=1)
print(f"band of true means {band[0]:.2f} to {band[1]:.2f}; of what was seen {seen[0]:.2f} to {seen[1]:.2f}")
assert band[1] - band[0] < seen[1] - seen[0]

# %% [markdown]
# ## The word
#
# A team is called different only when its whole interval lies outside the band. The dot alone would call far more teams
# different, and be wrong about some of them.

# %%
words = [verdict_of(*ends, band) for ends in zip(low, high, strict=True)]
by_dot = np.where(mean > band[1], "above", np.where(mean < band[0], "below", "as_others"))
pd.DataFrame({"with interval": pd.Series(words).value_counts(), "by the dot": pd.Series(by_dot).value_counts()}).fillna(0).astype(int)

# %%
called = [t for t, word in enumerate(words) if word in ("above", "below")]
assert all((truth[t] > band[1]) == (words[t] == "above") or band[0] <= truth[t] <= band[1] for t in called)

# %% [markdown]
# ## No ranking
#
# If the same colleagues answered again, how would the places change? Here is the place of the team that was first, in
# two hundred repetitions in which only chance differs.

# %%
first = int(np.argmax(mean))
again = mean + random.normal(0, 1, (200, TEAMS)) * error
places = (-again).argsort(axis=1).argsort(axis=1)[:, first] + 1
print(f"place of the first team: from {places.min()} to {places.max()}, first in {np.mean(places == 1):.0%}")
assert places.max() > 2

# %% [markdown]
# ## The leak
#
# Five colleagues of a team of thirteen answered: too few to show, so its sheet shows nothing. But if the organisation's
# sheet gives the mean of all its teams, and the other teams show theirs, the five are a subtraction away.

# %%
sizes, means = np.array([11, 12, 9, 5]), np.array([3.62, 3.41, 3.80, 2.26])
total = (sizes * means).sum() / sizes.sum()
hidden = (total * sizes.sum() - (sizes[:3] * means[:3]).sum()) / 5
print(f"organisation {total:.2f} of {sizes.sum()} people; so the five hidden ones scored {hidden:.2f}")
assert abs(hidden - 2.26) < 1e-9

# %% [markdown]
# The program treats all sheets, tables and pages of a study as one publication and hides more until nothing about fewer
# than eight people follows: here the organisation's mean, or a second team. It does not round instead: a rounded mean
# still says nearly as much.

# %%
from dww_analysis.privacy.gate import let_out

rows = pd.DataFrame({"sample": "main", "scale": "learning", "wave": 1, "arm": ["", "a", "b", "c", "d"]})
rows["n"] = [int(sizes.sum()), *map(int, sizes)]
rows["mean"] = [total, *means]
for column in ("sd", "q25", "median", "q75"):
    rows[column] = np.nan
rows["score_min"], rows["score_max"] = 1.0, 5.0
shown = let_out({"descriptives": rows}, 8)["descriptives"]
shown[["arm", "n", "mean", "suppressed"]]

# %%
hidden_people = shown.loc[shown["suppressed"], "arm"].tolist()
assert "d" in hidden_people and len(hidden_people) >= 2, "the five alone would follow from the rest"

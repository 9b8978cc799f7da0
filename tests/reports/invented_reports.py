"""Invented studies with every table a report gets: a two-arm trial, and waves without arms with a zero variance.

No number here comes from data; they are chosen so that each kind of sentence, badge and note occurs.
"""

from __future__ import annotations

import copy
import math
from functools import cache

import numpy as np
import pandas as pd

from dww_analysis.domain.contrasts import Contrast, columns_of, noun_of
from dww_analysis.domain.estimate import COLUMNS
from dww_analysis.domain.plan import Family, Plan, PlanEntry
from dww_analysis.domain.report import ReportSettings
from dww_analysis.domain.scales import Scale, ScoringKey
from dww_analysis.domain.study import Allocation, Arm, Background, Study, Wave

NAN = math.nan
OMEGA = "ML one factor, delta method on the logit"
WAVES = (
    Wave(0, {"nl": "voormeting", "en": "baseline"}, "2025-03-15"),
    Wave(1, {"nl": "tussenmeting", "en": "mid-term"}, "2025-10-15"),
    Wave(2, {"nl": "nameting", "en": "follow-up"}, "2026-05-15"),
)
LEVELS = {
    "organisation": {"nl": "organisatie", "en": "organisation"},
    "team": {"nl": "team", "en": "team"},
    "person": {"nl": "persoon", "en": "person"},
}
SETTINGS = ReportSettings(("nl", "en"), {"nl": "", "en": ""}, "CC BY 4.0")


def _key(name: str, nl: str, en: str, n: int, low: float, high: float, verified: bool, **more) -> ScoringKey:
    items = tuple(f"{name}_{i:02d}" for i in range(1, n + 1))
    more.setdefault("reference", "Author & Author (2020), Journal 1, 1-10")
    return ScoringKey(
        name, "1.0", {"nl": nl, "en": en}, items=items, minimum=low, maximum=high, verified=verified, **more
    )


def _scale(
    name: str, nl: str, en: str, n: int, low: float, high: float, verified: bool = True, **more
) -> Scale:
    key = _key(name, nl, en, n, low, high, verified, **more)
    columns = tuple(f"{name}_{i:02d}" for i in range(1, n + 1))
    return Scale(name, {"nl": nl, "en": en}, ("main",), key, columns)


def trial_scales() -> list[Scale]:
    learning = _scale(
        "learning", "Leerpotentieel van de werkplek", "Learning potential of the workplace", 12, 1, 5, False,
        subscales={"task": ("learning_01", "learning_02", "learning_03")},
        subscale_names={"task": {"nl": "Taak", "en": "Task"}},
    )  # fmt: skip
    return [
        learning,
        _scale("engagement", "Werkbevlogenheid", "Work engagement", 9, 0, 6),
        _scale("burnout", "Burn-outklachten", "Burnout complaints", 12, 1, 5, direction="lower is better"),
        _scale("safety", "Psychologische veiligheid", "Psychological safety", 7, 1, 5),
        _scale("turnover", "Vertrekintentie", "Turnover intention", 3, 1, 5, direction="lower is better"),
    ]


def trial_study(**changes) -> Study:
    values = {
        "id": "invented",
        "title": {"nl": "Samen leren op de werkplek", "en": "Learning together at work"},
        "data": "invented",
        "delivered": "2026-06-30",
        "design": "parallel_cluster",
        "waves": WAVES,
        "arms": (
            Arm("control", {"nl": "controlegroep", "en": "control"}),
            Arm("intervention", {"nl": "interventiegroep", "en": "intervention"}),
        ),
        "allocation": Allocation("team", "allocation", True, "organisation"),
        "samples": {"main": {"nl": "professionals", "en": "professionals"}},
        "level_labels": LEVELS,
        "background": (
            Background(
                "age",
                {"nl": "Leeftijd", "en": "Age"},
                "category",
                {
                    "1": {"nl": "tot 30 jaar", "en": "under 30"},
                    "2": {"nl": "30 jaar of ouder", "en": "30 or over"},
                },
            ),
            Background("years", {"nl": "Jaren in de jeugdzorg", "en": "Years in youth care"}, "number"),
        ),
        "contact": "team@example.org",
        "citation": {"nl": "Verzonnen studie (2026).", "en": "Invented study (2026)."},
    }
    return Study(**(values | changes))


def trial_plan(**changes) -> Plan:
    def entry(name, outcome, family, status, sesoi, nl, en, **more):
        return PlanEntry(
            name, outcome, "main", family, {"nl": nl, "en": en}, "because", status, sesoi=sesoi, **more
        )

    entries = (
        entry("learning", "learning", "primary", "registered", 0.20,
              "Zien professionals meer kansen om te leren?", "Do professionals see more chances to learn?"),
        entry("engagement", "engagement", "primary", "deviation", 0.25,
              "Neemt de bevlogenheid toe?", "Does engagement rise?", deviation="Wave 1 came late."),
        entry("burnout", "burnout", "primary", "registered", 0.15,
              "Nemen klachten af?", "Do complaints fall?"),
        entry("safety", "safety", "secondary", "registered", 0.20, "Voelt men zich veiliger?",
              "Do people feel safer?"),
        entry("turnover", "turnover", "secondary", "exploratory", None, "Wil men minder vaak weg?",
              "Do fewer people want to leave?"),
        entry("task", "learning.task", "secondary", "exploratory", None, "En de taken?", "And tasks?"),
    )  # fmt: skip
    families = {
        "primary": Family("primary", "holm", {"nl": "Primaire uitkomsten", "en": "Primary outcomes"}),
        "secondary": Family("secondary", "BH", {"nl": "Secundaire uitkomsten", "en": "Secondary outcomes"}),
    }
    return Plan(**({"entries": entries, "families": families, "sealed": "2025-02-01"} | changes))


def estimate_row(
    identity, outcome, contrast, value, se, df, *, sd=NAN, family="", unit="scale points", **more
):
    """One row of the estimates table; the interval follows from value, se and df. contrast: a Contrast."""
    from scipy import stats

    half = stats.t.ppf(0.975, df) * se
    p = 2 * stats.t.sf(abs(value / se), df)
    row = {
        "id": identity, "outcome": outcome, "term": "effect", "entry": identity.split(".")[0],
        "kind": "continuous", "summary": "mean_difference", **columns_of(contrast), "noun": noun_of(contrast, True),
        "primary": family != "", "standardised": sd == sd, "estimate": value,
        "std_error": se, "df": df, "statistic": value / se, "p_value": p, "conf_low": value - half,
        "conf_high": value + half, "conf_level": 0.95, "df_method": "kenward-roger", "family": family,
        "p_adjusted": min(1.0, 2 * p) if family else NAN, "adjust_method": "holm" if family else "none",
        "n_obs": 688, "n_persons": 284, "n_smallest": 140, "n_teams": 24, "n_organisations": 6,
        "unit": unit, "sd_used": sd,
        "status": "registered", "converged": True, "boundary": "", "fallback": "",
    }  # fmt: skip
    return row | more


def trial_estimates() -> pd.DataFrame:
    rows = []
    values = {
        "learning": ("learning", 0.31, 0.105, 0.74, "primary", "registered", {}),
        "engagement": ("engagement", 0.04, 0.13, 1.10, "primary", "deviation", {"boundary": "team"}),
        "burnout": ("burnout", 0.21, 0.088, 0.61, "primary", "registered", {}),
        "safety": ("safety", 0.12, 0.09, 0.70, "secondary", "registered", {}),
        "turnover": (
            "turnover",
            -0.24,
            0.14,
            0.95,
            "secondary",
            "exploratory",
            {"fallback": "satterthwaite"},
        ),
        "task": ("learning.task", 0.22, 0.12, 0.80, "secondary", "exploratory", {}),
    }
    for entry, (outcome, value, se, sd, family, status, flags) in values.items():
        for wave, share in ((2, 1.0), (1, 0.6)):
            contrast = Contrast("intervention", "control", wave)
            identity = entry if wave == 2 else f"{entry}.wave{wave}"
            more = {"family": family if wave == 2 else "", "status": status, **flags}
            more["adjust_method"] = {"primary": "holm", "secondary": "BH"}[family] if wave == 2 else "none"
            args = (outcome, contrast, share * value, se, 21.3)
            rows.append(estimate_row(identity, *args, **more))
            args = (outcome, contrast, share * value / sd, se / sd, 21.3)
            rows.append(estimate_row(f"{identity}.sd", *args, sd=sd, **(more | {"unit": "SD"})))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def trial_means(low=3.1, rise=0.31) -> list[dict]:
    rows = []
    for arm, extra in (("control", 0.0), ("intervention", rise)):
        for wave, share in ((0, 0.0), (1, 0.6), (2, 1.0)):
            value = low + 0.05 * wave + share * extra
            rows.append(
                {
                    "arm": arm,
                    "wave": wave,
                    "estimate": value,
                    "conf_low": value - 0.14,
                    "conf_high": value + 0.14,
                }
            )
    return rows


def trial_fits() -> dict[str, dict]:
    fits = {}
    for entry in trial_plan().entries:
        low = 3.6 if entry.outcome == "engagement" else 3.1
        row = trial_estimates().set_index("id").loc[entry.id]
        fits[entry.id] = {
            "entry": entry.id, "outcome": entry.outcome, "family": "gaussian", "estimation": "REML",
            "formula": "score ~ wave + effect1 + effect2 + organisation + (1 | team) + (1 | team:wave) + (1 | person)",
            "methods": ["constrained_baseline", "organisation_fixed"], "warnings": [], "n_obs": 688,
            "n_rows_without_score": 9, "n_groups": {"person": 284, "team:wave": 72, "team": 24},
            "team_size": {"min": 8, "mean": 11.8, "max": 15}, "log_likelihood": -701.2345678, "converged": True,
            "boundary": ["team (Intercept)"] if entry.id == "engagement" else [],
            "search": {"starts": 1, "evaluations": 41, "max_gradient": 1e-7, "smallest_curvature": 0.2, "notes": []},
            "sd_used": 0.74, "icc": {"person": 0.55, "team:wave": 0.02, "team": 0.06},
            "means": trial_means(low, float(row["estimate"])),
        }  # fmt: skip
    return fits


def trial_components() -> pd.DataFrame:
    rows = []
    for entry in trial_plan().entries:
        zero = entry.id == "engagement"
        for group, value in (
            ("person", 0.3012),
            ("team:wave", 0.0113),
            ("team", 0.0 if zero else 0.0331),
            ("Residual", 0.2034),
        ):
            term = None if group == "Residual" else "(Intercept)"
            rows.append({
                "entry": entry.id, "group": group, "term_1": term, "term_2": None, "estimate": value,
                "sd_or_correlation": value**0.5, "boundary": zero and group == "team",
            })  # fmt: skip
    return pd.DataFrame(rows)


def trial_flow() -> pd.DataFrame:
    rows = []

    def add(wave, level, arm, step, count, reason="", source="", sample="main"):
        rows.append({"source": source, "sample": sample, "wave": wave, "level": level, "arm": arm, "step": step,
                     "reason": reason, "count": count})  # fmt: skip

    for wave, source in enumerate(("wave0", "wave1", "wave2")):
        add(wave, "row", "", "read", 260 - 8 * wave, source=source)
        add(wave, "row", "", "dropped", 3, "test row", source=source)
        add(wave, "row", "", "dropped", 2, "no person code", source=source)
        add(wave, "row", "", "kept", 255 - 8 * wave, source=source)
        add(wave, "column", "", "columns dropped", 2, "identifies persons", source=source)
    people = {"control": (124, 112, 101), "intervention": (131, 122, 118)}
    for arm, counts in people.items():
        add(NAN, "team", arm, "allocated", 12)
        add(NAN, "organisation", arm, "allocated", 6)
        for wave, count in enumerate(counts):
            add(wave, "team", arm, "answered", 12)
            add(wave, "person", arm, "answered", count)
            if wave:
                add(wave, "person", arm, "newly in", 14 + wave)
                add(wave, "person", arm, "missed", 5 if wave == 1 else 0)
                add(wave, "person", arm, "left", 26 - wave)
                add(wave, "person", arm, "moved team", 3)
            for organisation in ("Noord", "Zuid"):
                add(wave, "person", arm, "answered by organisation", count // 2, organisation)
    for wave in range(3):
        add(wave, "person", "", "answered", sum(c[wave] for c in people.values()))
    return pd.DataFrame(rows)


BASELINE = ("variable", "label_nl", "label_en", "category", "category_nl", "category_en")


def trial_baseline() -> pd.DataFrame:
    rows = []

    def add(words: tuple[str, ...], values: dict[str, tuple], smd: float, suppressed: bool = False) -> None:
        for arm, (n, mean, sd, count, share) in values.items():
            row = dict(zip(BASELINE, words, strict=True)) | {
                "sample": "main",
                "arm": arm,
                "n": n,
                "mean": mean,
                "sd": sd,
            }
            rows.append(row | {"count": count, "share": share, "smd": smd, "suppressed": suppressed})

    age = ("age", "Leeftijd", "Age")
    young = {"control": (124, NAN, NAN, 44, 0.3548), "intervention": (131, NAN, NAN, 52, 0.3969)}
    older = {"control": (124, NAN, NAN, 80, 0.6452), "intervention": (131, NAN, NAN, 79, 0.6031)}
    years = {"control": (122, 7.21, 5.32, NAN, NAN), "intervention": (130, 6.84, 5.11, NAN, NAN)}
    hours = {"control": (5, NAN, NAN, NAN, NAN), "intervention": (6, NAN, NAN, NAN, NAN)}
    add((*age, "1", "tot 30 jaar", "under 30"), young, 0.09)
    add((*age, "2", "30 jaar of ouder", "30 or over"), older, -0.09)
    add(("years", "Jaren in de jeugdzorg", "Years in youth care", "", "", ""), years, -0.07)
    add(("hours", "Uren", "Hours", "", "", ""), hours, NAN, suppressed=True)
    return pd.DataFrame(rows)


def reliability(scales: list[Scale], samples=("main",)) -> pd.DataFrame:
    rows = []
    for i, scale in enumerate(s for s in scales if s.key is not None):
        for wave in range(3):
            alpha = 0.66 if scale.id == "turnover" else 0.84 + 0.02 * (i % 3)
            rows.append({
                "sample": samples[0], "scale": scale.id, "wave": wave, "n_persons": 255 - 8 * wave,
                "n_items": len(scale.items), "alpha": alpha, "alpha_low": alpha - 0.03, "alpha_high": alpha + 0.03,
                "omega": alpha + 0.01, "omega_low": alpha - 0.02, "omega_high": alpha + 0.04, "omega_method": OMEGA,
                "item_rest_min": 0.41, "item_rest_max": 0.68, "icc1": 0.071, "icc2": 0.45, "icc_f_p": 0.003,
                "n_teams": 24, "rwgj_mean": NAN, "rwgj_median": 0.84 if scale.id == "safety" else NAN,
                "rwgj_min": NAN, "rwgj_max": NAN, "notes": "",
            })  # fmt: skip
    return pd.DataFrame(rows)


def descriptives(study: Study, scales: list[Scale]) -> pd.DataFrame:
    rows = []
    for scale in scales:
        low, high = scale.score_range()
        for wave in study.waves:
            for arm in [a.id for a in study.arms] or [""]:
                small = scale.id == "turnover" and wave.number == 2 and arm in ("control", "")
                numbers = {"mean": 3.1, "sd": 0.75, "q25": 2.6, "median": 3.1, "q75": 3.6}
                numbers = dict.fromkeys(numbers, NAN) if small else numbers
                rows.append({"sample": scale.samples[0], "scale": scale.id, "wave": wave.number, "arm": arm,
                             "n": "<8" if small else 118, **numbers, "score_min": low, "score_max": high,
                             "suppressed": small})  # fmt: skip
    return pd.DataFrame(rows)


def items(scales: list[Scale]) -> pd.DataFrame:
    rows = [
        {"sample": "main", "scale": s.id, "wave": 0, "item": i, "label": f"item {i}", "n": 250, "missing": 5,
         "score_min": s.key.minimum, "score_max": s.key.maximum, "mean": 3.2, "sd": 0.9, "floor_share": 0.05,
         "ceiling_share": 0.11,
         "item_rest": -0.1 if i == "safety_03" else 0.5, "alpha_if_dropped": 0.83,
         "sign_question": "reversed?" if i == "safety_03" else ""}
        for s in scales if s.key is not None for i in s.items
    ]  # fmt: skip
    return pd.DataFrame(rows)


def scores(study: Study, scale: Scale, seed: int = 1) -> pd.DataFrame:
    """Invented scores of persons in one scale; the last wave of the first arm has too few persons."""
    rng = np.random.default_rng(seed)
    low, high = scale.score_range()
    rows = []
    for wave in study.waves:
        for i, arm in enumerate([a.id for a in study.arms] or [""]):
            n = 120 - 8 * wave.number
            values = np.clip(
                rng.normal(low + 0.55 * (high - low) + 0.1 * i * wave.number, 0.17 * (high - low), n),
                low,
                high,
            )
            rows += [
                {"person": f"{arm}{k}", "wave": wave.number, "arm": arm, "score": v}
                for k, v in enumerate(values)
            ]
    return pd.DataFrame(rows)


TRIAL_VERSIONS = {"python": "3.11.2", "packages": {"numpy": "2.4.0", "pandas": "3.1.0"}}


def trial_provenance() -> dict:
    return {
        "study": "invented",
        "package": {"name": "dww-analysis", "version": "0.1.0"},
        **TRIAL_VERSIONS,
        "seed": 20250101,
        "config": {"config/invented/plan.yaml": "c" * 64},
        "config_hash": "ab12cd34ef56ab12",
        "sources": [{"id": "wave0", "sha256": "a" * 64}],
        "pseudonyms": "fixed test key",
        "jobs": [{"stage": "estimate", "name": "learning", "warnings": [], **TRIAL_VERSIONS}],
    }


def with_answers(made: dict) -> dict:
    """The same with the answers that follow from its estimates."""
    from dww_analysis.effects.answers import answer_table

    tables = made["tables"]
    facts = (made["plan"], made["study"], made["scales"], tables["flow"])
    return made | {"tables": tables | {"answers": answer_table(tables["estimates"], *facts)}}


def trial() -> dict:
    """Everything `build_report` takes, except figures; tables, fits and provenance are the caller's own."""
    made = _trial()
    own = {key: copy.deepcopy(made[key]) for key in ("fits", "provenance")}
    return made | own | {"tables": {name: table.copy() for name, table in made["tables"].items()}}


@cache
def _trial() -> dict:
    study, scales = trial_study(), trial_scales()
    return with_answers({
        "study": study, "plan": trial_plan(), "scales": scales, "settings": SETTINGS, "fits": trial_fits(),
        "provenance": trial_provenance(),
        "tables": {
            "estimates": trial_estimates(), "variance_components": trial_components(), "flow": trial_flow(),
            "baseline": trial_baseline(), "reliability": reliability(scales),
            "descriptives": descriptives(study, scales), "items": items(scales),
        },
    })  # fmt: skip


def waves_only() -> dict:
    """A study without arms: two samples, a change over waves with a zero variance, and an exploratory slope."""
    study = trial_study(
        id="waves", title={"nl": "Werk in drie metingen", "en": "Work in three waves"}, data="public",
        design="waves_only", arms=(), allocation=None, background=(),
        samples={"soldiers": {"nl": "soldaten", "en": "soldiers"}, "groups": {"nl": "groepen", "en": "groups"}},
    )  # fmt: skip
    both = {"samples": ("soldiers",)}
    jobsat = Scale("jobsat", {"nl": "Arbeidstevredenheid", "en": "Job satisfaction"}, **both, delivered="jobsat",
                   delivered_range=(1, 5))  # fmt: skip
    wbeing = Scale("wbeing", {"nl": "Welbevinden", "en": "Wellbeing"}, ("groups",), delivered="wbeing",
                   delivered_range=(0, 5))  # fmt: skip
    lead = _scale("lead", "Leiderschapsklimaat", "Leadership climate", 11, 1, 5)
    lead = Scale("lead", lead.label, ("groups",), lead.key, lead.items, team_property=True)
    plan = Plan(
        entries=(
            PlanEntry("jobsat_time", "jobsat", "soldiers", "primary",
                      {"nl": "Verandert de arbeidstevredenheid?", "en": "Does job satisfaction change?"}, "why",
                      "planned", "score ~ wave_number + (1 | organisation/team) + (1 | person)",
                      "wave_number", unit={"nl": "schaalpunten per meting", "en": "scale points per wave"}),
            PlanEntry("wbeing_hrs", "wbeing", "groups", "exploratory",
                      {"nl": "Hangt welbevinden samen met uren?", "en": "Does wellbeing go with hours?"}, "why",
                      "exploratory", "score ~ hrs + (1 | team)", "hrs",
                      unit={"nl": "schaalpunten per uur", "en": "scale points per hour"}),
        ),
        families={
            "primary": Family("primary", "holm", {"nl": "Primair", "en": "Primary"}),
            "exploratory": Family("exploratory", "none", {"nl": "Verkennend", "en": "Exploratory"}),
        },
    )  # fmt: skip
    change = {"n_obs": 1396, "n_persons": 495, "n_teams": 40, "n_organisations": 16, "status": "planned",
              "boundary": "organisation", "term": "wave_number"}  # fmt: skip
    slope = {"n_obs": 7382, "n_persons": 7382, "n_teams": 99, "n_organisations": 1, "status": "exploratory",
             "term": "hrs", "adjust_method": "none"}  # fmt: skip
    slope_of = Contrast(per="wave")
    rows = [
        estimate_row("jobsat_time", "jobsat", slope_of, 0.052044, 0.021681, 921.16, family="primary", **change),
        estimate_row("jobsat_time.sd", "jobsat", slope_of, 0.0573, 0.02389, 921.16, family="primary", unit="SD",
                     sd=0.908, **change),
        estimate_row("wbeing_hrs", "wbeing", Contrast(per="hrs"), -0.052081, 0.0047778, 7322.1, family="exploratory",
                     **slope),
    ]  # fmt: skip
    components = [
        ("jobsat_time", "person", 0.395632613, False), ("jobsat_time", "team:organisation", 0.047220939, False),
        ("jobsat_time", "organisation", 0.0, True), ("jobsat_time", "Residual", 0.42975611, False),
        ("wbeing_hrs", "team", 0.024661998, False), ("wbeing_hrs", "Residual", 0.780064947, False),
    ]  # fmt: skip
    base = {"family": "gaussian", "estimation": "REML", "methods": ["given_formula"], "warnings": [],
            "n_rows_without_score": 0, "converged": True,
            "search": {"starts": 1, "evaluations": 30, "max_gradient": 1e-8, "smallest_curvature": 0.1, "notes": []},
            "sd_used": None}  # fmt: skip
    means = [{"arm": "", "wave": w, "estimate": 3.244 + 0.052 * w, "conf_low": 3.13 + 0.05 * w,
              "conf_high": 3.36 + 0.05 * w} for w in range(3)]  # fmt: skip
    fits = {
        "jobsat_time": base | {
            "entry": "jobsat_time", "outcome": "jobsat", "formula": plan.entries[0].formula, "n_obs": 1396,
            "n_groups": {"person": 495, "team:organisation": 40, "organisation": 16},
            "team_size": {"min": 3, "mean": 12.4, "max": 41}, "log_likelihood": -1722.291,
            "boundary": ["organisation (Intercept)"],
            "icc": {"person": 0.4534, "team:organisation": 0.0541, "organisation": 0.0}, "means": means},
        "wbeing_hrs": base | {
            "entry": "wbeing_hrs", "outcome": "wbeing", "formula": plan.entries[1].formula, "n_obs": 7382,
            "n_groups": {"team": 99}, "team_size": {"min": 15, "mean": 74.6, "max": 226}, "log_likelihood": -9600.1,
            "boundary": [], "icc": {"team": 0.0306}, "means": []},
    }  # fmt: skip
    answered = (
        ("soldiers", 0, 40, 473), ("soldiers", 1, 40, 476), ("soldiers", 2, 40, 472), ("groups", 0, 99, 7382),
    )  # fmt: skip
    flow = pd.DataFrame([
        {"source": "", "sample": sample, "wave": w, "level": level, "arm": "", "step": "answered", "reason": "",
         "count": n}
        for sample, w, teams, persons in answered
        for level, n in (("team", teams), ("person", persons))
    ])  # fmt: skip
    scales = [jobsat, wbeing, lead]
    table = reliability(scales, ("groups",))
    return with_answers({
        "study": study, "plan": plan, "scales": scales, "settings": SETTINGS, "fits": fits,
        "provenance": trial_provenance(),
        "tables": {
            "estimates": pd.DataFrame(rows, columns=list(COLUMNS)),
            "variance_components": pd.DataFrame([
                {"entry": e, "group": g, "term_1": None if g == "Residual" else "(Intercept)", "term_2": None,
                 "estimate": v, "sd_or_correlation": v**0.5, "boundary": b} for e, g, v, b in components
            ]),
            "flow": flow, "reliability": table[table["wave"] == 0], "descriptives": descriptives(study, scales),
            "items": items([lead]).assign(sample="groups"),
        },
    })  # fmt: skip


def drawings(made: dict, language: str) -> list:
    """All figures of an invented study in one language."""
    from dww_analysis.figures import draw_flow, draw_forest, draw_raincloud, draw_trajectories
    from dww_analysis.language.labels import Labels
    from dww_analysis.language.measure import Measure
    from dww_analysis.reports import Words, headline_rows, trajectory_inputs
    from dww_analysis.reports.headlines import with_answers as answered

    words, study, estimates = Words(language), made["study"], made["tables"]["estimates"]
    rows = answered(
        headline_rows(estimates, study, made["plan"], made["scales"], words), made["tables"]["answers"]
    )
    found = [draw_forest(rows, words=words), draw_flow(made["tables"]["flow"], study=study, words=words)]
    for row in rows.to_dict("records"):
        inputs = trajectory_inputs(row, estimates, made["fits"][row["entry"]], words)
        found.append(draw_trajectories(inputs, study=study, words=words, name=f"trajectories_{row['entry']}"))
    for scale in made["scales"]:
        measure = Measure(scale.id, words.say(scale.label), scale.score_range(), words.say(scale.unit))
        own = {"labels": Labels(study, [scale], words), "name": f"raincloud_{scale.id}"}
        found.append(draw_raincloud(scores(study, scale), measure, **own))
    return [d for d in found if d is not None]

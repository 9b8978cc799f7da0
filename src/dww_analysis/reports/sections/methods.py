"""The methods in words, generated from what was run: design, scoring, models, tests, reliability, rules, sources."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dww_analysis.domain.analyses import permutation_of, robust_by
from dww_analysis.domain.estimate import EXACT, truth
from dww_analysis.domain.formulas import Terms
from dww_analysis.domain.plan import CR2, EMPLOYED, PERMUTATION, Plan
from dww_analysis.domain.records import LEFT
from dww_analysis.domain.scales import Scale
from dww_analysis.domain.study import LEVELS, level_of
from dww_analysis.language import Words
from dww_analysis.language.labels import Labels
from dww_analysis.reports.citations import Citations, Reference, filled
from dww_analysis.reports.headlines import entry_name
from dww_analysis.reports.sections.fits import planned_formula
from dww_analysis.reports.sections.participants import counts_of, not_recognised
from dww_analysis.reports.sections.sensitivity import corrected_sentences, permuted_sentence

# Author, year, where; titles are left out, because several name effects in studies that measure none.
REFERENCES: dict[str, tuple[str, ...]] = {
    "reml": ("Patterson & Thompson (1971), Biometrika 58, 545-554",),
    "lmm": ("Bates, Mächler, Bolker & Walker (2015), Journal of Statistical Software 67(1), 1-48",),
    "team_by_wave": ("Hooper, Teerenstra, de Hoop & Eldridge (2016), Statistics in Medicine 35, 4718-4728",),
    "kenward_roger": ("Kenward & Roger (1997), Biometrics 53, 983-997",),
    "satterthwaite": ("Satterthwaite (1946), Biometrics Bulletin 2, 110-114",),
    "holm": ("Holm (1979), Scandinavian Journal of Statistics 6, 65-70",),
    "bh": ("Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300",),
    "alpha": (
        "Cronbach (1951), Psychometrika 16, 297-334",
        "Feldt (1965), Psychometrika 30, 357-370",
    ),
    "omega": ("McDonald (1999), Test theory: a unified treatment, Erlbaum",),
    "icc": ("Bliese (2000), in Klein & Kozlowski (eds.), Jossey-Bass, 349-381",),
    "rwg": ("James, Demaree & Wolf (1984), Journal of Applied Psychology 69, 85-98",),
    "smd": ("Austin (2009), Statistics in Medicine 28, 3083-3107",),
    "chen": ("Chen (2007), Structural Equation Modeling 14, 464-504",),
    "cheung": ("Cheung & Rensvold (2002), Structural Equation Modeling 9, 233-255",),
    "careless": ("Meade & Craig (2012), Psychological Methods 17, 437-455",),
    "stability": ("McGraw & Wong (1996), Psychological Methods 1, 30-46",),
    "robust": ("Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36, 672-683",),
    "unit_shares": ("Thompson, Leyrat, Fielding & Hayes (2022), BMC Medical Research Methodology 22, 222",),
    "standardised_shares": ("Zou (2009), Statistics in Medicine 28, 2846-2862",),
    "between_within": ("Li & Redden (2015), BMC Medical Research Methodology 15, 38",),
    "permutation": ("Gail, Mark, Carroll, Green & Pee (1996), Statistics in Medicine 15, 1069-1092",),
}

# Ids of methods that a sentence with the outcomes they hold for belongs to, in this order.
SAID_OF = (
    *("stepped_wedge", "ancova_baseline", "without_baseline", "free_baseline", "plain_difference"),
    *("unit_by_wave_is_residual", "persons_once", "least_squares", "precision_weights"),
    *("averaged_over_units", "decided_by_CR2", "decided_by_permutation", "hazard"),
    *("overdispersion", "counted_over"),
    *("change_between_waves", "change_since_start", "change_of_trend"),
)
OF_ANSWERS = ("without_baseline", "persons_once")  # not said of what personnel records tell
SHARES = (
    "standardised_shares",
    "unit_shares",
    "unit_shares_adjusted",
    "unit_shares_baseline",
    "no_odds_ratio",
    "logistic",
    "few_leavers",
)


@dataclass(frozen=True)
class Formula:
    """A model as it was entered, the outcomes that it is of, and their kind ("" where they have no scale)."""

    label: str
    formula: str
    kind: str


@dataclass(frozen=True)
class Passage:
    """A heading with its sentences, and formulas."""

    heading: str
    sentences: tuple[str, ...]
    formulas: tuple[Formula, ...] = ()


def methods_of(
    tables: Mapping[str, pd.DataFrame],
    fits: Mapping[str, Mapping[str, Any]],
    plan: Plan,
    labels: Labels,
    versions: Mapping[str, str],
) -> tuple[list[Passage], list[Reference]]:
    """The passages of the methods section, with citations in their sentences, and the list of what they cite.

    tables: after disclosure control, of which columns of methods (df_method, adjust_method, method) are read; fits:
    entry id -> its record; versions: package -> version, {} where they are not known. Passages of what was not done
    fall away.
    """
    cite = Citations(REFERENCES)
    passages = [
        Passage(labels.words("methods.design"), tuple(_design(labels, cite))),
        _model(fits, plan, labels, cite),
        Passage(
            labels.words("methods.testing"),
            (*_testing(tables["estimates"], plan, labels, cite), *_other_tests(tables, labels, cite)),
        ),
        Passage(
            labels.words("methods.reliability"), tuple(_reliability(tables.get("reliability"), labels, cite))
        ),
        Passage(labels.words("methods.checks"), tuple(_checks(tables, labels, cite))),
        Passage(labels.words("methods.rules"), tuple(_rules(tables, plan, labels, cite))),
    ]
    if versions:
        software = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
        passages.append(Passage(labels.words("methods.software"), (software + ".",)))
    return [p for p in passages if p.sentences or p.formulas], cite.listed()


def _design(labels: Labels, cite: Citations) -> list[str]:
    words, study = labels.words, labels.study
    sentences = []
    if study.allocation is not None:
        key = "design_lot" if study.by_lot else "design_given"
        sentences.append(labels.by_design(f"methods.{key}"))
    elif not study.arms:
        sentences.append(words.many("methods.design_waves", len(study.waves)))
        sentences += _began(labels)
    keyed = [s for s in labels.scales.values() if s.key is not None]
    if keyed:
        places = words.listing(f"[[{i}]]" for i in range(len(keyed)))
        named = [_scored_by(scale, cite, words) for scale in keyed]
        sentences.append(filled(words("methods.scoring", keys=places), named))
    delivered = [words.say(s.label) for s in labels.scales.values() if s.key is None and s.label]
    if delivered:
        sentences.append(words("methods.scoring_delivered", labels=words.listing(delivered)))
    return sentences


def _began(labels: Labels) -> list[str]:
    """When the change began that waves are looked at for, where the study says so: a date, or a wave."""
    start = labels.study.start
    if not start:
        return []
    if start.isdecimal():
        return [labels.words("methods.design_start_wave", wave=labels.wave(int(start)))]
    return [labels.words("methods.design_start_date", date=labels.words.date(start))]


def _scored_by(scale: Scale, cite: Citations, words: Words) -> list[str]:
    """A scale with its scoring key, and whose that is."""
    assert scale.key is not None
    key, label = scale.key, words.say(scale.label)
    found = Reference(key.reference, f"key-{key.id}", words("methods.source"))
    named = f"{label} ({key.id} {key.version}"
    return [f"{named}; ", cite.once(found), ")"] if key.reference else [f"{named})"]


def _named(entries: list[str], run: Mapping[str, Any], names: Mapping[str, str], words: Words) -> str:
    """The outcomes of entries, or that it is all of those that have a model."""
    every = 1 < len(entries) == len(run)
    return words("methods.all_outcomes") if every else words.listing(dict.fromkeys(names[i] for i in entries))


def _model(fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels, cite: Citations) -> Passage:
    words = labels.words
    run = {e.id: fits[e.id] for e in plan.entries if e.id in fits and "formula" in fits[e.id]}
    names = {e.id: entry_name(e.id, plan, labels) for e in plan.entries}
    having = {m: [names[i] for i, f in run.items() if m in f.get("methods", ())] for m in
              ("constrained_baseline", "organisation_fixed", "organisation_random", "given_formula")}  # fmt: skip
    sentences = []
    shared = words.listing(dict.fromkeys(having["constrained_baseline"]))
    if shared and any("ancova_baseline" in f.get("methods", ()) for f in run.values()):
        sentences.append(words("methods.constrained_baseline_of", labels=shared))
    elif shared:
        sentences.append(words("methods.constrained_baseline"))
    recorded = [e.id for e in plan.entries if labels.of_records(e.outcome)]
    for method in SAID_OF:
        touched = [i for i, f in run.items() if method in f.get("methods", ())]
        touched = [i for i in touched if method not in OF_ANSWERS or i not in recorded]
        if touched:
            sentences.append(words(f"methods.{method}", labels=_named(touched, run, names, words)))
    left = [e.id for e in plan.entries if e.id in recorded and e.outcome == LEFT and e.id in run]
    if left:
        sentences.append(words("methods.left", labels=words.listing(dict.fromkeys(names[i] for i in left))))
    lots = [
        permuted_sentence({**f["lot"], "conf_level": plan.conf_level}, labels)
        for f in run.values()
        if "lot" in f
    ]
    sentences += [*dict.fromkeys(lots), *corrected_sentences(fits, plan, labels)]
    sentences += _shares(fits, plan, labels, cite)
    by_wave = [words.level_names(level) for level in _levels_by_wave(f["formula"] for f in run.values())]
    if by_wave:
        sentences.append(cite(words("methods.team_by_wave", units=words.listing(by_wave)), "team_by_wave"))
    lacking = without_team_by_wave(fits, plan, labels)
    if lacking:
        sentences.append(words("methods.without_team_by_wave", labels=words.listing(lacking)))
    if having["organisation_fixed"]:
        sentences.append(words("methods.organisation_fixed", n=plan.organisations_fixed_below))
    if having["organisation_random"]:
        sentences.append(words("methods.organisation_random"))
    if having["given_formula"]:
        given = words.listing(dict.fromkeys(having["given_formula"]))
        sentences.append(words("methods.given_formula", labels=given))
    if any(f.get("estimation") == "REML" for f in run.values()):
        sentences.append(cite(words("methods.estimation_reml"), "reml", "lmm"))
    laplace = [i for i, f in run.items() if "Laplace" in str(f.get("estimation"))]
    if laplace:
        sentences.append(words("methods.estimation_laplace", labels=_named(laplace, run, names, words)))
    return Passage(words("methods.model"), tuple(sentences), tuple(_formulas(run, plan, labels)))


def _formulas(run: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels) -> Iterator[Formula]:
    """The formulas of these fits, once for all outcomes of a kind that have the same one."""
    found: dict[tuple[str, str], list[str]] = {}
    for entry in (e for e in plan.entries if e.id in run):
        scale = labels.scale_of(entry.outcome)
        kind: str = scale.measure if scale is not None else ""
        found.setdefault((planned_formula(run[entry.id]), kind), []).append(
            entry_name(entry.id, plan, labels)
        )
    for (formula, kind), outcomes in found.items():
        yield Formula(labels.words.listing(dict.fromkeys(outcomes)), formula, kind)


def _levels_by_wave(formulas: Iterable[str]) -> list[str]:
    """Levels above persons that have a term by wave in any of the formulas, from the outside in."""
    groups = {level_of(":".join(level)) for one in formulas for level in Terms.read(one).levels}
    return [level for level in LEVELS[:-1] if f"{level}:wave" in groups]


def _shares(fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels, cite: Citations) -> list[str]:
    """How differences of shares were found, and of which outcomes there is no odds ratio."""
    words, unit = labels.words, labels.study.unit
    found = []
    for method in SHARES:
        having = [
            labels.outcome(e.outcome) for e in plan.entries if method in fits.get(e.id, {}).get("methods", ())
        ]
        if having:
            names = words.listing(dict.fromkeys(having))
            of_waves = not labels.study.has_arms and words.has(f"methods.{method}_waves")
            key = f"methods.{method}_waves" if of_waves else f"methods.{method}"
            said = words(key, labels=names, units=words.level_names(unit))
            found.append(cite(said, *_known(method)))
    return found


def _known(*names: str) -> list[str]:
    """Those of these names that have references."""
    return [name for name in names if name in REFERENCES]


def without_team_by_wave(fits: Mapping[str, Mapping[str, Any]], plan: Plan, labels: Labels) -> list[str]:
    """Labels of the outcomes whose model lacks the unit of allocation by wave, once each. fits: entry id -> its
    record, whose `methods` are read."""
    lacking = [
        labels.outcome(e.outcome)
        for e in plan.entries
        if "without_unit_by_wave" in fits.get(e.id, {}).get("methods", ())
    ]
    return list(dict.fromkeys(lacking))


def _testing(estimates: pd.DataFrame, plan: Plan, labels: Labels, cite: Citations) -> list[str]:
    words = labels.words
    found = {str(m).lower() for m in estimates["df_method"].dropna()}
    sentences = []
    for name in ("kenward_roger", "satterthwaite"):
        if any(name.split("_")[0] in m for m in found):
            sentences.append(cite(words(f"methods.{name}"), name))
    if "between-within" in found:
        sentences.append(cite(words("methods.between_within"), "between_within"))
    if any(m in ("asymptotic", "normal", "wald", "z", "none") for m in found):
        sentences.append(words("methods.asymptotic"))
    if EXACT in found:
        sentences.append(words("methods.exact"))
    for family in plan.families.values():
        if any(e.family == family.id for e in plan.entries):
            key = family.adjust.lower()
            sentences.append(cite(words(f"methods.{key}", family=words.say(family.label)), *_known(key)))
    sentences.append(words("methods.p_interval"))
    if estimates["standardised"].map(truth).any():
        what = words("results.sd_arms" if labels.study.arms else "results.sd_waves")
        sentences.append(words("methods.standardised", what=what))
    return sentences


def _reliability(reliability: pd.DataFrame | None, labels: Labels, cite: Citations) -> list[str]:
    words = labels.words
    if reliability is None or reliability.empty:
        return []
    sentences = []
    for name, column in (("alpha", "alpha"), ("omega", "omega"), ("icc", "icc1"), ("rwg", "rwgj_median")):
        if column not in reliability or reliability[column].isna().all():
            continue
        blanks = {}
        if name == "omega":
            ways = sorted(w for w in reliability["omega_method"].dropna().astype(str).unique() if w)
            blanks["methods"] = "; ".join(words.omega_method(w) for w in ways)
        sentences.append(cite(words(f"methods.{name}", **blanks), name))
    return sentences


def _other_tests(tables: Mapping[str, pd.DataFrame], labels: Labels, cite: Citations) -> list[str]:
    """How CR2 and permutation test, where they were made, beside the model's own test or in its place."""
    sensitivity, unit = tables.get("sensitivity"), labels.study.unit
    said = {*tables["estimates"]["df_method"].dropna()}
    if sensitivity is not None:
        said |= {*sensitivity.loc[sensitivity["remark"] != "failed", "analysis"]}
    marks = {"robust": {robust_by(unit), CR2}, "permutation": {permutation_of(unit), PERMUTATION}}
    return [
        cite(" ".join(labels.words(f"methods.check.{part}") for part in _of_scheme(name, labels)), name)
        for name, analyses in marks.items()
        if analyses & said
    ]


def _checks(tables: Mapping[str, pd.DataFrame], labels: Labels, cite: Citations) -> list[str]:
    """How measurement and care were checked, for the checks that were made."""
    made, invariance = {}, tables.get("invariance")
    if invariance is not None and (invariance["verdict"] != "not tested").any():
        rules = " ".join(invariance["cutoffs"].dropna().astype(str).unique()).lower()
        made["invariance"] = [name for name in ("chen", "cheung") if name in rules]
    made |= {n: [n] for n in ("stability", "careless") if _filled(tables.get(n))}
    return [cite(labels.words(f"methods.check.{name}"), *sources) for name, sources in made.items()]


def _of_scheme(check: str, labels: Labels) -> list[str]:
    """The name of a check; of permutation by what the lot could have given, where that is not the usual, and that each
    start leaves out answers of its own."""
    allocation = labels.study.allocation
    if check != "permutation" or allocation is None:
        return [check]
    transition = ["permutation_transition"] if labels.study.transition_waves else []
    if allocation.listed:
        return ["permutation_listed", *transition]
    if allocation.counts == "any":
        return ["permutation_any", *transition]
    return ["permutation_starts" if labels.study.starts else check, *transition]


def _filled(table: pd.DataFrame | None) -> bool:
    return table is not None and not table.empty


def _counted(plan: Plan, labels: Labels) -> list[str]:
    """Whose answers count: of everybody who answered once, less what the plan or the design leaves out."""
    words, study, several = labels.words, labels.study, len(labels.study.waves) > 1
    less = {
        "baseline_members": [e for e in plan.entries if e.population == "baseline_members"],
        "employed": [e for e in plan.entries if e.population == EMPLOYED],
        "covariates": [e for e in plan.entries if e.covariates or e.formula is not None],
    }
    sentences = (
        [words("methods.everyone")]
        if several and len(less["baseline_members"]) + len(less["employed"]) < len(plan.entries)
        else []
    )
    for key, entries in less.items():
        if entries:
            names = words.listing(dict.fromkeys(labels.outcome(e.outcome) for e in entries))
            sentences.append(words(f"methods.counted_{key}", labels=names))
    if study.transition_waves:
        sentences.append(words("methods.counted_transition"))
    return [*sentences, words("methods.missing")] if several else sentences


def _rules(tables: Mapping[str, pd.DataFrame], plan: Plan, labels: Labels, cite: Citations) -> list[str]:
    words, study = labels.words, labels.study
    sentences = _counted(plan, labels)
    if study.arms:
        if not not_recognised(counts_of(tables.get("flow"))):
            key = "methods.movers_allocated" if study.unit == "person" else "methods.movers"
            sentences.append(labels.by_teams(key))
        baseline = tables.get("baseline")
        if baseline is not None and "smd" in baseline and baseline["smd"].notna().any():
            sentences.append(cite(words("methods.smd"), "smd"))
    sentences.append(words("methods.disclosure", minimum=study.min_cell_size))
    sentences.append(words("methods.rounding"))
    return sentences

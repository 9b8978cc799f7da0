"""`dww simulate example`: the raw files of the invented example study, byte for byte the same from the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dww_analysis.simulate.acting import ACTING
from dww_analysis.simulate.acting_files import ACTING_FILES, write_acting
from dww_analysis.simulate.answers import draw_answers
from dww_analysis.simulate.cycles import write_actions, write_counts, write_interpretations
from dww_analysis.simulate.deliveries import write_allocation, write_wave0, write_wave1, write_wave2
from dww_analysis.simulate.exposure import draw_contracts, draw_diary, draw_events
from dww_analysis.simulate.exposure_files import write_diary, write_events, write_hr
from dww_analysis.simulate.mess import deliver
from dww_analysis.simulate.network_files import NETWORK_FILES, write_networks
from dww_analysis.simulate.networks import NETWORKS
from dww_analysis.simulate.people import build_cohort
from dww_analysis.simulate.session_files import SESSION_FILES, write_sessions
from dww_analysis.simulate.sessions import PRACTICE
from dww_analysis.simulate.truth import EXAMPLE, EXAMPLE_SEED

FILES = (
    *("wave0.sav", "wave1_qualtrics.csv", "wave2_limesurvey.csv", "allocation.xlsx"),
    *("diary.csv", "app_events.jsonl", "hr.csv"),
    *("duiden.csv", "afspraken.xlsx", "tellingen.csv"),
    *SESSION_FILES,
    *NETWORK_FILES,
    *ACTING_FILES,
)
_EXPOSURE = 71  # names the random streams of learning at work, apart from those of the answers
_SESSIONS, _NETWORKS = 72, 73  # and those of the sessions and of the networks
_CYCLES = 74  # and those of what teams wrote back
_ACTING = 75  # and those of told ways of acting


def simulate_example(seed: int = EXAMPLE_SEED, out_dir: Path | str = ".") -> tuple[Path, ...]:
    """Write the raw files of the example study into `out_dir` and give their paths, in the order of `FILES`.

    The truth behind them is `simulate.truth.EXAMPLE`. Each part of the story has a random stream of its own, so that
    changing one (say, how items are skipped) leaves the others as they were.
    """
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    people, latent, *waves, tools = np.random.default_rng(seed).spawn(EXAMPLE.waves + 3)
    cohort = build_cohort(EXAMPLE, people)
    answers = draw_answers(EXAMPLE, cohort, latent)
    rows = [deliver(EXAMPLE, cohort, answers, wave, stream) for wave, stream in enumerate(waves)]
    paths = tuple(folder / name for name in FILES)
    write_wave0(rows[0], paths[0])
    write_wave1(rows[1], paths[1], tools)
    write_wave2(rows[2], paths[2], tools)
    write_allocation(cohort.teams, paths[3])
    diary, app, hr = np.random.default_rng([seed, _EXPOSURE]).spawn(3)
    write_diary(draw_diary(cohort, diary), paths[4], diary)
    write_events(draw_events(cohort, app), paths[5], app)
    write_hr(draw_contracts(cohort, hr), paths[6], hr)
    said, agreed, counted = np.random.default_rng([seed, _CYCLES]).spawn(3)
    write_interpretations(paths[7], said)
    write_actions(paths[8], agreed)
    write_counts(paths[9], counted)
    write_sessions(PRACTICE, folder, np.random.default_rng([seed, _SESSIONS]))
    write_networks(NETWORKS, folder, np.random.default_rng([seed, _NETWORKS]))
    write_acting(ACTING, folder, np.random.default_rng([seed, _ACTING]))
    return paths

"""Small jobs hold the texts of tables as Python's own; what they save and read back is the same either way."""

import pandas as pd

from dww_analysis import storage
from dww_analysis.stages.texts import LARGE, texts_held


def test_a_table_reads_back_the_same_whoever_holds_its_texts(tmp_path):
    made = pd.DataFrame({"team": ["north", None, "=sum"], "score": [1.5, None, 2.0]})
    made["team"] = made["team"].astype("str")
    for suffix in ("parquet", "csv"):
        plain = storage.load_frame(storage.save_frame(made, tmp_path / f"plain.{suffix}"))
        with texts_held([]):
            own = made.astype({"team": "str"})
            storage.save_frame(own, tmp_path / f"own.{suffix}")
        pd.testing.assert_frame_equal(storage.load_frame(tmp_path / f"own.{suffix}"), plain)
    with texts_held([]):
        assert storage.load_frame(tmp_path / "plain.parquet")["team"].dtype.storage == "python"


def test_the_setting_ends_with_the_job():
    before = pd.get_option("mode.string_storage")
    with texts_held([]):
        assert pd.get_option("mode.string_storage") == "python"
    assert pd.get_option("mode.string_storage") == before


def test_jobs_that_read_much_leave_texts_to_pandas(tmp_path):
    large, absent = tmp_path / "large.csv", tmp_path / "absent.csv"
    large.write_bytes(bytes(LARGE))
    before = pd.get_option("mode.string_storage")
    for read, held in (([large], before), ([absent], "python"), ([large, absent], before)):
        with texts_held(read):
            assert pd.get_option("mode.string_storage") == held

"""The options that sources.yaml knows are those of the readers."""

from dww_analysis.config.options import OptionsConfig
from dww_analysis.storage import formats


def test_the_options_of_the_configuration_are_those_of_the_readers():
    readers = {name for options in formats()["options"] for name in options.split(", ") if name}
    assert readers == set(OptionsConfig.model_fields)

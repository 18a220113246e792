"""What `./pc test fuzz` tells pytest."""

import pytest

from local.errors import LocalError
from local.fuzz import fuzz


def test_arguments_go_on_and_examples_go_to_the_environment() -> None:
    arguments, environment = fuzz(["-k", "users", "--examples", "40", "-x"])
    assert arguments[2:] == ["tests/fuzz", "-k", "users", "-x"]
    assert environment == {"FUZZ_EXAMPLES": "40"}
    assert fuzz([])[1] == {}


@pytest.mark.parametrize("given", [["--examples"], ["--examples", "many"], ["--examples", "0"]])
def test_a_number_of_examples_is_asked_for(given: list[str]) -> None:
    with pytest.raises(LocalError):
        fuzz(given)

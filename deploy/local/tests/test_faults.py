"""What `./pc test faults` tells pytest."""

import pytest

from local.errors import LocalError
from local.faults import faults


def test_all_faults_once_or_several_times(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert faults([]) == (["-n", "0", "tests/faults"], {"FAULTS": "all", "FAULTS_TIMES": "1"})
    assert faults(["-k", "kills", "--times", "10", "-x"]) == (
        ["-n", "2", "tests/faults", "-k", "kills", "-x"],
        {"FAULTS": "all", "FAULTS_TIMES": "10"},
    )


@pytest.mark.parametrize("given", [["--times"], ["--times", "often"], ["--times", "0"]])
def test_a_number_of_times_is_wanted(given):
    with pytest.raises(LocalError, match="number"):
        faults(given)

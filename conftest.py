"""Loaded before every test folder.

pytest names a test module after its folders, and would take the folder `gateway` for the package of that name; once the
package itself is there, it does not.
"""

import os
import sys

from hypothesis import HealthCheck, settings

import gateway
from local.bootstrap import load

__all__ = ["gateway"]

# For this process, whatever it was started with, and for all those that tests start.
load("pc_environment").keep_bytecode()
sys.dont_write_bytecode = False
sys.pycache_prefix = os.environ.get("PYTHONPYCACHEPREFIX", sys.pycache_prefix)

# As Hypothesis does by itself in CI: how long an example takes says how busy the machine is, and no more.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() == "default":
    settings.load_profile("unhurried")

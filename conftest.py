"""Loaded before every test folder.

pytest names a test module after its folders, and would take the folder `gateway` for the package of that name; once the
package itself is there, it does not.
"""

import gateway

__all__ = ["gateway"]

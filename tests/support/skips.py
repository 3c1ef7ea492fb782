"""What a test does when it cannot run here.

A machine may forbid something (namespaces, mounts): the test is skipped and says why, in a line `skipped: ...` that
`scripts/show_skips.sh` collects. A tool that scripts/install_packages.sh installs for the tests is another matter: in CI,
where CALLBOARD_CI=1, a test that misses one fails, so that no test is quietly left out.
"""
import os
import shutil
import sys

SKIPPED = 77  # ctest: SKIP_RETURN_CODE


def tools_must_be_there():
    return os.environ.get("CALLBOARD_CI") == "1"


def leave(why):
    """Ends a script: it cannot run on this machine."""
    print(f"skipped: {why}", flush=True)
    sys.exit(SKIPPED)


def missing(what, package):
    """A sentence about a tool that is not there; raises AssertionError in CI."""
    why = f"{what} is not installed (Debian: {package})"
    if tools_must_be_there():
        raise AssertionError(f"{why}; `scripts/install_packages.sh test` installs it, and CALLBOARD_CI=1 forbids to skip for it")
    return why


def need(programs):
    """Leaves, or in CI fails, unless every program is there; `programs` is program -> Debian package."""
    for program, package in programs.items():
        if not shutil.which(program):
            leave(missing(program, package))

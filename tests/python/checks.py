"""Runs the `test_` functions of a script and says which failed.

Scripts are started with `NAME=HOST:PORT` for each model that is served; every one is version 1.
"""

import sys
import traceback

MODELS = dict(argument.split("=", 1) for argument in sys.argv[1:])


def main(names):
    tests = {name: test for name, test in names.items() if name.startswith("test_")}
    assert tests, "the script has no tests"
    failed = []
    for name, test in tests.items():
        try:
            test()
        except BaseException:
            failed.append(name)
            print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr)
    print(f"{len(tests)} tests, {len(failed)} failed", file=sys.stderr)
    sys.exit(1 if failed else 0)

"""Runs measurements by name, or all of them: python bench/run.py [ROW…]"""

import importlib
import sys

import common

MODULES = ("chunk", "learn", "memory", "store")


def rows():
    found = {}
    for name in MODULES:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as e:
            if e.name != name:
                raise
            continue
        found |= module.ROWS
    return found


def main():
    all_rows = rows()
    unknown = [n for n in sys.argv[1:] if n not in all_rows]
    if unknown:
        sys.exit(f"no row {', '.join(unknown)}; have {', '.join(all_rows)}")
    common.build()
    for name in sys.argv[1:] or all_rows:
        all_rows[name]()


if __name__ == "__main__":
    main()

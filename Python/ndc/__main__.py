"""The program itself: python -m ndc, or `ndc` where the wheel is installed."""
import os
import sys

from ._program import program


def main() -> None:
    path = program()
    os.execv(path, [path, *sys.argv[1:]])


if __name__ == "__main__":
    main()

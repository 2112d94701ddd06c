"""Puts the folder of the shared networks on Python's path; import it before `networks`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "Serving"))

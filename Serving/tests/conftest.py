import os
import sys
from pathlib import Path

import pytest

SERVING = Path(__file__).resolve().parent.parent
REPOSITORY = SERVING.parent
sys.path.insert(0, str(SERVING))
os.environ.setdefault("OMP_NUM_THREADS", "1")

FIXTURES = REPOSITORY / "Tests" / "UNetsTests" / "Fixtures"


@pytest.fixture
def fixture():
    """The path of one of the committed tiny networks."""
    return lambda name: FIXTURES / name

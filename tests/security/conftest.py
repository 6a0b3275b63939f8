"""What tests of safety get: the corpus of hostile files where its generator is there."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

MAKER = Path("/work/shared/badinput/make_corpus.py")


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Make the corpus and return its folder with the entries of its manifest; skip where it cannot be made."""
    if not MAKER.is_file():
        pytest.skip("the maker of hostile files is not here")
    folder = tmp_path_factory.mktemp("corpus")
    done = subprocess.run([sys.executable, str(MAKER), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"the corpus could not be made: {done.stderr[-500:]}")
    return folder, json.loads((folder / "manifest.json").read_text())["entries"]

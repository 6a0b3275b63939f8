"""The set-up scripts, tried in a made-up checkout with a made-up Python, uv and apt; and the files they read."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
REQUIREMENTS = sorted((ROOT / "installers").glob("requirements*.txt"))
SCRIPTS = sorted((ROOT / "installers").glob("*.sh"))
TOOLS = (
    "bash",
    "dirname",
    "uname",
    "cat",
    "cut",
    "sed",
    "grep",
    "awk",
    "df",
    "cksum",
    "rm",
    "date",
    "id",
    "env",
    "ldd",
)
with_bash = pytest.mark.skipif(os.name == "nt", reason="Windows has the .ps1 scripts")


class Checkout:
    """A copy of the installers beside an environment whose programs write down how they were called."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls, self.bin = folder, folder.parent / "calls.txt", folder.parent / "bin"
        shutil.copytree(ROOT / "installers", folder / "installers")
        shutil.copy(ROOT / "pyproject.toml", folder)
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        self.program(self.bin / "sleep", "exit 0")
        wanted = re.findall(r"^uv==(\S+)", (ROOT / "installers/requirements-uv.txt").read_text(), re.M)
        self.program(".venv/bin/python", f'PYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"')
        self.program(".venv/bin/uv", f'[ "$1" = --version ] && echo "uv {wanted[0]}" || echo uv "$@" >>"{self.calls}"')
        self.program(".venv/bin/biofm", f'echo biofm "$@" >>"{self.calls}"; pwd >>"{self.calls}"')

    def program(self, path: Path | str, text: str) -> None:
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{text}\n")
        path.chmod(0o755)

    def run(
        self, script: str, *words: str, cwd: Path | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        names = ("HOME", "BIOFM_CONFIG_DIR", "BIOFM_CACHE_DIR", "BIOFM_PROJECTS_DIR")
        kept = {name: os.environ[name] for name in names if name in os.environ}
        return subprocess.run(
            [str(self.bin / "bash"), str(self.folder / "installers" / script), *words],
            cwd=cwd or self.folder.parent,
            env={"PATH": str(self.bin), **kept, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def called(self) -> str:
        text = self.calls.read_text() if self.calls.exists() else ""
        self.calls.unlink(missing_ok=True)
        return text


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "a folder with spaces")


@with_bash
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_valid_and_strict(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert script.name == "common.sh" or "\nset -euo pipefail\n" in script.read_text()


@with_bash
def test_set_up_installs_only_by_hash_and_then_the_program(checkout: Checkout) -> None:
    done = checkout.run("setup.sh")
    assert done.returncode == 0, done.stderr
    packages, program = checkout.called().splitlines()
    assert "--require-hashes" in packages
    assert packages.endswith("-r installers/requirements.txt")
    assert program.endswith("--no-deps --no-build-isolation --offline --quiet -e .")


@with_bash
def test_set_up_does_nothing_the_second_time_and_notices_a_change(checkout: Checkout) -> None:
    checkout.run("setup.sh")
    checkout.called()
    assert checkout.run("setup.sh").returncode == 0
    assert checkout.called() == ""
    with (checkout.folder / "installers/requirements.txt").open("a") as file:
        file.write("# changed\n")
    checkout.run("setup.sh")
    assert "-e ." in checkout.called()


@with_bash
def test_developers_packages_stay_once_they_are_there(checkout: Checkout) -> None:
    checkout.run("setup.sh", "--dev")
    assert "requirements-dev.txt" in checkout.called()
    checkout.run("setup.sh")
    assert checkout.called() == ""


@with_bash
def test_a_failed_download_is_tried_three_times_and_leaves_no_stamp(checkout: Checkout) -> None:
    uv = checkout.folder / ".venv/bin/uv"
    uv.write_text(uv.read_text() + '[ "$1" = --version ]\n')
    done = checkout.run("setup.sh")
    assert done.returncode == 1
    assert checkout.called().count("requirements.txt") == 3
    assert "run the same command again to go on" in done.stderr
    assert not (checkout.folder / ".venv/.set-up").exists()


@with_bash
def test_without_a_fitting_python_set_up_says_which_it_needs(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    checkout.program(checkout.bin / "python3", "exit 1")
    done = checkout.run("setup.sh")
    assert done.returncode == 1
    assert "3.11, 3.12 or 3.13" in done.stderr
    assert "BIOFM_PYTHON=" in done.stderr


@with_bash
def test_without_the_venv_part_of_python_set_up_names_the_command(checkout: Checkout) -> None:
    shutil.rmtree(checkout.folder / ".venv")
    lame = f'case "$*" in *ensurepip*) exit 1 ;; esac; exec "{sys.executable}" "$@"'
    checkout.program(checkout.bin / "python3", lame)
    checkout.program(checkout.bin / "apt-get", "exit 100")
    done = checkout.run("setup.sh")
    version = "{}.{}".format(*sys.version_info)
    assert done.returncode == 1
    assert f"sudo apt-get install python{version}-venv" in done.stderr


@with_bash
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lacks libraries of the system")
def test_missing_system_libraries_come_by_apt_or_by_a_command_to_type(checkout: Checkout) -> None:
    checkout.program(".venv/bin/python", "echo libEGL.so.1")
    checkout.program(checkout.bin / "id", "echo 1000")
    checkout.program(checkout.bin / "apt-get", f'echo apt-get "$@" >>"{checkout.calls}"')
    told = checkout.run("system_libraries.sh")
    assert told.returncode == 1
    assert "libEGL.so.1" in told.stderr
    assert re.search(r"sudo apt-get install --no-install-recommends .*libegl1", told.stderr)
    assert checkout.called() == ""
    checkout.program(checkout.bin / "id", "echo 0")
    checkout.run("system_libraries.sh", "--screen")
    assert re.search(r"install .*libegl1 .*xvfb", checkout.called())


@with_bash
@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
def test_run_does_the_samples_job_where_there_is_no_screen(checkout: Checkout) -> None:
    done = checkout.run("run.sh")
    assert done.returncode == 0, done.stderr
    calls = checkout.called()
    assert "biofm train semantic-segmentation" in calls
    assert "biofm predict" in calls
    assert f"The results are in: {os.environ['BIOFM_PROJECTS_DIR']}" in done.stdout


@with_bash
def test_run_opens_what_is_named_as_seen_from_where_it_was_called(checkout: Checkout, tmp_path: Path) -> None:
    assert checkout.run("run.sh", "my pictures", cwd=tmp_path).returncode == 0
    assert checkout.called().splitlines()[-2:] == ["biofm my pictures", str(tmp_path)]


@with_bash
def test_a_failing_check_ends_the_tests_with_its_status(checkout: Checkout) -> None:
    checkout.program(".venv/bin/ruff", "exit 7")
    checkout.program(checkout.bin / "Xvfb", "")
    checkout.program(checkout.bin / "xauth", "")
    done = checkout.run("test.sh")
    assert done.returncode == 7
    assert "This check failed (status 7)" in done.stderr


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda path: path.name)
def test_every_requirement_has_a_version_and_a_hash_and_no_address(file: Path) -> None:
    blocks = [
        block.split() for block in file.read_text().replace("\\\n", " ").splitlines() if not block.startswith("#")
    ]
    assert blocks
    for words in blocks:
        assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[\w.+!]+", words[0]), words[0]
        assert re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", words[-1]), words[0]
    assert "://" not in file.read_text()


def test_the_pinned_files_cover_what_pyproject_asks_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    core, dev = (pinned(f"installers/requirements{part}.txt") for part in ("", "-dev"))
    for wanted in settings["project"]["dependencies"]:
        assert name_of(wanted) in core
    for wanted in settings["dependency-groups"]["dev"]:
        assert name_of(wanted) in dev
    assert {"hatchling", "editables"} <= set(core)
    assert {name: dev[name] for name in core} == core


def name_of(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower()


def pinned(file: str) -> dict[str, set[str]]:
    """Return the versions of each package, of which Pythons may need different ones."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / file).read_text(), re.M):
        versions.setdefault(name, set()).add(version)
    return versions


def test_the_sample_project_is_what_its_script_draws(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "installers/make_sample_project.py"), str(tmp_path)], check=True)
    kept = ROOT / "resources/sample_project"
    names = sorted(p.relative_to(kept) for p in kept.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file())
    for name in names:
        if name.suffix == ".png":  # processors round differently in the last place
            a, b = (np.asarray(Image.open(folder / name), int) for folder in (kept, tmp_path))
            assert np.abs(a - b).max() <= (0 if "labels" in name.parts else 2)
        else:
            assert (kept / name).read_bytes() == (tmp_path / name).read_bytes()


def test_the_sample_project_is_small() -> None:
    sizes = [p.stat().st_size for p in (ROOT / "resources/sample_project").rglob("*") if p.is_file()]
    assert sum(sizes) < 1_500_000


def test_the_wheel_holds_the_program_and_its_resources(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    target = tmp_path / "installed"
    shutil.unpack_archive(wheel, target, "zip")
    code = (
        "from biofm_desktop.paths import resources_dir as r; print((r() / 'sample_project/plasmid.gb').is_file(), r())"
    )
    seen = subprocess.run([sys.executable, "-c", code], cwd=target, capture_output=True, text=True, check=True).stdout
    assert seen.startswith("True")
    assert "_resources" in seen

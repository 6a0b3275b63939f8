"""Tries scenarios with one write failing, each in processes of their own; judges what is left on the disk.

``python -m tests.faults.trying ROOM`` answers lines ``[scenario]`` (its points) and ``[scenario, number, mode]`` (what
is wrong; empty: nothing). It starts no thread, so that it can fork safely.
"""

import errno
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from biofm_desktop.engine.faults import Fault
from biofm_desktop.engine.files import at_points
from tests.faults.scenario import Items, Scenario

#: By name: what happens at a write point.
ERRORS = {"full": errno.ENOSPC, "forbidden": errno.EACCES, "broken": errno.EIO}
#: ``short`` writes a part and reports an error, ``torn`` writes a part and ends the process, ``kill`` ends it.
MODES = (*ERRORS, "short", "kill", "torn")
#: Points at which bytes are on their way, so that a part of them can be written.
_SHORT = ("write", "sync", "append", "journal", "fold", "begin", "sign", "copy")
_TORN = ("sync", "append", "journal", "sign")
_KILLED = 9
_SECONDS = 60


def modes(point: str) -> list[str]:
    """Return what can happen at a point."""
    kind = point.split(".")[1]
    return [m for m in MODES if (m != "short" or kind in _SHORT) and (m != "torn" or kind in _TORN)]


def being_written(path: Path) -> Path:
    """Return the file that is written aside for this one, or itself."""
    return next(path.parent.glob(f".*.part.{path.name}"), path)


def cut(path: Path) -> None:
    """Leave half of a file, of a log half of its last line."""
    data = path.read_bytes()
    start = data[:-1].rfind(b"\n") + 1 if path.suffix in (".jsonl", ".log") else 0
    os.truncate(path, start + (len(data) - start) // 2)


class Failing:
    """What acts at the write points: notes them, and lets number ``number`` fail."""

    def __init__(self, number: int = -1, mode: str = "", sizes: dict[str, int] | None = None) -> None:
        self.number, self.mode = number, mode
        self.points: list[str] = []
        self.sizes: dict[str, int] = sizes or {}
        self.met = False

    def __call__(self, point: str, path: Path) -> None:
        """Pass a point."""
        if self.met:
            limit(None)
        here, kind = len(self.points), point.split(".")[1]
        self.points.append(point)
        if self.number < 0 and kind == "sync":
            self.sizes[str(path)] = being_written(path).stat().st_size
        if here == self.number:
            self.met = True
            self._fail(kind, path)

    def _fail(self, kind: str, path: Path) -> None:
        if self.mode in ERRORS:
            raise OSError(ERRORS[self.mode], os.strerror(ERRORS[self.mode]))
        if self.mode == "kill":
            os._exit(_KILLED)
        wal = path.with_name(f"{path.name}-wal")
        if self.mode == "torn" and kind == "journal":
            with wal.open("ab") as file:
                file.write(b"\x7f" * 1000)
        elif kind in ("sync", "append", "sign"):
            cut(being_written(path))
        else:  # the system itself ends the write in the middle
            size = {"journal": wal.stat().st_size + 100 if wal.exists() else 100, "begin": 100, "copy": 10}
            size["fold"] = path.stat().st_size // 2 if path.exists() else 100
            limit(size.get(kind, self.sizes.get(str(path), 0) // 2))
            return
        if self.mode == "torn":
            os._exit(_KILLED)
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def limit(size: int | None) -> None:
    """Let the system refuse to make a file longer than this; None: no limit."""
    resource.setrlimit(
        resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY if size is None else size, resource.RLIM_INFINITY)
    )


def apart(work: Callable[[], Any]) -> Any:
    """Return what the work gives in a forked process; None where that was killed; raise what it raises."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(_SECONDS)
            os.close(ours)
            try:
                said = {"is": work()}
            except BaseException:  # noqa: BLE001 - whatever it is, it is told
                said = {"raised": traceback.format_exc()[-1500:]}
            limit(None)
            with os.fdopen(theirs, "w") as pipe:
                json.dump(said, pipe)
            code = 0
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        text = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == _KILLED:
        return None
    if code or not text:
        raise RuntimeError(f"the process ended with {code}")
    said = json.loads(text)
    if "raised" in said:
        raise RuntimeError(said["raised"])
    return said["is"]


class Trial:
    """One scenario with its old state; what its new one is, is found by a run without faults."""

    def __init__(self, scenario: Scenario, room: Path) -> None:
        self.scenario, self.case, self._old = scenario, room / "case", room / "old" / scenario.name
        for name in scenario.imports:  # here, once; what forks off has it
            importlib.import_module(name)
        gc.collect()
        gc.freeze()
        self._case_of_nothing()
        apart(lambda: scenario.prepare(self.case))
        shutil.copytree(self.case, self._old, symlinks=True)
        self.old: Items = apart(lambda: scenario.read(self.case))
        self._reset()
        done = apart(lambda: self._run(Failing()))
        assert (done["fault"], done["wrong"]) == ("", ""), scenario.name
        self.points: list[str] = done["points"]
        self._sizes = done["sizes"]
        self.new: Items = apart(lambda: scenario.read(self.case))

    def cases(self) -> list[tuple[int, str]]:
        """Return each point with each thing that can happen there, and the end of the process after all of them."""
        return [(n, m) for n, point in enumerate(self.points) for m in modes(point)] + [(len(self.points), "kill")]

    def judge(self, number: int, mode: str) -> str:
        """Let one thing happen at one point; return what is wrong then."""
        self._reset()
        killed = mode in ("kill", "torn")
        try:
            done = apart(lambda: self._run(Failing(number, mode, self._sizes)))
        except RuntimeError as error:
            return f"while it failed: {error}"
        if killed != (done is None):
            return f"the process was {'not ' * killed}killed"
        try:
            return apart(lambda: self._judged(done))
        except RuntimeError as error:
            return f"afterwards: {error}"

    def _judged(self, done: dict[str, Any] | None) -> str:
        found = self.scenario.read(self.case)
        return (done or {}).get("wrong") or self._part(found, done) or self._goes_on()

    def _run(self, failing: Failing) -> dict[str, Any]:
        handle, fault, wrong = self.scenario.start(self.case), "", ""
        before = set(self.scenario.leftovers(self.case))
        with at_points(failing):
            try:
                self.scenario.act(handle, self.case)
            except Fault as told:
                fault = told.message
            finally:
                limit(None)
            if failing.mode == "kill" and failing.number == len(failing.points):
                os._exit(_KILLED)
        if failing.mode and not failing.met:
            wrong = "the point was not met"
        if fault and not any(word in fault for word in (str(self.case), *self.scenario.names)):
            wrong = f"the fault names no file: {fault}"
        if left := set(self.scenario.leftovers(self.case)) - before:
            wrong = f"left over: {sorted(left)}"
        live = self.scenario.finish(handle)
        return {"points": failing.points, "sizes": failing.sizes, "fault": fault, "wrong": wrong, "live": live}

    def _part(self, found: Items, done: dict[str, Any] | None) -> str:
        for name in found.keys() | self.old.keys() | self.new.keys():
            if found.get(name) not in (self.old.get(name), self.new.get(name)):
                return f"{name} is neither old nor new: {found.get(name)}"
        if done is not None and self.scenario.whole and found not in (self.old, self.new):
            return f"partly old, partly new: {found}"
        if done is not None and done["live"] is not None and done["live"] != found.get("project"):
            return f"what is shown is not what is on the disk: {done['live']}"
        return ""

    def _goes_on(self) -> str:
        """Do the same once more, undisturbed."""
        done, found = self._run(Failing()), self.scenario.read(self.case)
        if done["fault"] or (done["wrong"] and not done["wrong"].startswith("left over")):
            return f"does not go on afterwards: {done['fault'] or done['wrong']}"
        if self.scenario.repeats and found != self.new:
            return f"done once more it is not new: {found}"
        shown = [path for path in self.case.rglob("*") if ".part" in path.name and not path.name.startswith(".")]
        return f"in view: {shown}" if shown and not self.scenario.resumes else ""

    def _case_of_nothing(self) -> None:
        shutil.rmtree(self.case, ignore_errors=True)
        self.case.mkdir(parents=True)

    def _reset(self) -> None:
        shutil.rmtree(self.case, ignore_errors=True)
        shutil.copytree(self._old, self.case, symlinks=True)


@contextmanager
def answering(room: Path) -> Iterator[Callable[..., Any]]:
    """Give a function that asks a process of its own."""
    import subprocess

    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment |= {"BIOFM_CONFIG_DIR": str(room / "case" / "config"), "BIOFM_CACHE_DIR": str(room / "case" / "cache")}
    words = [sys.executable, "-m", "tests.faults.trying", str(room)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True, env=environment, cwd=root) as process:

        def ask(*question: Any) -> Any:
            process.stdin.write(json.dumps(question) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, "the process that tries ended"
            return json.loads(line)

        yield ask
        process.stdin.close()


def main() -> None:
    """Answer until there is no question."""
    from tests.faults.project_scenarios import without_readers
    from tests.faults.scenarios import BAD, SCENARIOS

    without_readers()
    known = SCENARIOS | BAD
    room, trials = Path(sys.argv[1]), dict[str, Trial]()
    for line in sys.stdin:
        name, *case = json.loads(line)
        try:
            if name not in trials:
                trials[name] = Trial(known[name], room)
            answer: Any = trials[name].judge(*case) if case else [trials[name].points, trials[name].cases()]
        except Exception:  # noqa: BLE001 - whatever it is, it is told
            answer = traceback.format_exc()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

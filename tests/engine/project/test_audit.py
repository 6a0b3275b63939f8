"""The audit log: a chain that several writers add to, on the disk at once, and the jobs' lines in it."""

import json
import multiprocessing

from biofm_desktop.engine.jobs import PredictJob, TrainJob
from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project.audit import AuditLog, check_log, log_of


def add_some(folder, name):
    log = AuditLog(folder)
    for number in range(20):
        log.add("edited", who=name, number=number)


def test_two_programs_that_add_at_once_keep_one_chain(tmp_path):
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=add_some, args=(tmp_path, name)) for name in ("a", "b")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert check_log(tmp_path) == []
    assert len((tmp_path / "audit.log").read_text().splitlines()) == 40


def test_what_a_crash_left_of_a_line_does_not_break_the_chain(tmp_path):
    AuditLog(tmp_path).add("opened")
    with (tmp_path / "audit.log").open("a") as file:
        file.write('{"time": "20')
    AuditLog(tmp_path).add("trained", run="r" * 100_000)
    AuditLog(tmp_path).add("exported")
    assert check_log(tmp_path) == []


def test_jobs_of_the_command_line_are_in_the_log_of_their_project(tmp_path):
    data = tmp_path / "dna.csv"
    rows = [f"{'ACGT' * 6 if n % 2 else 'TTGA' * 6}{'ACGT'[n % 4]},{'x' if n % 2 else 'y'}" for n in range(16)]
    data.write_text("\n".join(["sequence,label", *rows]) + "\n")
    folder = tmp_path / "project"
    project = Project.for_data([data], folder)
    project.set_target(project.dataset.samples[0].key, "x")
    run, said = tmp_path / "run", tmp_path / "said"
    training = TrainJob(
        task="sequence-classification",
        data=(str(folder),),
        model="sequence-cnn",
        out=str(run),
        fit_options={"epochs": 1, "check_leaks": False},
    )
    list(training.run())  # while the project is open in this program
    list(PredictJob(run_folder=str(run), inputs=(str(folder),), out=str(said), export="csv").run())
    project.close()
    entries = [json.loads(line) for line in (folder / "audit.log").read_text().splitlines()]
    trained, exported = ([entry for entry in entries if entry["what"] == what] for what in ("trained", "exported"))
    assert [(entry["run"], entry["model"]) for entry in trained] == [(str(run), "sequence-cnn")]
    assert [entry["path"] for entry in exported] == [str(said)]
    assert str(said) in (folder / "exports.log").read_text()
    assert check_log(folder) == []
    assert log_of([data]) is None

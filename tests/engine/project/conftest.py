"""Opening that gives what a test says; the real readers are tested elsewhere."""

import pytest

from biofm_desktop.engine.project import Project
from biofm_desktop.engine.project import data as project_data
from biofm_desktop.engine.project import project as project_module
from tests.engine.project.made import images


@pytest.fixture
def opened(monkeypatch):
    """Say what opening gives."""

    def give(dataset):
        for module in (project_data, project_module):
            monkeypatch.setattr(module, "open_sources", lambda paths: dataset)

    return give


@pytest.fixture
def project(opened, tmp_path):
    opened(images())
    made = Project.for_data([tmp_path / "cells"], tmp_path / "project")
    yield made
    made.close()

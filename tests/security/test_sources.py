"""What our own sources never do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from biofm_desktop.engine.models import MODELS

ROOT = Path(__file__).parents[2] / "biofm_desktop"
SOURCES = sorted(ROOT.rglob("*.py"))
#: The only places that unpickle: what comes from our own reader, by classes that admit our own samples only.
UNPICKLERS = {"engine/opening/crossing.py": {"_Reader", "_LoadReader"}}
#: The only places that may use the network, or ask a library to.
NETWORK = {"engine/models/downloads.py"}
#: It asks for this computer's name, and for nothing else of the network's module.
_HOST_NAME = "engine/project/lock.py"
_NET_MODULES = ("socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "requests", "aiohttp", "httpx", "pooch")
_NET_CALLS = {
    "urlopen",
    "urlretrieve",
    "load_state_dict_from_url",
    "download_url",
    "hf_hub_download",
    "from_pretrained",
}


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Give each call of a file with its name in full."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def keywords(node: ast.Call) -> dict[str, str]:
    return {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_nothing_is_unpickled_evaluated_or_run_by_a_shell(path: Path) -> None:
    for name, node in calls(path):
        last = name.rpartition(".")[2]
        assert name not in ("eval", "exec", "compile", "__import__"), (name, node.lineno)
        assert name not in ("pickle.load", "pickle.loads", "pickle.Unpickler", "dill.load", "joblib.load"), node.lineno
        assert name not in ("os.system", "os.popen"), node.lineno
        assert last not in ("extractall", "unpack_archive"), node.lineno
        assert not name.startswith(("marshal.", "shelve.")), node.lineno
        assert name != "yaml.load", node.lineno
        words = keywords(node)
        assert words.get("allow_pickle") != "True", node.lineno
        assert words.get("shell") != "True", node.lineno
        if name == "torch.load":
            assert words.get("weights_only") == "True", node.lineno
        assert words.get("weights_only") != "False", node.lineno
        if name in ("np.load", "numpy.load"):
            assert words.get("allow_pickle") == "False", node.lineno


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_only_the_crossing_has_classes_that_unpickle(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    found = {c.name for c in classes if any("Unpickler" in ast.unparse(base) for base in c.bases)}
    assert found == UNPICKLERS.get(place(path), set())
    for made in classes:
        if made.name in found:
            assert any(isinstance(n, ast.FunctionDef) and n.name == "find_class" for n in made.body)


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_the_network_is_used_in_one_place(path: Path) -> None:
    if place(path) in NETWORK:
        return
    if place(path) == _HOST_NAME:
        assert {name for name, _ in calls(path) if name.startswith("socket.")} == {"socket.gethostname"}
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        assert not [n for n in names if n in _NET_MODULES or n.startswith(tuple(f"{m}." for m in _NET_MODULES))]
    assert not [name for name, _ in calls(path) if name.rpartition(".")[2] in _NET_CALLS]


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_modules_are_imported_by_names_that_stand_in_the_source(path: Path) -> None:
    """A model, a task or a reader is never found by a path that a file names."""
    for name, node in calls(path):
        if name in ("importlib.import_module", "import_module"):
            assert isinstance(node.args[0], (ast.Constant, ast.Name)), node.lineno
            assert place(path) in _IMPORTERS, place(path)


#: Each imports from a list of its own, which no file and no user fills.
_IMPORTERS = {
    "engine/doctor.py",
    "engine/models/base.py",
    "engine/opening/serve.py",
    "engine/runners/serve.py",
    "gui/workers/warm_imports.py",
}


def test_every_model_of_the_list_is_built_by_our_own_package() -> None:
    assert all(entry.builder.startswith("biofm_desktop.engine.models.") for entry in MODELS)


def test_models_are_found_by_the_names_of_our_list_only() -> None:
    for name in ("os.system", "torchvision.models.resnet18", "biofm_desktop.engine.models.unet", "../unet", ""):
        with pytest.raises(Exception, match=r"model|none|name"):
            MODELS[name]

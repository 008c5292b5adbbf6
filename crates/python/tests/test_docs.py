"""Docstrings and documentation: their examples run, and the stubs say what there is."""

import doctest
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import g2r

ROOT = Path(__file__).parent.parent
REPOSITORY = ROOT.parent.parent
PUBLIC = [name for name in g2r.__all__ if name != "METHODS"]


@pytest.mark.parametrize("name", ["g2r", *PUBLIC])
def test_the_example_of_a_docstring_runs(name):
    value = g2r if name == "g2r" else getattr(g2r, name)
    assert inspect.getdoc(value), name
    examples = doctest.DocTestFinder(recurse=False).find(value, name, globs={"g2r": g2r})
    if name not in ("NodeEmbedder", "RateReduction"):
        assert examples and examples[0].examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    for example in examples:
        assert runner.run(example).failed == 0


@pytest.mark.parametrize("name", PUBLIC)
def test_public_methods_are_documented(name):
    value = getattr(g2r, name)
    for member, method in vars(value).items() if isinstance(value, type) else []:
        if not member.startswith("_") and (callable(method) or isinstance(method, property)):
            assert inspect.getdoc(getattr(value, member)), f"{name}.{member}"


@pytest.mark.skipif(not (REPOSITORY / "docs" / "python.md").exists(), reason="not in the repository")
@pytest.mark.parametrize("path", ["docs/python.md", "README.md", "crates/python/README.md"])
def test_the_blocks_of_a_document_run(path, tmp_path, monkeypatch):
    text = (REPOSITORY / path).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.S | re.M)
    assert blocks
    monkeypatch.chdir(tmp_path)
    names = {}
    for block in blocks:
        needed = re.findall(r"^# needs (\w+)", block, flags=re.M)
        if all(importable(module) for module in needed):
            exec(compile(block, path, "exec"), names)


def importable(module):
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def test_stubs_are_those_of_the_registry():
    subprocess.run([sys.executable, ROOT / "scripts" / "make_stubs.py", "--check"], check=True)


def test_stubs_say_what_there_is(tmp_path):
    pytest.importorskip("mypy")
    command = [sys.executable, "-m", "mypy.stubtest", "g2r", "--ignore-missing-stub", "--mypy-config-file"]
    found = subprocess.run([*command, ROOT / "pyproject.toml"], capture_output=True, text=True, cwd=tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.skipif(not (REPOSITORY / "examples" / "python").exists(), reason="not in the repository")
def test_the_notebook_runs():
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    notebook = nbformat.read(REPOSITORY / "examples" / "python" / "cora.ipynb", as_version=4)
    client.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert any("<svg" in output.get("data", {}).get("text/html", "") for output in shown)

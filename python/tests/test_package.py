"""What comes with the package: types, docstrings, the notebook, the page."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import liplate
import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient

PYTHON = ROOT / "python"


def test_stubs_are_those_of_the_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "liplate", "--mypy-config-file", PYTHON / "pyproject.toml"],
        capture_output=True, text=True, check=False, timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_types_are_strict(tmp_path: Path) -> None:
    for paths in ([PYTHON / "python" / "liplate"], [PYTHON / "tests" / "typed.py"]):
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", PYTHON / "pyproject.toml", "--cache-dir", tmp_path, *paths],
            capture_output=True, text=True, check=False, timeout=600, cwd=PYTHON,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_everything_public_says_what_it_is() -> None:
    told = 0
    for name in liplate.__all__:
        thing = getattr(liplate, name)
        if isinstance(thing, str):
            continue
        assert inspect.getdoc(thing), name
        for member, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not member.startswith("_"):
                assert inspect.getdoc(value), f"{name}.{member}"
                told += 1
    assert told > 30


def test_versions_agree() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(encoding="utf-8"), re.MULTILINE)
    from importlib.metadata import version as installed

    assert version and liplate.__version__ == version[1] == installed("liplate")


@pytest.mark.filterwarnings("default")
def test_the_notebook_runs(tmp_path: Path) -> None:
    path = PYTHON / "examples" / "first_deposit.ipynb"
    notebook = nbformat.read(path, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    # where it would be for a person who has the checkout, with its files elsewhere
    os.symlink(ROOT / "configs", tmp_path / "configs")
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    pictures = [output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})]
    assert len(pictures) >= 2


def test_the_page_runs(tmp_path: Path, small_run: Path, small_study: Path) -> None:
    """The code on the page, one block after the other, on a small run and a small study."""
    text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) >= 3
    os.symlink(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "runs").mkdir()
    os.symlink(small_run, tmp_path / "runs" / "mine")
    os.symlink(small_study, tmp_path / "runs" / "study")
    code = "\n".join(blocks)
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False, timeout=600, cwd=tmp_path)
    assert done.returncode == 0, done.stderr

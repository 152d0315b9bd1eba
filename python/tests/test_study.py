"""A study that the program has computed."""

from __future__ import annotations

import shutil
from pathlib import Path

import liplate
import pytest


def test_the_table_has_units_and_leads_to_the_runs(small_study: Path) -> None:
    table = liplate.study(small_study)
    assert table.index.name == "run" and len(table) == 4
    units = table.attrs["units"]
    assert units["kinetics.i0"] == "mA/cm^2" and units["dip"] == "V" and units["cover"] == "1" and units["wall_time"] == "s"
    assert set(units) == set(table.columns)
    assert sorted(table["seed"]) == [1, 1, 2, 2] and (table["status"] == "done").all()
    for name, row in table.iterrows():
        run = liplate.open(row["directory"])
        assert run.directory.name == name
        assert run.metrics["potential"].min() == row["dip"]
        assert run.metrics["covered"].dropna().iloc[-1] == row["cover"]


def test_what_is_no_study_is_one_sentence(tmp_path: Path, small_study: Path, small_run: Path) -> None:
    with pytest.raises(liplate.ConfigError, match="there is no directory"):
        liplate.study(tmp_path / "none")
    with pytest.raises(liplate.ConfigError, match="holds no study: plan.json is not there$"):
        liplate.study(tmp_path)
    with pytest.raises(liplate.ConfigError, match="holds a run, liplate.open reads it"):
        liplate.study(small_run)
    shutil.copy(small_study / "plan.json", tmp_path)
    with pytest.raises(liplate.RunError, match="liplate study gather"):
        liplate.study(tmp_path)
    (tmp_path / "results.csv").write_text('# liplate\nrun,a\n"x,1\n')
    with pytest.raises(liplate.RunError, match="results.csv is damaged"):
        liplate.study(tmp_path)

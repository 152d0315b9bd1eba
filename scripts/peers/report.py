#!/usr/bin/env python3
"""Compare liplate with solvers and stencil generators from packages, on the fields that `liplate bench --peers` wrote.

    report.py DIR --hypre PROGRAM

Reads DIR/*/problems.json, runs the peers, prints a report in Markdown and writes DIR/report.md and DIR/report.json.
PROGRAM is hypre_pfmg.c, compiled. Needs `pip install numpy scipy pyamg numba pystencils py-cpuinfo`.
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

import fields
import potential
import stencils

# Seconds at 128 cubed from set-up to 1e-6, two cores of another machine, f64, for similar fields.
ELSEWHERE = {
    "AMReX MLMG, two cores": {"100:1": 0.77, "1e7:1": 2.34},
    "hypre PFMG-CG, two cores": {"100:1": 0.88, "1e7:1": 1.73},
    "PyAMG SA-CG, one core": {"100:1": 14.9, "1e7:1": 27.9},
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def processor():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def seconds_of_others():
    """Processor seconds that other processes have used so far, or None where nobody tells."""
    try:
        used = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    except OSError:
        return None
    # user, nice, system, idle, iowait, irq, softirq, steal
    busy = sum(int(used[index]) for index in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")
    return busy - sum(os.times()[:4])


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(row) + " |" for row in rows] + [""]


def times(ratio):
    return f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def failure(row):
    return row["failed"].replace("|", "/").splitlines()[0][:120]


def size(cells):
    return f"{cells[0]}³" if len(set(cells)) == 1 else " × ".join(map(str, cells))


def potential_lines(problems, rows):
    body = []
    for row in rows:
        first = [row["problem"], row["solver"], str(row["threads"]), row["precision"]]
        if "failed" in row:
            body.append([*first, *["–"] * 8, failure(row)])
            continue
        seconds = potential.total(row)
        body.append(
            first
            + [f"{row[key]:.4f}" for key in ("setup_seconds", "solve_seconds")]
            + [f"{seconds:.4f}", f"{problems.copies(row, seconds):.0f}", str(row["iterations"])]
            + [f"{row['stopped_at']:.2g}", f"{row['relative_residual']:.2g}", times(row["ratio"])]
            + [row.get("variant", "")]
        )
    head = "problem, solver, threads, precision, set-up / s, solve / s, together / s, copies, iterations, tolerance"
    return table([*head.split(", "), "true residual", "peer / liplate", "variant"], body)


def stencil_lines(problems, rows):
    body = []
    for row in rows:
        first = [row["stencil"], row["peer"], row["precision"]]
        apart = f"{row['difference']:.1e}" if "difference" in row else "–"
        if "failed" in row:
            body.append([*first, "–", "–", apart, "–", failure(row)])
            continue
        copies = problems.copies(row, row["seconds"])
        body.append(
            [*first, f"{1e3 * row['seconds']:.3f}", f"{copies:.1f}", apart, times(row["ratio"]), row.get("note", "")]
        )
    return table(["stencil", "peer", "precision", "ms", "copies", "difference", "peer / liplate", "how"], body)


def losses(rows):
    """The rows in which a peer is faster, in words."""
    return [
        f"- {size(row['cells'])}, {row.get('problem') or row['stencil']}: {row.get('solver') or row['peer']}"
        f" ({row['precision']}) takes {times(row['ratio'])} of liplate's time"
        for row in rows
        if row.get("ratio", 1.0) < 1.0
    ]


def main():
    parser = argparse.ArgumentParser(description="Compare liplate with solvers and stencil generators from packages.")
    parser.add_argument("folder", metavar="DIR", type=pathlib.Path, help="folder that liplate bench --peers wrote")
    parser.add_argument("--hypre", metavar="PROGRAM", required=True, help="hypre_pfmg.c, compiled")
    arguments = parser.parse_args()
    sizes = fields.find(arguments.folder)
    start, others = time.monotonic(), seconds_of_others()
    first = sizes[0].table
    hypre = subprocess.run([arguments.hypre], check=False, capture_output=True, text=True).stdout.strip()
    packages = "pyamg", "scipy", "numpy", "numba", "pystencils"
    about = {
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "processor": processor(),
        "processors": os.cpu_count(),
        "threads": first["threads"],
        "copy_bytes_per_second": first["copy_bytes_per_second"],
        "versions": {"liplate": f"{first['version']} ({first['commit']})", "hypre": hypre}
        | {package: importlib.metadata.version(package) for package in packages},
    }
    lines = [
        "# liplate and its peers",
        "",
        f"{about['date']}; {about['processor']}, {about['processors']} processors, {about['threads']} threads;"
        f" copy rate {about['copy_bytes_per_second'] / 1e9:.1f} GB/s.",
        "",
        ", ".join(f"{name} {version}" for name, version in about["versions"].items()) + ".",
        "",
        "peer / liplate above 1: liplate is faster. A copy is the time in which 8 bytes a cell move at the copy rate.",
        "",
    ]
    every = []
    for problems in sizes:
        say(problems.folder.name)
        solved = list(potential.measure(problems, arguments.hypre, say))
        swept = list(stencils.measure(problems, say))
        cells = size(solved[0]["cells"] if solved else swept[0]["cells"])
        lines += [f"## Potential, {cells}", "", *potential_lines(problems, solved)]
        lines += [f"## Stencils, {cells}", "", *stencil_lines(problems, swept)]
        every += solved + swept
    if others is not None:
        about["processors_used_by_others"] = (seconds_of_others() - others) / (time.monotonic() - start)
        lines += [
            f"While the peers ran, other processes used {about['processors_used_by_others']:.2f} of"
            f" {about['processors']} processors on average; times are to be trusted where this is small.",
            "",
        ]
    lines += [
        "## Where a peer is faster",
        "",
        *(losses(every) or ["Nowhere in this run."]),
        "",
        "## What is counted",
        "",
        "- Potential: from u = 0 until ‖rhs − A u‖/‖rhs‖ is at most the tolerance of the problem. The true residual is"
        " measured in f64 by the same function for every solver, on the solution that it wrote. The column tolerance is"
        " what the solver was told: less than the problem's where its own norm stops it too early.",
        f"- hypre runs on MPI ranks (Debian's has no OpenMP), {about['threads']} slabs along z; the fastest of"
        f" {len(potential.HYPRE)} variants, median of {potential.REPEATS}. PyAMG runs on one core; the faster of"
        f" {len(potential.PYAMG)} variants, once. Set-up is the hierarchy; building the matrix is not counted.",
        f"- Stencils: median of {stencils.REPEATS} after the first call; compiling is not counted, nor is filling ghost"
        " layers. The difference is the largest from liplate's result, relative to its largest value (restore_profile:"
        " largest change); a kernel above 1e-10 in f64, 1e-3 in f32, is not timed. liplate computes in f64.",
        "- No peer on a GPU: none has been written.",
        "",
        "## Figures from another machine",
        "",
        "AMReX is in no package, so its MLMG was not run here. Seconds at 128³ to 1e-6, in f64, measured earlier on two"
        " cores of another machine on fields of the same contrasts; not to be divided by the times above.",
        "",
        *table(
            ["solver", "100:1 / s", "1e7:1 / s"],
            [[name, *(f"{seconds:.3g}" for seconds in values.values())] for name, values in ELSEWHERE.items()],
        ),
    ]
    text = "\n".join(lines)
    (arguments.folder / "report.md").write_text(text)
    (arguments.folder / "report.json").write_text(
        json.dumps(about | {"rows": every, "figures_from_another_machine": ELSEWHERE}, indent=1) + "\n"
    )
    print(text, end="")


if __name__ == "__main__":
    main()

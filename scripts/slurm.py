"""Starts a Slurm of two nodes on this machine and holds studies under it against the same study without it: slurm.py PROGRAM.

Called by scripts/slurm, which installs what it needs.
"""

import csv
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

NODES = ("n1", "n2")
CORES = 2
PORTS = {"controller": 16817, "n1": 16818, "n2": 16819, "accounting": 16820, "database": 16821}
STUDY = """\
name = "slurm"
base = "{base}"
seeds = {seeds}
[set]
"grid.cells" = [{side}, {side}, 48]
"end.charge" = "{charge} mAh/cm^2"
"output.checkpoint_steps" = 20
"time_step.largest" = "2 s"
"output.snapshot_charge" = "0.2 mAh/cm^2"
[vary]
"kinetics.i0" = ["0.3 mA/cm^2", "1 mA/cm^2"]
"top.current" = ["1 mA/cm^2", "1.5 mA/cm^2"]
[measure]
cover = "covered at 0.05 mAh/cm^2"
dip = "least potential"
"""
RUNS = 12
# Slurm looks at limits every half a minute: a task is told to end after half a minute at most, and starts anew right after such a look
LIMIT = ["--gres=gpu:1", "--cpus-per-task=1", "--time=1", "--signal=B:USR1@59"]
PATIENCE = 3600
# what a run shall take, so that limits cut it at least twice, and what it shall if that was too short; the charge that is tried to find the one that takes so long, and the most that
# the box holds [mAh/cm2]
SECONDS = (160, 280)
TRIED, MOST = 0.05, 1.2


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class Slurm:
    """The daemons, in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf")}
        for name in ("state", "log", "munge", "database", *(f"spool-{node}" for node in NODES)):
            (folder / name).mkdir()
        (folder / "munge/key").write_bytes(os.urandom(1024))
        (folder / "munge/key").chmod(0o600)
        # others have to reach its socket; who may read the key it checks itself
        (folder / "munge").chmod(0o711)
        self.configure()

    def configure(self):
        folder, munge = self.folder, self.folder / "munge/socket"
        nodes = "\n".join(
            f"NodeName={node} NodeHostname=localhost Port={PORTS[node]} CPUs={CORES} Gres=gpu:{CORES}" for node in NODES
        )
        (folder / "slurm.conf").write_text(f"""\
ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={munge}
CryptoType=crypto/munge
SlurmctldPort={PORTS["controller"]}
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/log/slurmctld
SlurmdLogFile={folder}/log/slurmd-%n
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdSpoolDir={folder}/spool-%n
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=localhost
AccountingStoragePort={PORTS["accounting"]}
AccountingStoragePass={munge}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
GresTypes=gpu
ReturnToService=2
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=1
MpiDefault=none
KillWait=10
{nodes}
PartitionName=p Nodes={",".join(NODES)} Default=YES MaxTime=INFINITE State=UP
""")
        gpus = [folder / f"gpu{number}" for number in range(CORES * len(NODES))]
        for gpu in gpus:
            gpu.touch()
        lines = [
            f"NodeName={node} Name=gpu File={folder}/gpu[{CORES * place}-{CORES * place + CORES - 1}]\n"
            for place, node in enumerate(NODES)
        ]
        (folder / "gres.conf").write_text("".join(lines))
        accounting = folder / "slurmdbd.conf"
        accounting.write_text(f"""\
AuthType=auth/munge
AuthInfo=socket={munge}
DbdHost=localhost
DbdPort={PORTS["accounting"]}
SlurmUser=root
PidFile={folder}/slurmdbd.pid
LogFile={folder}/log/slurmdbd
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={PORTS["database"]}
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm
""")
        accounting.chmod(0o600)

    def start(self, name, command):
        log = open(self.folder / f"log/{name}.out", "w")
        daemon = subprocess.Popen(command, env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.daemons.append((name, daemon))

    def up(self):
        folder = self.folder
        self.start("munged", [
            "munged", "--force", "--foreground", f"--key-file={folder}/munge/key", f"--socket={folder}/munge/socket",
            f"--pid-file={folder}/munge/pid", f"--log-file={folder}/munge/log", f"--seed-file={folder}/munge/seed",
        ])
        subprocess.run(
            ["mariadb-install-db", "--user=root", f"--datadir={folder}/database", "--auth-root-authentication-method=normal"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        # no file of the system's own server
        self.start("mariadbd", [
            "mariadbd", "--no-defaults", "--user=root", f"--datadir={folder}/database", f"--socket={folder}/database.socket",
            "--bind-address=127.0.0.1", f"--port={PORTS['database']}", "--innodb-buffer-pool-size=64M",
        ])
        statements = "CREATE USER slurm@'127.0.0.1' IDENTIFIED BY 'slurm'; CREATE USER slurm@localhost IDENTIFIED BY 'slurm'; " \
            "GRANT ALL ON slurm.* TO slurm@'127.0.0.1'; GRANT ALL ON slurm.* TO slurm@localhost;"
        client = ["mariadb", "--no-defaults", f"--socket={folder}/database.socket", "-u", "root", "-e", statements]
        self.until("the database answers", lambda: self.call(client).returncode == 0)
        self.start("slurmdbd", ["slurmdbd", "-D"])
        add = ["sacctmgr", "-i", "add", "cluster", "test"]
        self.until("the accounting daemon answers", lambda: self.call(add).returncode == 0 or b"already" in self.call(add).stdout)
        self.start("slurmctld", ["slurmctld", "-D", "-c", "-f", f"{folder}/slurm.conf"])
        for node in NODES:
            self.start(f"slurmd-{node}", ["slurmd", "-D", "-N", node, "-f", f"{folder}/slurm.conf"])
        self.until("both nodes are idle", lambda: b"idle n[1-2]" in b" ".join(self.call(["sinfo", "-h"]).stdout.split()))

    def down(self):
        for _, daemon in reversed(self.daemons):
            daemon.terminate()
        for _, daemon in self.daemons:
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def call(self, command):
        return subprocess.run(command, env=self.environment, capture_output=True)

    def until(self, what, holds, patience=60):
        began = time.time()
        while not holds():
            gone = [name for name, daemon in self.daemons if daemon.poll() is not None]
            if gone or time.time() - began > patience:
                logs = [path.read_text(errors="replace")[-2000:] for path in sorted((self.folder / "log").glob("*"))]
                raise SystemExit(f"not within {patience} s: {what}; daemons that ended: {gone}\n" + "\n".join(logs))
            time.sleep(0.5)

    def jobs(self):
        """State and reason of every task in the queue."""
        lines = self.call(["squeue", "-h", "-r", "-o", "%A %T %r"]).stdout.decode().splitlines()
        return [line.split(None, 2) for line in lines]

    def hurry(self):
        """Cuts the two minutes short that Slurm puts before a task that was queued again."""
        for job, state, reason in self.jobs():
            if state == "PENDING" and reason == "BeginTime":
                self.call(["scontrol", "update", f"JobId={job}", "StartTime=now"])


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm-"))
    # the daemon of munge hands its socket only to those who can reach it
    folder.chmod(0o711)
    slurm = Slurm(folder)
    try:
        rate = calibrate(program, folder)
        slurm.up()
        say("Slurm is up: controller, accounting, two nodes with two GPUs each")
        for seconds in SECONDS:
            stretches = check(slurm, program, folder, *rate, seconds)
            if min(stretches.values()) > 2:
                break
            say(f"not every run was cut twice: {stretches}")
        else:
            raise SystemExit("runs of this length are not cut twice")
    finally:
        slurm.down()
    shutil.rmtree(folder)


def write(folder, side, charge, seeds):
    """Writes the study."""
    base = pathlib.Path(__file__).resolve().parent.parent / "configs/quickstart.toml"
    (folder / "study.toml").write_text(STUDY.format(base=base, side=side, charge=round(charge, 3), seeds=seeds))


def calibrate(program, folder):
    """Side of a box whose runs can take long enough, and the seconds that the shortest takes for 1 mAh/cm2, as many at a time as nodes have cores."""
    side, jobs = 48, str(CORES * len(NODES))
    environment = {**os.environ, "RAYON_NUM_THREADS": "1"}
    while True:
        write(folder, side, TRIED, 1)
        command = [program, "study", "run", "study.toml", "--out", "tried", "--devices", "cpu", "--jobs", jobs, "--quiet"]
        subprocess.run(command, env=environment, cwd=folder, check=True)
        took = min(sum(part["wall_seconds"] for part in run["sessions"]) for run in run_files(folder, "tried").values())
        shutil.rmtree(folder / "tried")
        if TRIED * SECONDS[-1] / took <= MOST:
            return side, took / TRIED
        side *= 2


def liplate(slurm, program, *arguments):
    call = subprocess.run([program, *arguments], env=slurm.environment, cwd=slurm.folder, capture_output=True, text=True)
    assert call.returncode == 0, f"liplate {' '.join(arguments)}: {call.returncode}\n{call.stdout}\n{call.stderr}"
    return call.stdout


def run_files(folder, study):
    return {path.parent.name: json.loads(path.read_text()) for path in (folder / study / "runs").glob("*/run.json")}


def check(slurm, program, folder, side, rate, seconds):
    """Runs the study under Slurm and without, and holds one against the other. Returns the stretches of each run."""
    charge = seconds / rate
    write(folder, side, charge, 3)
    for study in ("cut", "whole"):
        shutil.rmtree(folder / study, ignore_errors=True)
    say(f"{RUNS} runs of {side} x {side} x 48 cells to {charge:.2f} mAh/cm2, {seconds} s each, four at a time")
    submit = ("study", "submit", "study.toml", "--slurm", "--out", "cut", "--device", "cpu", "--sbatch", " ".join(LIMIT))
    said = liplate(slurm, program, *submit)
    print(said.strip())
    first = int(said.split("Submitted batch job ")[1].split(":")[0])
    drained = killed = None
    began = time.time()
    while True:
        assert time.time() - began < PATIENCE, f"not within {PATIENCE} s:\n{slurm.jobs()}\n" + liplate(slurm, program, "study", "status", "cut")
        slurm.hurry()
        jobs = slurm.jobs()
        cuts = [len(run["sessions"]) for run in run_files(folder, "cut").values()]
        if drained is None and sum(cuts) > 8:
            slurm.call(["scontrol", "update", "NodeName=n2", "State=DRAIN", "Reason=test"])
            drained = time.time()
            say("n2 is drained: what runs there is left to end, nothing new begins")
        elif drained and time.time() - drained > 45 and killed is None:
            slurm.call(["scontrol", "update", "NodeName=n2", "State=RESUME"])
            say("n2 takes tasks again")
            killed = kill_one(slurm, program)
        if not jobs:
            break
        time.sleep(2)
    if not (drained and killed):
        say("the array was over before a node was drained and a task killed")
        return {"": 0}
    print(liplate(slurm, program, "study", "status", "cut").strip())
    # the run that was killed, and any that ended before its signal was heard, are handed in again
    while "nothing is submitted" not in (said := liplate(slurm, program, *submit)):
        print(said.strip())
        slurm.until("what was left is over", lambda: (slurm.hurry(), not slurm.jobs())[1], PATIENCE)
    slurm.until("the accounting daemon has all tasks", lambda: accounted(slurm, first)["COMPLETED"] >= RUNS)
    say(f"accounted: {accounted(slurm, first)}")

    say("the same study without Slurm")
    liplate(slurm, program, "study", "run", "study.toml", "--out", "whole", "--devices", "cpu", "--quiet")
    liplate(slurm, program, "study", "gather", "cut")
    files = run_files(folder, "cut")
    assert len(files) == RUNS, sorted(files)
    stretches = {name: len(run["sessions"]) for name, run in files.items()}
    for name, run in files.items():
        assert run["status"] == "done", (name, run["status"])
        for file in ("metrics.csv", "events.jsonl"):
            one, other = (folder / study / "runs" / name / file for study in ("whole", "cut"))
            assert one.read_bytes() == other.read_bytes(), f"{name}: {file} differs"
    rows = [rows_of(folder / study / "results.csv") for study in ("whole", "cut")]
    assert rows[0] == rows[1] and len(rows[0]) == RUNS, "results.csv differs"
    say(f"{RUNS} runs in {sum(stretches.values())} stretches, one node drained, one task killed: the bits of the study without Slurm")
    return stretches


def accounted(slurm, first):
    """Tasks of arrays from job `first` on by how Slurm has accounted for their stretches; the database hears of them with some delay."""
    lines = slurm.call(["sacct", "-X", "-n", "-D", "-o", "JobID%20,State%20"]).stdout.decode().splitlines()
    tasks = [line.split()[:2] for line in lines if "_" in line.split()[0]]
    states = [state for job, state in tasks if int(job.split("_")[0]) >= first]
    return {state: states.count(state) for state in ("COMPLETED", "REQUEUED", "FAILED")}


def kill_one(slurm, program):
    """Kills the process of a run outright; returns its number."""
    for _ in range(200):
        slurm.hurry()
        lines = liplate(slurm, program, "study", "status", "cut").splitlines()
        running = [line for line in lines if line.startswith("running: ")]
        if running:
            process = int(running[0].split("process ")[1].split()[0])
            os.kill(process, signal.SIGKILL)
            say(f"killed: {running[0]}")
            return process
        time.sleep(0.3)
    raise SystemExit("no run was computing")


def rows_of(path):
    with open(path) as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [{key: value for key, value in row.items() if key != "wall_time [s]"} for row in rows]


if __name__ == "__main__":
    main()

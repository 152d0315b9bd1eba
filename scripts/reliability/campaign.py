"""Kills runs, cuts their power, lets their writes fail, flips their bits, feeds them nonsense, and counts what comes of it.

    scripts/campaign [--short] [--only NAME] [--binary PATH] [--device cpu] [--seed N] [--keep DIR]

A run that was harmed is resumed until it is done, three times at most, and held against one that was left alone: rows, events and every
number of the fields. Prints a table in Markdown and ends with 1 if anything was wrong in silence, or crashed.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# exit codes of the program: done, an error in a sentence, wrong input, the guard, interrupted
SENTENCES = {0, 1, 2, 3, 130}
PAGE = 4096


class Bench:
    """The program, its config and a place to work in."""

    def __init__(self, arguments):
        self.device = arguments.device
        self.random = random.Random(arguments.seed)
        self.place = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="campaign-"))
        self.place.mkdir(parents=True, exist_ok=True)
        # a copy: another build must not change the numbers while this goes on
        self.binary = shutil.copy(arguments.binary, self.place / "liplate")
        self.config = self.place / "config.toml"
        shutil.copy(HERE / "small.toml", self.config)
        for table in (ROOT / "configs").glob("*.csv"):
            shutil.copy(table, self.place)
        self.short = arguments.short
        self.library = self.place / "tamper.so"
        subprocess.run(
            ["gcc", "-O1", "-shared", "-fPIC", "-o", self.library, HERE / "tamper.c", "-ldl", "-lpthread"], check=True
        )
        began = time.monotonic()
        self.whole = self.fresh("whole")
        done = self.call(self.first(self.whole))
        if done.returncode != 0:
            sys.exit(f"the run that is left alone fails: {done.stderr}")
        self.seconds = time.monotonic() - began
        self.expected = contents(self.whole)

    def count(self, short, long):
        return short if self.short else long

    def fresh(self, name):
        path = self.place / name
        shutil.rmtree(path, ignore_errors=True)
        return path

    def first(self, directory):
        return ["run", self.config, "--device", self.device, "--quiet", "--out", directory]

    def resume(self, directory):
        return ["resume", directory, "--device", self.device, "--quiet"]

    def call(self, arguments, limit=300, **more):
        command = [self.binary, *map(str, arguments)]
        try:
            return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=limit, **more)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", f"still running after {limit} s")

    def finish(self, directory):
        """Resumes until the run is done; how it went, in a word."""
        for attempt in range(3):
            done = self.call(self.resume(directory))
            if done.returncode not in SENTENCES:
                return f"crashed with {done.returncode}", done.stderr
            if done.returncode == 0:
                return self.judge(directory, attempt), ""
            if "holds no run to resume" in done.stderr and not (directory / "checkpoint.previous.h5").exists():
                # nothing had been computed when it ended: it can begin anew
                shutil.rmtree(directory)
                done = self.call(self.first(directory))
                return (self.judge(directory, attempt), "") if done.returncode == 0 else ("lost", done.stderr)
        return "lost", done.stderr

    def judge(self, directory, attempt=0):
        try:
            found = contents(directory)
        except Exception as problem:  # whatever the readers object to
            return f"unreadable: {problem}"
        wrong = differences(self.expected, found)
        if not wrong:
            return "equal" if attempt == 0 else "equal, resumed twice or more"
        told = "lost" in (directory / "run.json").read_text()
        return f"{'less, and said so' if told else 'DIFFERENT IN SILENCE'}: {', '.join(sorted(wrong))}"


def contents(directory):
    """Rows, events and fields of a run."""
    found = {name: (directory / name).read_text().splitlines() for name in ("metrics.csv", "events.jsonl", "cycles.csv")}
    with h5py.File(directory / "fields.vtkhdf", "r", locking=False) as file:
        file.visititems(
            lambda name, item: found.__setitem__(name, item[()])
            if isinstance(item, h5py.Dataset) and item.dtype.kind in "fi"
            else None
        )
        # of a run whose frames stay in their folder these lie in another file
        found["liplate/copper_heights"] = file["liplate/copper_heights"][()]
    return {name: item for name, item in found.items() if name != "liplate/sums"}


def differences(expected, found):
    wrong = {name for name in expected if name not in found}
    for name in expected.keys() & found.keys():
        one, other = expected[name], found[name]
        same = one == other if isinstance(one, list) else one.shape == other.shape and np.array_equal(one, other, equal_nan=True)
        if not same:
            wrong.add(name.rsplit("/", 1)[-1])
    return wrong


# -- kills ------------------------------------------------------------------------------------------------------------------------------


def kills(bench):
    """kill -9 at random moments, several times in one run."""
    for trial in range(bench.count(3, 100)):
        directory = bench.fresh("killed")
        arguments = bench.first(directory)
        for _ in range(bench.random.randint(1, 4)):
            child = subprocess.Popen([bench.binary, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                child.wait(bench.random.uniform(0, 1.1 * bench.seconds))
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.wait()
            if (directory / "checkpoint.h5").exists():
                arguments = bench.resume(directory)
            else:
                shutil.rmtree(directory, ignore_errors=True)
        if not directory.exists():
            bench.call(bench.first(directory))
            yield bench.judge(directory), ""
        else:
            yield bench.finish(directory)


# -- power cuts -------------------------------------------------------------------------------------------------------------------------


def trace(bench):
    """Every change that a run makes to its files, in order."""
    directory, path = bench.fresh("traced"), bench.place / "trace"
    path.unlink(missing_ok=True)
    environment = os.environ | {"LD_PRELOAD": str(bench.library), "TAMPER_ROOT": str(directory), "TAMPER_TRACE": str(path)}
    done = bench.call(bench.first(directory), env=environment)
    assert done.returncode == 0, done.stderr
    raw, at, changes = path.read_bytes(), 0, []
    while at < len(raw):
        end = raw.index(b"\n", at)
        kind, descriptor, offset, length, name = raw[at:end].decode().split(" ", 4)
        at = end + 1
        name = str(pathlib.Path(name).relative_to(directory)) if name != str(directory) else "."
        if kind == "write":
            changes.append((kind, int(descriptor), int(offset), raw[at : at + int(length)], name))
            at += int(length)
        else:
            changes.append((kind, int(descriptor), int(offset), b"", name))
    shutil.rmtree(directory)
    return changes


class Disk:
    """A directory as a disk may hold it after a power cut: names in the order in which they were changed up to some moment after the last
    sync, and of the pages of each file those that were synced, and of the others some."""

    def __init__(self, draw, page, ordered):
        self.draw, self.page, self.ordered = draw, page, ordered
        self.files, self.open = {}, {}

    def play(self, changes):
        synced = max((i for i, change in enumerate(changes) if change[0] == "sync"), default=0)
        names_until = self.draw.randint(synced, len(changes))
        old = None
        for i, (kind, descriptor, offset, data, name) in enumerate(changes):
            names = i < names_until
            if kind in ("open", "create"):
                file = self.files.get(name)
                if file is None or kind == "create":
                    file = {"pages": {}, "safe": {}, "loose": set(), "size": 0}
                    if names:
                        self.files[name] = file
                self.open[descriptor] = file
            elif kind == "write":
                self.write(self.open.get(descriptor), offset, data)
            elif kind == "truncate":
                file = self.open.get(descriptor)
                file["size"] = offset
                last = offset // self.page
                file["pages"] = {p: b for p, b in file["pages"].items() if p <= last}
                if last in file["pages"]:
                    keep = offset - last * self.page
                    file["pages"][last][keep:] = bytes(self.page - keep)
            elif kind == "sync" and name in self.files:
                file = self.files[name]
                file["safe"].update((page, bytes(file["pages"][page])) for page in file["loose"] if page in file["pages"])
                file["loose"].clear()
            elif names and kind == "rename":
                old = name
            elif names and kind == "to" and old in self.files:
                self.files[name] = self.files.pop(old)
            elif names and kind == "unlink":
                self.files.pop(name, None)

    def write(self, file, offset, data):
        for start in range(offset - offset % self.page, offset + len(data), self.page):
            page = file["pages"].setdefault(start // self.page, bytearray(self.page))
            low, high = max(start, offset), min(start + self.page, offset + len(data))
            page[low - start : high - start] = data[low - offset : high - offset]
            file["loose"].add(start // self.page)
        file["size"] = max(file["size"], offset + len(data))

    def settle(self, directory):
        for name, file in self.files.items():
            bytes_ = bytearray(file["size"])
            for number, page in sorted(file["pages"].items()):
                if number in file["loose"] and self.draw.random() < 0.5:
                    page = file["safe"].get(number, bytes(self.page))  # the disk has it as it was when it was last synced
                start = number * self.page
                bytes_[start : start + self.page] = page
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes_[: file["size"]])


def cuts(bench, page=PAGE):
    """Power cuts: pages that were not synced reach the disk or do not."""
    changes = trace(bench)
    for trial in range(bench.count(4, 150)):
        directory = bench.fresh("cut")
        directory.mkdir()
        disk = Disk(bench.random, page, True)
        disk.play(changes[: bench.random.randint(1, len(changes))])
        disk.settle(directory)
        if not (directory / "checkpoint.h5").exists() and not (directory / "checkpoint.previous.h5").exists():
            shutil.rmtree(directory)
            bench.call(bench.first(directory))
            yield bench.judge(directory), ""
        else:
            yield bench.finish(directory)


def cuts_of_sectors(bench):
    """The same with sectors of 512 bytes."""
    yield from cuts(bench, 512)


# -- failing writes ---------------------------------------------------------------------------------------------------------------------


def writes(bench):
    """One write fails: the disk is full for a moment, or has an error."""
    total = sum(change[0] == "write" for change in trace(bench))
    for trial in range(bench.count(6, 200)):
        directory = bench.fresh("failing")
        environment = os.environ | {
            "LD_PRELOAD": str(bench.library),
            "TAMPER_ROOT": str(directory),
            "TAMPER_FAIL": str(bench.random.randint(1, total)),
            "TAMPER_ERRNO": str(bench.random.choice([5, 28])),
        }
        done = bench.call(bench.first(directory), env=environment)
        if done.returncode not in SENTENCES:
            yield f"crashed with {done.returncode}", done.stderr
        elif done.returncode == 0:
            yield bench.judge(directory), done.stderr
        elif (directory / "checkpoint.h5").exists():
            yield bench.finish(directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
            bench.call(bench.first(directory))
            yield bench.judge(directory), ""


# -- flipped bits -----------------------------------------------------------------------------------------------------------------------


def flips(bench):
    """One bit of one file of an interrupted run is flipped."""
    rows = (bench.whole / "metrics.csv").read_text().count("\n")
    directory = bench.fresh("interrupted")
    child = subprocess.Popen([bench.binary, *map(str, bench.first(directory))], stderr=subprocess.DEVNULL)
    path = directory / "metrics.csv"
    while child.poll() is None and not (path.exists() and path.read_text().count("\n") > rows // 2):
        time.sleep(0.002)
    child.send_signal(signal.SIGTERM)
    child.wait()
    for trial in range(bench.count(6, 300)):
        flipped = bench.fresh("flipped")
        shutil.copytree(directory, flipped)
        files = sorted(p for p in flipped.rglob("*") if p.is_file() and p.stat().st_size > 0 and p.name != ".lock")
        file = bench.random.choice(files)
        data = bytearray(file.read_bytes())
        data[bench.random.randrange(len(data))] ^= 1 << bench.random.randrange(8)
        file.write_bytes(data)
        how, told = bench.finish(flipped)
        if how == "lost" and re.search("checksum|damaged|missing|accept-loss", told):
            how = "named, and not passed over"
        if how.startswith("unreadable") and "checksum does not fit" in (flipped / "run.json").read_text():
            how = "named: a frame is damaged"
        yield how, f"{file.name}: {told}"


# -- nonsense ---------------------------------------------------------------------------------------------------------------------------

SCRAPS = ["", "0", "-1", "1e308", "-1e-308", "nan", "\"\"", "\"1 m\"", "\"1,5 mA/cm^2\"", "[1, 2]", "[]", "{}", "true", "\"\\u0000\"", "'''\n'''"]
SCRAPS += ["\"1 mA/cm^2 # one\"", "1979-05-27", "9223372036854775807", "\"" + "(" * 900 + "\"", "\"1<<10^8\"", "[[[[[[[]]]]]]]"]


def configs(bench):
    """Configs of the house with lines lost, doubled, cut, or with other values, through `check`."""
    texts = [path.read_text() for path in sorted((ROOT / "configs").glob("*.toml"))]
    for trial in range(bench.count(25, 3000)):
        lines = bench.random.choice(texts).splitlines()
        for _ in range(bench.random.randint(1, 3)):
            i = bench.random.randrange(len(lines))
            change = bench.random.randrange(5)
            if change == 0:
                lines[i] = ""
            elif change == 1:
                lines.insert(i, bench.random.choice(lines))
            elif change == 2:
                lines[i] = lines[i][: bench.random.randint(0, len(lines[i]))]
            elif "=" in lines[i]:
                key = lines[i].split("=", 1)[0]
                number = re.search(r"[-+0-9.e]+", lines[i].split("=", 1)[1])
                if change == 3 and number:
                    value = lines[i].split("=", 1)[1].replace(number.group(), bench.random.choice(["0", "-3", "1e30", "1e-30", "1e9", "17"]), 1)
                else:
                    value = " " + bench.random.choice(SCRAPS)
                lines[i] = f"{key}={value}"
        yield checked(bench, "\n".join(lines))


def checked(bench, text):
    """How `check` answers a config, and what to keep of it."""
    path = bench.place / "fuzzed.toml"
    path.write_text(text, errors="surrogateescape")
    done = bench.call(["check", path, "--device", "cpu"], limit=60)
    good = done.returncode in (0, 1, 2) and (done.returncode == 0 or done.stderr.strip())
    # what is wrong in a plan: numbers that are none
    if done.returncode == 0 and re.search(r"\b(nan|inf)\b", done.stdout, re.IGNORECASE):
        return "A PLAN WITH NaN", f"{text}\n{done.stdout}"
    how = {0: "a plan", 1: "a sentence", 2: "a sentence"}.get(done.returncode) if good else None
    return how or f"crashed with {done.returncode}", f"{text}\n{done.stderr}"


WORDS = """Charge Discharge Plate Strip Rest Hold Ramp Pulse Run charge at for until from to in and or then with every repeat 1 0 -1 3 1.5 1,5 1e3
1e999 C/2 C 2C D/3 mA/cm^2 mA/cm² A/m^2 A mA W V mV s min h hours minutes days months mAh/cm^2 °C degC µm vs Li ( ) > < = % . , ; # 0.1 V
infinity nan 02:00:00 separator short period duty compliance -0.5""".split()
SENTENCES_OF_STEPS = [
    "Charge at C/2 until 0.1 mAh/cm^2",
    "Rest for 10 min",
    "Strip at 2 mA/cm^2 until 0.5 V vs Li",
    "Hold at -100 mV vs Li for 1 h or until 0.1 mA/cm^2",
    "Ramp from 0 V vs Li to -0.2 V vs Li in 200 s",
    "Charge at 3 mA/cm^2 for 12 s (1 s period)",
]


def harmed(bench, text):
    """A text with characters lost, doubled, exchanged or from elsewhere."""
    letters = list(text)
    for _ in range(bench.random.randint(1, 4)):
        i = bench.random.randrange(len(letters) + 1)
        change = bench.random.randrange(4)
        if change == 0 and letters:
            del letters[i % len(letters)]
        elif change == 1:
            letters.insert(i, bench.random.choice(" \t0123456789.,-+eE/^()%µ°−\u00a0\u202e\U0001f50bxV;:#\\"))
        elif change == 2 and letters:
            letters.insert(i, bench.random.choice(letters))
        elif letters:
            letters[i % len(letters)] = chr(bench.random.randint(32, 0x2FF))
    return "".join(letters)


def steps(bench):
    """Sentences of a protocol with words and characters exchanged, through `check`."""
    base = (HERE / "small.toml").read_text()
    for trial in range(bench.count(15, 2000)):
        if bench.random.random() < 0.5:
            sentence = " ".join(bench.random.choice(WORDS) for _ in range(bench.random.randint(1, 12)))
        else:
            sentence = harmed(bench, bench.random.choice(SENTENCES_OF_STEPS))
        yield checked(bench, re.sub(r"(?m)^steps = .*$", lambda _: f"steps = [{json.dumps(sentence)}]", base))


def tables(bench):
    """Tables of transport properties and open-circuit potentials with cells and characters exchanged, through `check`."""
    base = (HERE / "small.toml").read_text()
    transport = 'kind = "table"\nfile = "fuzzed.csv"\nc0 = "1 mol/L"'
    wholes = [path.read_text() for path in sorted((ROOT / "configs").glob("*.csv"))]
    cells = ["", "nan", "inf", "-1", "0", "1e308", "1e-308", "1,5", "1.234,5", "x", "\x00", "9" * 400, "0x10", "T [K]", "c / M", '"', "#"]
    for trial in range(bench.count(15, 1500)):
        lines = bench.random.choice(wholes).splitlines()
        for _ in range(bench.random.randint(1, 3)):
            i = bench.random.randrange(len(lines))
            change = bench.random.randrange(6)
            if change == 0:
                parts = lines[i].split(",")
                parts[bench.random.randrange(len(parts))] = bench.random.choice(cells)
                lines[i] = ",".join(parts)
            elif change == 1:
                del lines[bench.random.randrange(len(lines))]
            elif change == 2:
                lines.insert(i, bench.random.choice(lines or [""]))
            elif change == 3:
                lines = [line.replace(",", bench.random.choice([";", "\t", ",,", "|"])) for line in lines]
            elif change == 4:
                lines[i] = harmed(bench, lines[i])
            else:
                lines = lines[: bench.random.randrange(len(lines) + 1)]
            lines = lines or [""]
        text = bench.random.choice(["\n", "\r\n", "\r"]).join(lines)
        encoding = bench.random.choice(["utf-8", "utf-8-sig", "latin-1", "utf-16"])
        (bench.place / "fuzzed.csv").write_bytes(text.encode(encoding, "replace"))
        how, told = checked(bench, re.sub(r"(?ms)^kind = \"landesfeind\".*?(?=^\[)", lambda _: transport + "\n", base))
        yield how, f"{encoding}\n{text}\n{told}"


def grey(bench, wide, high):
    """A picture in grey as a PNG, by hand: the test must not depend on a library that refuses what it should try."""
    rows = b"".join(b"\0" + bytes(bench.random.randrange(256) for _ in range(wide)) for _ in range(high))
    block = lambda name, data: struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    header = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + block(b"IHDR", header) + block(b"IDAT", zlib.compress(rows)) + block(b"IEND", b"")


def maps(bench):
    """Height maps as pictures and as text with bytes and sizes exchanged, through `check`."""
    base = (HERE / "small.toml").read_text()
    for trial in range(bench.count(15, 1500)):
        kind = bench.random.choice(["png", "asc", "xyz", "txt", "h5"])
        wide, high = bench.random.randint(1, 20), bench.random.randint(1, 20)
        numbers = [[bench.random.uniform(-1e-7, 1e-7) for _ in range(wide)] for _ in range(high)]
        if kind == "png":
            data = bytearray(grey(bench, wide, high))
        elif kind == "asc":
            head = f"ncols {wide}\nnrows {high}\nxllcorner 0\nyllcorner 0\ncellsize {3e-6 / wide}\nNODATA_value -9999\n"
            data = bytearray((head + "\n".join(" ".join(f"{v:.4g}" for v in row) for row in numbers)).encode())
        elif kind == "xyz":
            step = 3e-6 / wide
            data = bytearray("\n".join(f"{x * step} {y * step} {v}" for y, row in enumerate(numbers) for x, v in enumerate(row)).encode())
        elif kind == "txt":
            head = "# Channel: Height\n# Width: 3.0 µm\n# Height: 3.0 µm\n# Value units: m\n"
            data = bytearray((head + "\n".join("\t".join(f"{v:.4g}" for v in row) for row in numbers)).encode())
        else:
            with h5py.File(bench.place / "fuzzed.h5", "w") as file:
                file["z"] = np.array(numbers)
            data = bytearray((bench.place / "fuzzed.h5").read_bytes())
        for _ in range(bench.random.choice([0, 1, 1, 2, 8])):
            i = bench.random.randrange(len(data) or 1)
            change = bench.random.randrange(4)
            if change == 0 and data:
                data[i] = bench.random.randrange(256)
            elif change == 1:
                data = data[:i]
            elif change == 2:
                data[i:i] = bench.random.choice([b"\xff\xff\xff\xff", b"99999999999", b"nan ", b"-", b"1e400 ", bytes(16)])
            elif kind == "png" and len(data) > 33:
                # a size that the file does not hold, with the checksum that belongs to it
                data[16:24] = struct.pack(">II", *(bench.random.choice([0, 1, 2**16, 2**31 - 1, 2**32 - 1]) for _ in range(2)))
                data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
        (bench.place / f"fuzzed.{kind}").write_bytes(data)
        more = {"png": '\nheight_range = "0.2 um"', "h5": '\ndataset = "z"'}.get(kind, "")
        copper = f'shape = "map"\nfile = "fuzzed.{kind}"{more}'
        how, told = checked(bench, re.sub(r"(?ms)^shape = \"rough\".*?(?=^\[)", lambda _: copper + "\n", base))
        yield how, f"{kind} {wide} x {high}, {len(data)} bytes\n{told}"


def directories(bench):
    """Run directories whose HDF5 files are well-formed and wrong, through `resume`, `measure` and `report`."""
    for trial in range(bench.count(3, 300)):
        wrong = bench.fresh("wrong")
        shutil.copytree(bench.whole, wrong)
        file = bench.random.choice(["fields.vtkhdf", "checkpoint.h5"])
        with h5py.File(wrong / file, "r+", locking=False) as stored:
            names = []
            stored.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
            name = bench.random.choice(names)
            data, shape = stored[name][()], stored[name].shape
            attributes = dict(stored[name].attrs) if bench.random.random() < 0.5 else {}
            del stored[name]
            change = bench.random.randrange(5)
            if change == 0 or not shape:
                stored[name] = bench.random.choice([0, -1, 2**62, float("nan"), "text", ""])
            elif change == 1:
                stored[name] = data[: bench.random.randrange(shape[0] + 1)]
            elif change == 2:
                stored[name] = np.asarray(data).ravel()
            elif change == 3:
                stored[name] = np.full(shape, bench.random.choice([np.nan, 1e308, -1, 2**40]))
            for key in attributes if name in stored else ():
                if not key.startswith(("DIMENSION", "REFERENCE", "CLASS")):
                    stored[name].attrs[key] = attributes[key]
        if bench.random.random() < 0.3:
            table = wrong / "metrics.csv"
            rows = table.read_text().splitlines()
            i = bench.random.randrange(2, len(rows))
            rows[i] = ",".join(bench.random.choice(["1e308", "-1e308", "", "x", "NaN", "0"]) for _ in rows[i].split(","))
            table.write_text("\n".join(rows))
        (wrong / "run.json").write_text((wrong / "run.json").read_text().replace('"status": "done"', '"status": "running"'))
        how = "sentences"
        for arguments in (["measure", wrong, "--all"], ["report", wrong], bench.resume(wrong)):
            done = bench.call(arguments, limit=60)
            if done.returncode not in SENTENCES:
                how = f"{arguments[0]} crashed with {done.returncode}"
                break
        yield how, f"{file} {name}: {done.stderr}"


PARTS = {"kills": kills, "cuts": cuts, "cuts_of_sectors": cuts_of_sectors, "writes": writes, "flips": flips, "configs": configs, "steps": steps, "tables": tables, "maps": maps, "directories": directories}
WRONG = ("crashed", "DIFFERENT", "A PLAN WITH NaN", "unreadable", "lost", "report crashed", "measure crashed", "resume crashed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="a few of each, for the tests")
    parser.add_argument("--only", choices=PARTS, action="append", help="only this part; may be given again")
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "target/release/liplate")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="work in this directory and leave it")
    arguments = parser.parse_args()
    arguments.binary = arguments.binary.resolve()
    bench = Bench(arguments)
    bad = False
    print("| what | how it ended | times |\n|---|---|---|")
    for name in arguments.only or PARTS:
        part = PARTS[name]
        counts = collections.Counter()
        for how, told in part(bench):
            counts[how] += 1
            if how.startswith(WRONG):
                bad = True
                print(f"{name}: {how}\n{told}", file=sys.stderr)
        for how, times in counts.most_common():
            print(f"| {part.__doc__.splitlines()[0]} | {how} | {times} |", flush=True)
    if not arguments.keep:
        shutil.rmtree(bench.place)
    sys.exit(bad)


if __name__ == "__main__":
    main()

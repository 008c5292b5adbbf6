"""Kills, signals, limits and edited inputs, again and again, against the program; prints what was lost.

Run from the root of the repository, with nothing but Python 3.9 or newer, on Linux:

    cargo build --release && python3 tests/scripts/soak.py

    --program PATH   the program [default: target/release/g2r]
    --kills N        kills while a run folder is overwritten [default: 40]
    --seed N         seed of the random moments [default: 0]
    --only NAME,…    some of: kills, train, bench, limits, stale

It takes under 20 minutes and is not part of CI. The last lines are a table: what was tried, and of each check

- mixed folders: run folders whose embedding, settings, model and report are not of one run, or where one is missing;
- leftovers: temporary files and folders that are still there after the next run;
- lost seeds: seeds or runs of a comparison that were reported as finished, and are in no report or table;
- stale rows: rows of a table that are of inputs as they were before an edit;
- crashes: ends by a signal that nobody sent, such as an abort of the allocator.

The exit code is 1 if any of them is not 0, or if a run ends in another way than it should.
"""

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = ["tried", "mixed folders", "leftovers", "lost seeds", "stale rows", "crashes", "wrong ends"]
LEFTOVER = re.compile(r"^\..*(writing-[A-Za-z0-9]{6}|tmp[A-Za-z0-9]{6})$|^\.tmp[A-Za-z0-9]{6}$")


class Soak:
    """What was found of each check."""

    def __init__(self, program, work, rng):
        self.program, self.work, self.rng = program, work, rng
        self.rows = {}
        self.notes = []

    def count(self, check, column, number=1):
        row = self.rows.setdefault(check, dict.fromkeys(COLUMNS, 0))
        row[column] += number

    def note(self, text):
        self.notes.append(text)
        print("  " + text, flush=True)

    def start(self, arguments, preexec_fn=None, **more):
        def begin():
            # The program goes on ignoring what this script was started to ignore, as in the background of a shell.
            for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(ending, signal.SIG_DFL)
            if preexec_fn:
                preexec_fn()

        return subprocess.Popen(
            [str(self.program), *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=begin,
            **more,
        )

    def run(self, arguments, expected=(0,), check=None, **more):
        """Runs to the end; an end that was not expected is counted."""
        child = self.start(arguments, **more)
        out, err = child.communicate()
        if child.returncode not in expected and check is not None:
            self.count(check, "crashes" if child.returncode < 0 else "wrong ends")
            self.note(f"{check}: exit {child.returncode}: {err.strip()[-300:]}")
        return child.returncode, out, err

    def table(self):
        head = ["check", *COLUMNS]
        lines = [[name, *(str(row[column]) for column in COLUMNS)] for name, row in self.rows.items()]
        widths = [max(len(line[place]) for line in [head, *lines]) for place in range(len(head))]
        form = lambda line: "| " + " | ".join(
            word.ljust(width) if place == 0 else word.rjust(width)
            for place, (word, width) in enumerate(zip(line, widths))
        ) + " |"
        rule = "|" + "|".join("-" * (width + 1) + (":" if place else "-") for place, width in enumerate(widths)) + "|"
        return "\n".join([form(head), rule, *map(form, lines)])

    def found_any(self):
        return any(row[column] for row in self.rows.values() for column in COLUMNS[1:])


def write_graph(folder, nodes, features, rng, name="mine"):
    """A graph of four classes in LINQS's format, whose features and edges follow the class; with some loops, and some nodes
    without an edge."""
    folder.mkdir(parents=True, exist_ok=True)
    classes = [rng.randrange(4) for _ in range(nodes)]
    with open(folder / f"{name}.content", "w") as out:
        for node, label in enumerate(classes):
            row = [int(rng.random() < (0.4 if column % 4 == label else 0.1)) for column in range(features)]
            out.write(f"n{node}\t" + "\t".join(map(str, row)) + f"\tclass{label}\n")
    of_class = [[node for node in range(nodes) if classes[node] == label] for label in range(4)]
    with open(folder / f"{name}.cites", "w") as out:
        for node, label in enumerate(classes):
            for _ in range(3):
                near = rng.choice(of_class[label]) if rng.random() < 0.8 else rng.randrange(nodes)
                if near == node or (node % 10 and near % 10):
                    out.write(f"n{node}\tn{near}\n")
            if node % 7 == 1:
                out.write(f"n{node}\tn{node}\n")


def leftovers(*folders):
    """Temporary names in some folders."""
    return [path for folder in folders if folder.is_dir() for path in folder.iterdir() if LEFTOVER.match(path.name)]


def signature_of(run):
    """The width and the seed that each file of a run says it is of; an exception for a file that is missing or cut off."""
    report = json.loads((run / "report.json").read_text())
    model = json.loads((run / "model.json").read_text())
    config = (run / "config.toml").read_text()
    with open(run / "embedding.npy", "rb") as file:
        head = file.read(256).decode("latin-1")
    rows, width = map(int, re.search(r"'shape': \((\d+), (\d+)\)", head).groups())
    size = (run / "embedding.npy").stat().st_size
    if size < rows * width * 4 or len((run / "nodes.csv").read_text().splitlines()) != rows + 1:
        raise ValueError("a file is cut off")
    number = lambda pattern: int(re.search(pattern + r" = (\d+)", config).group(1))
    with open(run / "embedding.csv") as lines:
        columns = len(re.findall(r",e\d+", lines.readline()))
    of_config = number(r"\[random-init\]\nd_output")
    widths = {width, columns, of_config, model["d_output"], report["settings"]["random-init"]["d_output"]}
    seeds = {number(r"(?m)^seed"), model["provenance"]["seed"], report["best_seed"]}
    return widths, seeds


def is_mixed(soak, run, check):
    try:
        widths, seeds = signature_of(run)
    except Exception as error:
        soak.note(f"{check}: {type(error).__name__}: {error}")
        return True
    if len(widths) != 1 or len(seeds) != 1:
        soak.note(f"{check}: widths {sorted(widths)}, seeds {sorted(seeds)}")
        return True
    return False


def kills(soak, number):
    """SIGKILL at random moments while a run folder is overwritten."""
    check = "SIGKILL, train"
    root = soak.work / "kills"
    write_graph(root / "graph", 6000, 40, soak.rng)
    parent, run = root / "runs", root / "runs" / "run"

    def arguments(place):
        width, seed = 32 + 4 * (place % 40), place
        return [
            "train", root / "graph", "--method", "random-init", "--protocol", "none", "--seed", seed, "--seeds", 1,
            "--d-output", width, "--embedding-format", "csv", "--quiet", "--out", run,
        ]

    def writes():
        """Whether the new embedding is being written somewhere."""
        staged = [*parent.glob(".run.writing-*/contents"), *run.glob(".writing-*")]
        return any((folder / "embedding.npy").exists() for folder in staged)

    watched = [str(run / name) for name in ("embedding.npy", "config.toml", "report.json", "model.json", "nodes.csv")]

    def inodes():
        """Which file stands under each name."""
        found = []
        for path in watched:
            try:
                found.append(os.stat(path).st_ino)
            except FileNotFoundError:
                found.append(None)
        return found

    soak.run(arguments(0), check=check)
    (run / "notes.txt").write_text("the user's")
    # How long a run is, and how long it writes.
    begun = time.monotonic()
    child = soak.start(arguments(1))
    while child.poll() is None and not writes():
        time.sleep(0.0005)
    first = time.monotonic()
    child.communicate()
    whole, writing = time.monotonic() - begun, time.monotonic() - first
    soak.note(f"{check}: a run takes {whole:.2f} s, {writing:.2f} s of them to write")
    in_writing, seen = 0, set()
    for place in range(2, number + 2):
        soak.count(check, "tried")
        child = soak.start(arguments(place))
        if place % 4 == 0:
            time.sleep(soak.rng.uniform(0, whole))
        elif place % 4 < 3:
            # When the first file is in its place.
            before = inodes()
            while child.poll() is None and not writes():
                time.sleep(0.0002)
            os.sched_yield()
            while inodes() == before and child.returncode is None:
                if not writes():
                    child.poll()
        else:
            while child.poll() is None and not writes():
                time.sleep(0.0002)
            time.sleep(soak.rng.uniform(0, 1.1 * writing))
        child.kill()
        in_writing += child.wait() == -signal.SIGKILL
        child.communicate()
        if is_mixed(soak, run, check):
            soak.count(check, "mixed folders")
            # So that the next kill is counted by what it does itself.
            soak.run(arguments(place), check=check)
        if not (run / "notes.txt").exists():
            soak.count(check, "wrong ends")
            soak.note(f"{check}: the user's file is gone")
        if place % 8 == 7 or place == number + 1:
            soak.run(arguments(place), check=check)
            left = {path.name for path in leftovers(parent, run)} - seen
            seen |= left
            soak.count(check, "leftovers", len(left))
            if left or is_mixed(soak, run, check):
                soak.note(f"{check}: left {sorted(left)}")
    soak.note(f"{check}: {in_writing} of {number} kills came before the end of a run")


def seeds_of(stdout):
    """The seeds that were reported as finished."""
    lines = [json.loads(line) for line in stdout.splitlines() if line.startswith("{")]
    return [line["seed"] for line in lines if line["type"] == "seed"]


def listens(child):
    """Whether a process has a handler for SIGINT."""
    status = Path(f"/proc/{child.pid}/status").read_text()
    caught = re.search(r"(?m)^SigCgt:\s*([0-9a-f]+)", status)
    return caught is not None and int(caught.group(1), 16) >> (signal.SIGINT - 1) & 1


def signals_in_training(soak):
    """SIGTERM, SIGHUP and SIGINT in a training: of one seed that lasts, and of many."""
    check = "TERM, HUP, INT, train"
    root = soak.work / "train"
    write_graph(root / "graph", 300, 20, soak.rng)
    common = ["train", root / "graph", "--method", "g2r", "--d-hidden", 16, "--d-output", 8, "--format", "json"]
    plans = [
        ["--protocol", "none", "--seeds", 1, "--epochs", 1000000],
        ["--protocol", "10-10-80", "--seeds", 1, "--epochs", 1000000, "--eval-every", 50],
        ["--protocol", "10-10-80", "--seeds", 300, "--epochs", 20],
    ]
    for place in range(36):
        soak.count(check, "tried")
        run = root / "runs" / f"run-{place}"
        wanted = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT][place % 3]
        child = soak.start([*common, *plans[place // 3 % 3], "--out", run])
        # Signals before there is a listener end the program, as they always did.
        while child.poll() is None and not listens(child):
            time.sleep(0.002)
        first = ""
        if place // 3 % 3 == 2:
            # The baselines of all splits come before the first seed.
            first = child.stdout.readline()
        time.sleep(soak.rng.uniform(0.3, 2))
        child.send_signal(wanted)
        out, err = child.communicate()
        out = first + out
        if child.returncode != 1:
            soak.count(check, "wrong ends")
            soak.note(f"{check}: {wanted.name}: exit {child.returncode}: {err.strip()[-200:]}")
        finished = seeds_of(out)
        kept = []
        if (run / "report.json").exists():
            kept = [result["seed"] for result in json.loads((run / "report.json").read_text())["results"]]
        lost = len(set(finished) - set(kept)) + (not kept)
        soak.count(check, "lost seeds", lost)
        if lost:
            soak.note(f"{check}: {wanted.name}: {len(finished)} finished, {len(kept)} kept: {err.strip()[-200:]}")
        soak.count(check, "leftovers", len(leftovers(root / "runs", run)))


def bench_config(path, seeds, epochs):
    path.write_text(
        f"methods = ['g2r', 'dgi', 'propagated']\nprotocols = ['10-10-80']\nseeds = {seeds}\n"
        f"[g2r]\nepochs = {epochs}\nencoder.d_hidden = [16]\nd_output = 8\n"
        f"[dgi]\nepochs = {epochs}\nd_output = 8\n[random-init]\nencoder.d_hidden = [16]\nd_output = 8\n"
    )


def rows_of(out):
    """The rows of a comparison's table without what another run takes other time for."""
    rows = json.loads((out / "table.json").read_text())
    timed = re.compile("seconds|bytes|^out$|device")
    return [{key: value for key, value in row.items() if not timed.search(key)} for row in rows]


def signals_in_a_comparison(soak):
    """Signals and kills in a comparison, which is resumed until it is finished."""
    check = "signals, bench"
    root = soak.work / "bench"
    write_graph(root / "graph", 300, 20, soak.rng)
    bench_config(root / "bench.toml", 12, 150)
    arguments = lambda out: ["bench", "--config", root / "bench.toml", "--datasets", root / "graph", "--out", out]
    undisturbed = root / "undisturbed"
    begun = time.monotonic()
    soak.run(arguments(undisturbed), check=check)
    whole = time.monotonic() - begun
    expected = rows_of(undisturbed)
    wanted = [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL]
    for repeat in range(3):
        out = root / f"disturbed-{repeat}"
        finished = 0
        for place in range(60):
            soak.count(check, "tried")
            child = soak.start(arguments(out))
            time.sleep(soak.rng.uniform(0.05, 0.4) * whole)
            kind = wanted[place % 4]
            if child.poll() is None:
                child.send_signal(kind)
            _, err = child.communicate()
            results = out / "results.jsonl"
            lines = results.read_bytes().count(b"\n") if results.exists() else 0
            told = len(re.findall(r"(?m)^\d+/\d+, ", err))
            lost = max(0, finished + told - lines)
            soak.count(check, "lost seeds", lost)
            if lost:
                soak.note(f"{check}: {kind.name}: {finished} before, {told} told, {lines} in the file")
            finished = lines
            if child.returncode == 0:
                break
            if child.returncode not in (1, -kind):
                soak.count(check, "wrong ends")
                soak.note(f"{check}: {kind.name}: exit {child.returncode}: {err.strip()[-200:]}")
        soak.run(arguments(out), check=check)
        if rows_of(out) != expected:
            soak.count(check, "wrong ends")
            soak.note(f"{check}: the table is not that of an undisturbed comparison")
        soak.count(check, "leftovers", len(leftovers(root, out)))


def limited(kind, bytes_):
    """What sets a limit in the child."""
    return lambda: resource.setrlimit(kind, (bytes_, bytes_))


def limits(soak):
    """Little memory, files that may not grow, a full disk."""
    root = soak.work / "limits"
    write_graph(root / "graph", 2000, 40, soak.rng)
    run = root / "runs" / "run"
    train = ["train", root / "graph", "--method", "g2r", "--protocol", "none", "--epochs", 2, "--quiet", "--embedding-format", "csv"]
    soak.run([*train, "--out", run, "--seed", 7], check="RLIMIT_FSIZE")
    before = {path.name: path.read_bytes() for path in run.iterdir()}

    def check_untouched(check):
        if {path.name: path.read_bytes() for path in run.iterdir()} != before:
            soak.count(check, "mixed folders")
            soak.note(f"{check}: the old folder has changed")
        soak.count(check, "leftovers", len(leftovers(root / "runs", run)))

    check = "RLIMIT_FSIZE"
    for size in [0, 1, 100, 1 << 10, 10 << 10, 100 << 10, 1 << 20, 3 << 20]:
        soak.count(check, "tried")
        more = {"preexec_fn": limited(resource.RLIMIT_FSIZE, size)}
        _, _, err = soak.run([*train, "--out", run], expected=(1,), check=check, **more)
        if "cannot write" not in err:
            soak.note(f"{check}: {size}: {err.strip()[-200:]}")
        check_untouched(check)
    bench_config(root / "bench.toml", 2, 3)
    bench = ["bench", "--config", root / "bench.toml", "--datasets", root / "graph"]
    for place, size in enumerate([0, 100, 1 << 10, 4 << 10]):
        soak.count(check, "tried")
        more = {"preexec_fn": limited(resource.RLIMIT_FSIZE, size)}
        soak.run([*bench, "--out", root / f"bench-{place}"], expected=(1,), check=check, **more)
        soak.run([*bench, "--out", root / f"bench-{place}"], check=check)
        soak.count(check, "leftovers", len(leftovers(root, root / f"bench-{place}")))

    check = "RLIMIT_AS"
    out = root / "runs" / "of-memory"
    for mebibytes in [32, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048]:
        soak.count(check, "tried")
        more = {"preexec_fn": limited(resource.RLIMIT_AS, mebibytes << 20)}
        code, _, err = soak.run([*train, "--out", out], expected=(0, 1, 2), check=check, **more)
        if code == 0 and not (out / "report.json").exists():
            soak.count(check, "lost seeds")

    check = "full disk"
    disk = root / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        soak.note(f"{check}: not tried, as no file system can be mounted")
        return
    try:
        soak.count(check, "tried", 3)
        _, _, err = soak.run([*train, "--out", disk / "run"], expected=(1,), check=check)
        if "No space left" not in err:
            soak.count(check, "wrong ends")
            soak.note(f"{check}: {err.strip()[-200:]}")
        soak.count(check, "leftovers", len(list(disk.iterdir())))
        # Not a byte is left.
        with open(disk / "full", "wb") as file:
            try:
                file.write(bytes(2 << 20))
            except OSError:
                pass
        soak.run([*train, "--out", disk / "run"], expected=(1,), check=check)
        soak.run([*bench, "--out", disk / "bench"], expected=(1,), check=check)
    finally:
        subprocess.run(["umount", str(disk)], check=False)


def stale(soak):
    """A comparison into the same folder after an edit shows what a new folder shows."""
    check = "edited inputs, bench"
    root = soak.work / "stale"
    graph = root / "graph"
    write_graph(graph, 300, 20, soak.rng)
    bench_config(root / "bench.toml", 2, 20)
    content, cites = (graph / "mine.content").read_text(), (graph / "mine.cites").read_text()

    def edited(edit):
        lines = [line.split("\t") for line in content.splitlines()]
        if edit == "features":
            lines = [[line[0], *("0" if place % 2 else value for place, value in enumerate(line[1:-1])), line[-1]] for line in lines]
        elif edit == "labels":
            lines = [[*line[:-1], f"class{(int(line[-1][5:]) + place % 2) % 4}"] for place, line in enumerate(lines)]
        (graph / "mine.content").write_text("\n".join("\t".join(line) for line in lines) + "\n")
        edges = cites.splitlines()
        (graph / "mine.cites").write_text("\n".join(edges[: len(edges) // 2] if edit == "edges" else edges) + "\n")

    edits = {
        "features": [],
        "edges": [],
        "labels": [],
        "--feature-scaling standardize": ["--feature-scaling", "standardize"],
        "--isolated-nodes drop": ["--isolated-nodes", "drop"],
        "--loops keep": ["--loops", "keep"],
    }
    for place, (edit, flags) in enumerate(edits.items()):
        soak.count(check, "tried")
        same, fresh = root / f"same-{place}", root / f"fresh-{place}"
        arguments = ["bench", "--config", root / "bench.toml", "--datasets", graph, "--quiet"]
        edited(None)
        soak.run([*arguments, "--out", same], check=check)
        edited(edit)
        code, _, _ = soak.run([*arguments, *flags, "--out", same], expected=(0, 1, 2), check=check)
        soak.run([*arguments, *flags, "--out", fresh], check=check)
        # What is refused shows nothing.
        if code == 0:
            shown, expected = rows_of(same), rows_of(fresh)
            rows = sum(row not in expected for row in shown)
            soak.count(check, "stale rows", rows)
            if rows:
                soak.note(f"{check}: {edit}: {rows} of {len(shown)} rows are of before")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=Path("target/release/g2r"))
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="kills,train,bench,limits,stale")
    arguments = parser.parse_args()
    os.environ.pop("GRAPH_IO_DATA", None)
    work = Path(tempfile.mkdtemp(prefix="soak-"))
    soak = Soak(arguments.program.resolve(), work, random.Random(arguments.seed))
    checks = {
        "kills": lambda: kills(soak, arguments.kills),
        "train": lambda: signals_in_training(soak),
        "bench": lambda: signals_in_a_comparison(soak),
        "limits": lambda: limits(soak),
        "stale": lambda: stale(soak),
    }
    begun = time.monotonic()
    try:
        for name in arguments.only.split(","):
            print(f"{name} …", flush=True)
            checks[name]()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"\n{soak.table()}\n\n{time.monotonic() - begun:.0f} s")
    sys.exit(1 if soak.found_any() else 0)


if __name__ == "__main__":
    main()

"""What the package costs beside the program, and how fast graphs come in. Linux.

    G2R_PROGRAM=target/release/g2r python crates/python/scripts/measure.py

Each figure is the median of several processes, without reading Cora from anywhere but the package and the program themselves.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

TRAIN = """
import resource, time
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
start = used()
import g2r
imported = used()
cora = g2r.load_dataset("cora")
model = g2r.{name}({arguments}).fit(cora)
fitted = used()
print(imported, fitted - imported, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

INGEST = """
import time, resource, sys
import numpy as np, scipy.sparse as sp, g2r
nodes, edges = 1_000_000, 10_000_000
rng = np.random.default_rng(0)
ends = rng.integers(nodes, size=(2, edges), dtype=np.int32)
one_way = sp.csr_array((np.ones(edges, np.float32), (ends[0], ends[1])), shape=(nodes, nodes))
matrix = one_way if sys.argv[1] == "arcs" else (one_way + one_way.T).tocsr()
if sys.argv[1] != "arcs":
    matrix.setdiag(0)
    matrix.eliminate_zeros()
    matrix.data[:] = 1
del one_way, ends
size = matrix.indices.nbytes + matrix.indptr.nbytes + matrix.data.nbytes
matrix.has_canonical_format
open("/proc/self/clear_refs", "w").write("5")
status = lambda key: next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key))
before = status("VmRSS")
start, cpu = time.perf_counter(), time.process_time()
graph = g2r.Dataset(matrix, missing_features="degree")
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
kept = graph.num_nodes * 12 + graph._native.num_edges * 16
print(matrix.nnz, graph.num_edges, size / 1e6, seconds, cpu, (status("VmHWM") - before) / 1024, kept / 2**20)
"""


def of_process(command):
    """Standard output, processor seconds and peak memory of a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    # GNU time is not everywhere; a child of a fresh Python is measured alone.
    code = (
        "import subprocess, resource, sys, json; p = subprocess.run(sys.argv[1:], check=True, capture_output=True, text=True);"
        "u = resource.getrusage(resource.RUSAGE_CHILDREN); print(json.dumps([p.stdout, u[0] + u[1], u.ru_maxrss]))"
    )
    told = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True)
    del before
    return json.loads(told.stdout)


def median(values):
    return statistics.median(values)


def main():
    program = os.environ["G2R_PROGRAM"]
    print("| Cora, one seed | program | package: import | package: fit | fit against program | peak memory |")
    print("|---|---:|---:|---:|---:|---:|")
    methods = [
        ("g2r-linear", "G2RLinear", ""),
        ("g2r", "G2R", ""),
        ("g2r, authors", "G2R", "preset='authors'"),
        ("dgi", "DGI", ""),
        ("cca-ssg", "CCASSG", ""),
    ]
    for title, name, arguments in methods:
        method, _, preset = title.partition(", ")
        flags = ["--method", method, "--seeds", "1", "--device", "cpu"] + (["--preset", preset] if preset else [])
        theirs, ours = [], []
        for _ in range(5):
            with tempfile.TemporaryDirectory() as folder:
                theirs.append(of_process([program, "train", "cora", "-q", *flags, "--out", folder + "/run"])[1:])
            code = TRAIN.format(name=name, arguments=arguments)
            told, _, _ = of_process([sys.executable, "-c", code])
            ours.append([float(value) for value in told.split()])
        cpu, memory = (median(values) for values in zip(*theirs))
        imported, fitted, rss = (median(values) for values in zip(*ours))
        print(
            f"| {title} | {cpu:.2f} s | {imported:.2f} s | {fitted:.2f} s | {100 * (fitted / cpu - 1):+.1f} % "
            f"| {memory / 1024:.0f} → {rss / 1024:.0f} MB |",
            flush=True,
        )
    print()
    print("| 10⁶ nodes, scipy.sparse csr | entries | edges | MB | seconds | MB/s | CPU s | memory above before, MB | graph, MB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for kind in ("arcs", "symmetric"):
        told = [of_process([sys.executable, "-c", INGEST, kind])[0].split() for _ in range(3)]
        nnz, edges, size, seconds, cpu, peak, kept = (median(map(float, values)) for values in zip(*told))
        print(
            f"| {kind} | {nnz:.0f} | {edges:.0f} | {size:.0f} | {seconds:.2f} | {size / seconds:.0f} | {cpu:.2f} | {peak:.0f} | {kept:.0f} |"
        )


if __name__ == "__main__":
    main()

"""PyTorch Geometric's half of the side-by-side benchmark: a child process that trains on request.

Needs nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6 torch==2.15.0 torch_geometric==2.8.1

The first line of stdin is the task, as JSON. Set-up done, one line tells the versions. Each later line is a request,
and gets one line of JSON:

    run N   N steps: {"wall_s": .., "cpu_s": .., "steps": N}, CPU seconds of all threads together
    peak    {"peak_rss_bytes": ..}, the most memory the process ever held

End of input ends the process; nothing but these lines goes to stdout. PyG normalises the graph in the first step and
keeps the result, so a `run 1` belongs before what is measured. Threads of libgomp spin while they wait, and on a busy
machine most of `cpu_s` can be that: the environment variable OMP_WAIT_POLICY=passive makes them sleep.

A task has `task` (gcn, dgi, gat or spmm), `data` (a directory), `threads`, `seed`, the widths that its function below
reads, and the two forms that the inputs may take:

    features    "dense", as in PyG's examples, or "sparse": a CSR tensor, which PyG's `Linear` multiplies as it is.
                On Cora's features no other sparse product in torch is faster, forward and backward.
    adjacency   "edge_index", as in PyG's examples, or "csr": a CSR tensor, which PyG multiplies with `torch.sparse.mm`;
                only attention still goes from arc to arc.

The directory has `edge_index.npy`, int64 [2, arcs], both directions and no loops, and the features: `x.npy`, float32
[nodes, d_input], or a CSR matrix of the shape `x_dims` in the task, as `x_row_ptr.npy` and `x_columns.npy`, int64, and
`x_values.npy`, float32. Task spmm makes its own features, always has a CSR adjacency, and takes the number of nodes
from `x_dims`.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
import torch_geometric
from torch.nn import Module, Parameter, PReLU
from torch_geometric.nn import DeepGraphInfomax, GATConv, GCNConv, LGConv, Linear
from torch_geometric.nn.conv.gcn_conv import gcn_norm
from torch_geometric.utils import to_torch_csr_tensor


def read_array(task, name):
    return torch.from_numpy(np.load(Path(task["data"]) / f"{name}.npy"))


def read_features(task):
    if (Path(task["data"]) / "x.npy").exists():
        x = read_array(task, "x")
    else:
        parts = (read_array(task, f"x_{part}") for part in ("row_ptr", "columns", "values"))
        x = torch.sparse_csr_tensor(*parts, size=task["x_dims"])
    if task["features"] == "sparse":
        return x if x.layout == torch.sparse_csr else x.to_sparse_csr()
    return x.to_dense()


def read_adjacency(task, num_nodes):
    edge_index = read_array(task, "edge_index")
    if task["adjacency"] == "csr":
        return to_torch_csr_tensor(edge_index, size=(num_nodes, num_nodes))
    return edge_index


def adam(parameters, **settings):
    # Adam's fastest form on a CPU; the update is the default's.
    return torch.optim.Adam(parameters, fused=True, **settings)


def gcn(task):
    """G2R's encoder, trained on a random linear function of the embedding instead of the rates."""
    x = read_features(task)
    adjacency = read_adjacency(task, x.size(0))
    first = GCNConv(x.size(1), task["d_hidden"], cached=True)
    second = GCNConv(task["d_hidden"], task["d_output"], cached=True)
    coefficients = torch.randn(x.size(0), task["d_output"])
    optimizer = adam([*first.parameters(), *second.parameters()], lr=1e-3, weight_decay=1e-4)

    def step():
        optimizer.zero_grad()
        hidden = first(x, adjacency).relu()
        embedding = F.normalize(second(hidden, adjacency), p=1, dim=1, eps=1e-12)
        (embedding * coefficients).sum().backward()
        optimizer.step()

    return step


class InfomaxEncoder(Module):
    """The encoder of PyG's `examples/infomax_transductive.py`."""

    def __init__(self, d_input, d_output):
        super().__init__()
        self.conv = GCNConv(d_input, d_output, cached=True)
        self.prelu = PReLU(d_output)

    def forward(self, x, adjacency):
        return self.prelu(self.conv(x, adjacency))


class PropagatingEncoder(Module):
    """The same encoder without its weight: for features that are multiplied by it already."""

    def __init__(self, d_output):
        super().__init__()
        # With normalize=False, LGConv is the bare product with the adjacency it is given.
        self.conv = LGConv(normalize=False)
        self.bias = Parameter(torch.zeros(d_output))
        self.prelu = PReLU(d_output)

    def forward(self, projected, adjacency, edge_weight):
        return self.prelu(self.conv(projected, adjacency, edge_weight) + self.bias)


def permute_rows(x, *graph):
    # Not x[permutation], as in the example: the gradient of that takes ten times as long as the one of index_select.
    return x.index_select(0, torch.randperm(x.size(0))), *graph


def infomax(encoder, d_output):
    return DeepGraphInfomax(
        hidden_channels=d_output,
        encoder=encoder,
        summary=lambda z, *args, **kwargs: z.mean(dim=0).sigmoid(),
        corruption=permute_rows,
    )


def dgi(task):
    """Deep Graph Infomax, as in PyG's example for dense features."""
    x = read_features(task)
    adjacency = read_adjacency(task, x.size(0))
    if task["features"] == "sparse":
        return dgi_on_sparse(task, x, adjacency)

    model = infomax(InfomaxEncoder(x.size(1), task["d_output"]), task["d_output"])
    optimizer = adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        model.loss(*model(x, adjacency)).backward()
        optimizer.step()

    return step


def dgi_on_sparse(task, x, adjacency):
    """The same model, with the corruption where the features are dense and narrow: (P X) W is P (X W).

    torch does not index a CSR tensor by a permutation; this also multiplies the features once a step, not twice.
    """
    graph = gcn_norm(adjacency, num_nodes=x.size(0), dtype=torch.float32)
    project = Linear(x.size(1), task["d_output"], bias=False, weight_initializer="glorot")
    model = infomax(PropagatingEncoder(task["d_output"]), task["d_output"])
    optimizer = adam([*project.parameters(), *model.parameters()], lr=1e-3)

    def step():
        optimizer.zero_grad()
        model.loss(*model(project(x), *graph)).backward()
        optimizer.step()

    return step


def gat(task):
    """The GAT paper's two layers for citation graphs, fitted to random classes of all nodes.

    Layers start in training mode, so dropout is on; only the attention has some, not the features.
    """
    x = read_features(task)
    adjacency = read_adjacency(task, x.size(0))
    dropout = task["attention_dropout"]
    first = GATConv(x.size(1), 8, heads=8, dropout=dropout)
    second = GATConv(64, task["d_output"], heads=1, concat=False, dropout=dropout)
    classes = torch.randint(task["d_output"], (x.size(0),))
    optimizer = adam([*first.parameters(), *second.parameters()], lr=5e-3, weight_decay=5e-4)

    def step():
        optimizer.zero_grad()
        scores = second(F.elu(first(x, adjacency)), adjacency)
        F.cross_entropy(scores, classes).backward()
        optimizer.step()

    return step


def spmm(task):
    """The forward product of the normalised adjacency with a dense matrix of `width` columns."""
    num_nodes = task["x_dims"][0]
    wide, _ = gcn_norm(to_torch_csr_tensor(read_array(task, "edge_index"), size=(num_nodes, num_nodes)))
    # MKL takes indices of 32 bits: given 64, torch would narrow them again in every product.
    indices = (wide.crow_indices().int(), wide.col_indices().int())
    adjacency = torch.sparse_csr_tensor(*indices, wide.values(), size=wide.shape)
    x = torch.rand(num_nodes, task["width"])
    return lambda: torch.sparse.mm(adjacency, x)


TASKS = dict(gcn=gcn, dgi=dgi, gat=gat, spmm=spmm)


def timed(step, num_steps):
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(num_steps):
        step()
    return dict(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu, steps=num_steps)


def peak():
    # Not ru_maxrss, which begins at what the parent held when it started this.
    status = Path("/proc/self/status").read_text()
    (kibibytes,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return dict(peak_rss_bytes=int(kibibytes) * 1024)


def answer(line):
    print(json.dumps(line), flush=True)


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    torch.manual_seed(task["seed"])
    step = TASKS[task["task"]](task)
    versions = dict(torch=torch.__version__, torch_geometric=torch_geometric.__version__)
    answer(dict(ready=True, **versions, threads=torch.get_num_threads()))
    for request in sys.stdin:
        match request.split():
            case ["run", num_steps]:
                answer(timed(step, int(num_steps)))
            case ["peak"]:
                answer(peak())
            case _:
                sys.exit(f"unknown request: {request!r}")


if __name__ == "__main__":
    main()

"""Writes the golden numbers of `crates/gnn`: layers of PyTorch Geometric and their gradients, in float64.

Run from the root of the repository, with nothing but PyPI:

    python -m venv venv && venv/bin/pip install numpy==2.4.6 torch==2.15.0 torch_geometric==2.8.1
    venv/bin/python tests/scripts/pyg_layers_golden.py

The gradients are those of sum(output * coefficients) by the features and by every parameter. Features, parameters and
coefficients are fractions that f32 holds exactly, so a test in f32 starts from the same numbers.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch.nn import ReLU, Sequential
from torch_geometric.nn import GATConv, GATv2Conv, GCNConv, GINConv, Linear, SAGEConv, SGConv

OUT = Path("crates/gnn/tests/golden/pyg_layers.json")

# Node 2 is a hub, node 5 hangs on it alone, node 6 has no neighbor.
NUM_NODES = 7
EDGES = [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3), (2, 4), (2, 5), (3, 4)]

GAT_NAMES = dict(weight="lin.weight", att_source="att_src", att_target="att_dst", bias="bias")
GATV2_NAMES = dict(
    weight_source="lin_l.weight",
    bias_source="lin_l.bias",
    weight_target="lin_r.weight",
    bias_target="lin_r.bias",
    att="att",
    bias="bias",
)
SAGE_NAMES = dict(weight_neighbors="lin_l.weight", bias="lin_l.bias", weight_root="lin_r.weight")

# For each case: settings to store, the layer, and our name of each of its parameters.
CASES = {
    "gcn": ({}, lambda: GCNConv(3, 4), dict(weight="lin.weight", bias="bias")),
    "gat-concat": (dict(negative_slope=0.2), lambda **slope: GATConv(3, 2, heads=3, **slope), GAT_NAMES),
    "gat-mean": (dict(negative_slope=0.1), lambda **slope: GATConv(3, 2, heads=3, concat=False, **slope), GAT_NAMES),
    "gatv2-concat": (dict(negative_slope=0.2), lambda **slope: GATv2Conv(3, 2, heads=3, **slope), GATV2_NAMES),
    "gatv2-mean": (
        dict(negative_slope=0.1),
        lambda **slope: GATv2Conv(3, 2, heads=3, concat=False, **slope),
        GATV2_NAMES,
    ),
    "sage-mean": ({}, lambda: SAGEConv(3, 4, aggr="mean"), SAGE_NAMES),
    "sage-pool": (
        {},
        lambda: SAGEConv(3, 4, aggr="max", project=True),
        dict(weight_pool="lin.weight", bias_pool="lin.bias", **SAGE_NAMES),
    ),
    "gin": (
        {},
        lambda: GINConv(Sequential(Linear(3, 5), ReLU(), Linear(5, 4)), train_eps=True),
        dict(weight1="nn.0.weight", bias1="nn.0.bias", weight2="nn.2.weight", bias2="nn.2.bias", eps="eps"),
    ),
    "sgc": ({}, lambda: SGConv(3, 4, K=2), dict(weight="lin.weight", bias="lin.bias")),
}


# With this seed no unit's ReLU stops all nodes, and no kink is nearer than 0.006 to a value that goes through it.
SEED = 12


def fractions(purpose, shape):
    """Odd multiples of 1/256 in (-1, 1): none is zero, and 9 digits hold them exactly."""
    numerators = 2 * np.random.default_rng([SEED, *purpose.encode()]).integers(-128, 128, shape) + 1
    return torch.from_numpy(numerators / 256)


def our_layout(values):
    """Our weights are [d_input, d_output], PyG's [d_output, d_input]; its attention vectors are [1, heads, width]."""
    if values.dim() == 3:
        return values.squeeze(0)
    return values.t() if values.dim() == 2 else values


def tensor(values):
    rounded = [float(f"{v:.9g}") for v in values.detach().flatten().tolist()]
    return dict(shape=list(values.shape), values=rounded)


def golden(name):
    settings, make_layer, parameter_names = CASES[name]
    layer = make_layer(**settings)
    torch_parameters = dict(layer.named_parameters())
    assert sorted(torch_parameters) == sorted(parameter_names.values()), f"{name}: a parameter without a name of ours"
    parameters = {ours: torch_parameters[theirs] for ours, theirs in parameter_names.items()}
    for ours, parameter in parameters.items():
        parameter.data = fractions(f"{name} {ours}", parameter.shape)

    x = features().requires_grad_()
    output = layer(x, arcs())
    coefficients = fractions(f"{name} coefficients", output.shape)
    (output * coefficients).sum().backward()
    for ours, parameter in parameters.items():
        assert parameter.grad.all(), f"{name}: a gradient of zero by {ours} would pin nothing"
    return dict(
        name=name,
        **settings,
        params={ours: tensor(our_layout(parameter)) for ours, parameter in parameters.items()},
        coefficients=tensor(coefficients),
        output=tensor(output),
        gradients=dict(
            x=tensor(x.grad),
            **{ours: tensor(our_layout(parameter.grad)) for ours, parameter in parameters.items()},
        ),
    )


def features():
    return fractions("x", (NUM_NODES, 3))


def arcs():
    edges = torch.tensor(EDGES).t()
    return torch.cat([edges, edges.flip(0)], dim=1)


def compact(value):
    return json.dumps(value, separators=(",", ":"))


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    graph = f'"num_nodes":{NUM_NODES},"edges":{compact(EDGES)},"x":{compact(tensor(features()))}'
    lines = ",\n".join(compact(golden(name)) for name in CASES)
    OUT.write_text(f'{{{graph},"cases":[\n{lines}\n]}}\n')

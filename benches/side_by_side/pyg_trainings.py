"""PyTorch Geometric's half of the side-by-side trainings: a child process that trains once on request.

Needs what `pyg_worker.py` needs, and scikit-learn for the probe of DGI, as PyG's own example does.

The first line of stdin is the training, as JSON; `pyg_worker.py` says what `data`, `x_dims`, `features`, `adjacency` and
`threads` are. The directory also has `y.npy`, the class of each node, and `train.npy`, `val.npy` and `test.npy`, nodes;
all int64. With the data set in memory one line says so. Then a request is a line, and gets one line of JSON:

    train SEED  {"wall_s": .., "cpu_s": .., "accuracy": .., "epochs": ..}, CPU seconds of all threads together,
                accuracy on the test nodes
    peak        {"peak_rss_bytes": ..}, the most memory the process ever held

`epochs` in the training, where not null, is taken in place of the example's.

The trainings are PyG's `examples/infomax_transductive.py` and `examples/gcn.py`. All departures save time or change the
judge: Adam is the fused one; rows are shuffled by `index_select`; the trained DGI encodes the graph once and not also a
corrupted copy, without gradients; its rows are scaled to length 1 before the logistic regression, C = 1 and at most 500
iterations, which is the probe of the other half.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
import torch_geometric.transforms as T
from pyg_worker import InfomaxEncoder, adam, answer, infomax, peak, read_adjacency, read_array, read_features
from torch.nn import Module
from torch_geometric.data import Data
from torch_geometric.nn import GCNConv


def read_data(task):
    x = read_features(task)
    data = Data(x=x, edge_index=read_adjacency(task, x.size(0)), y=read_array(task, "y"))
    for name in ("train", "val", "test"):
        mask = torch.zeros(x.size(0), dtype=torch.bool)
        mask[read_array(task, name)] = True
        data[f"{name}_mask"] = mask
    return data


def dgi(task):
    """Features as they are: the example does not normalise them."""
    # Not at the top: GCN has no use for it, nor for its memory.
    from sklearn.linear_model import LogisticRegression

    data = read_data(task)
    d_output = task["settings"]["d_output"]
    epochs = task["epochs"] or 300

    def train():
        model = infomax(InfomaxEncoder(data.num_features, d_output), d_output)
        optimizer = adam(model.parameters(), lr=0.001)
        for _ in range(epochs):
            optimizer.zero_grad()
            loss = model.loss(*model(data.x, data.edge_index))
            loss.backward()
            optimizer.step()
            loss.item()
        with torch.no_grad():
            rows = F.normalize(model.encoder(data.x, data.edge_index)).numpy()
        train_mask, test_mask = data.train_mask.numpy(), data.test_mask.numpy()
        y = data.y.numpy()
        probe = LogisticRegression(C=1, max_iter=500).fit(rows[train_mask], y[train_mask])
        return dict(accuracy=probe.score(rows[test_mask], y[test_mask]), epochs=epochs)

    return train


class GCN(Module):
    """The model of `examples/gcn.py`."""

    def __init__(self, d_input, d_hidden, num_classes):
        super().__init__()
        self.conv1 = GCNConv(d_input, d_hidden)
        self.conv2 = GCNConv(d_hidden, num_classes)

    def forward(self, x, edge_index):
        x = F.dropout(x, p=0.5, training=self.training)
        x = self.conv1(x, edge_index).relu()
        x = F.dropout(x, p=0.5, training=self.training)
        return self.conv2(x, edge_index)


def gcn(task):
    """Features scaled to row sum 1 before the clock runs: the example has it done when the data set is loaded."""
    data = T.NormalizeFeatures()(read_data(task))
    (d_hidden,) = task["settings"]["d_hidden"]
    epochs = task["epochs"] or 200

    def train():
        model = GCN(data.num_features, d_hidden, task["num_classes"])
        decayed = dict(params=model.conv1.parameters(), weight_decay=5e-4)
        optimizer = adam([decayed, dict(params=model.conv2.parameters(), weight_decay=0)], lr=0.01)

        def step():
            model.train()
            optimizer.zero_grad()
            scores = model(data.x, data.edge_index)
            loss = F.cross_entropy(scores[data.train_mask], data.y[data.train_mask])
            loss.backward()
            optimizer.step()
            loss.item()

        @torch.no_grad()
        def accuracies():
            model.eval()
            predicted = model(data.x, data.edge_index).argmax(dim=-1)
            hits = predicted == data.y
            return [hits[mask].float().mean().item() for mask in (data.val_mask, data.test_mask)]

        best_val = test_at_best = 0
        for _ in range(epochs):
            step()
            val, test = accuracies()
            if val > best_val:
                best_val, test_at_best = val, test
        return dict(accuracy=test_at_best, epochs=epochs)

    return train


TRAININGS = dict(dgi=dgi, gcn=gcn)


def timed(train, seed):
    wall, cpu = time.perf_counter(), time.process_time()
    torch.manual_seed(seed)
    found = train()
    return dict(wall_s=time.perf_counter() - wall, cpu_s=time.process_time() - cpu, **found)


def main():
    task = json.loads(sys.stdin.readline())
    torch.set_num_threads(task["threads"])
    train = TRAININGS[task["task"]](task)
    answer(dict(ready=True, threads=torch.get_num_threads()))
    for request in sys.stdin:
        match request.split():
            case ["train", seed]:
                answer(timed(train, int(seed)))
            case ["peak"]:
                answer(peak())
            case _:
                sys.exit(f"unknown request: {request!r}")


if __name__ == "__main__":
    main()

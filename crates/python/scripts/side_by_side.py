"""The package beside PyTorch Geometric's DGI and gensim's DeepWalk on Cora: lines, time, memory, accuracy. Linux.

    pip install torch torch_geometric gensim scikit-learn networkx
    python crates/python/scripts/side_by_side.py [SEEDS]

Each program is given the same edges and features as arrays, and runs in a process of its own, in turn with the others. Its lines are
those between the arrays and the embedding. Every embedding is evaluated by `g2r.evaluate` on the public split. What is not
installed is left out.
"""

import statistics
import subprocess
import sys
import tempfile
import textwrap

BEFORE = """
import resource, time
import numpy as np
seed = {seed}
arrays = np.load({cora!r})
edge_index, X = arrays["edge_index"], arrays["X"]
used = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
wall, cpu = time.perf_counter(), used()
"""

AFTER = """
cpu, wall = used() - cpu, time.perf_counter() - wall
np.save({out!r}, np.asarray(Z, dtype=np.float32))
print(cpu, wall, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

PROGRAMS = {
    "g2r.G2RLinear": """
        import g2r
        Z = g2r.G2RLinear(random_state=seed).fit_transform((edge_index, len(X)), X)
    """,
    "g2r.DGI": """
        import g2r
        Z = g2r.DGI(random_state=seed).fit_transform((edge_index, len(X)), X)
    """,
    "PyTorch Geometric, DGI": """
        import torch
        from torch_geometric.nn import DeepGraphInfomax, GCNConv
        class Encoder(torch.nn.Module):
            def __init__(self, d_input, width):
                super().__init__()
                self.conv = GCNConv(d_input, width)
                self.prelu = torch.nn.PReLU(width)
            def forward(self, x, edge_index):
                return self.prelu(self.conv(x, edge_index))
        def corruption(x, edge_index):
            return x[torch.randperm(x.size(0))], edge_index
        torch.manual_seed(seed)
        x, edges = torch.from_numpy(X / X.sum(1, keepdims=True).clip(1)), torch.from_numpy(edge_index)
        model = DeepGraphInfomax(512, Encoder(x.size(1), 512), lambda z, *_: z.mean(dim=0).sigmoid(), corruption)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
        for _ in range(300):
            model.train()
            optimizer.zero_grad()
            positive, negative, summary = model(x, edges)
            loss = model.loss(positive, negative, summary)
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            Z = model(x, edges)[0].numpy()
    """,
    "g2r.DeepWalk": """
        import g2r
        Z = g2r.DeepWalk(random_state=seed).fit_transform((edge_index, len(X)))
    """,
    "gensim, DeepWalk": """
        import random
        import networkx as nx
        from gensim.models import Word2Vec
        random.seed(seed)
        graph = nx.Graph(edge_index.T.tolist())
        graph.add_nodes_from(range(len(X)))
        neighbors = {node: list(graph[node]) for node in graph}
        walks = []
        for start in list(graph) * 10:
            walk = [start]
            while len(walk) < 80 and neighbors[walk[-1]]:
                walk.append(random.choice(neighbors[walk[-1]]))
            walks.append([str(node) for node in walk])
        model = Word2Vec(walks, vector_size=128, window=10, min_count=0, sg=1, negative=5, workers=2, seed=seed, epochs=1)
        Z = np.stack([model.wv[str(node)] for node in range(len(X))])
    """,
}


def main():
    import numpy as np

    import g2r

    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    cora = g2r.load_dataset("cora")
    found = {name: [] for name in PROGRAMS}
    with tempfile.TemporaryDirectory() as folder:
        given, out = f"{folder}/cora.npz", f"{folder}/z.npy"
        matrix = cora.adjacency.tocoo()
        np.savez(given, edge_index=np.stack([matrix.row, matrix.col]).astype(np.int64), X=cora.X.toarray())
        for seed in range(seeds):
            for name, text in PROGRAMS.items():
                code = BEFORE.format(seed=seed, cora=given) + textwrap.dedent(text) + AFTER.format(out=out)
                done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
                if done.returncode:
                    print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
                    continue
                cpu, wall, memory = map(float, done.stdout.split())
                accuracy = 100 * g2r.evaluate(np.load(out), cora)["test_acc"]
                found[name].append((cpu, wall, memory / 1024, accuracy))
                print(name, seed, *(f"{value:.1f}" for value in found[name][-1]), file=sys.stderr, flush=True)
    print("| | lines | processor s | wall s | peak MB | test accuracy % |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, runs in found.items():
        if runs:
            lines = len([line for line in PROGRAMS[name].splitlines() if line.strip()])
            cpu, wall, memory = (statistics.median(values) for values in list(zip(*runs))[:3])
            accuracies = [run[3] for run in runs]
            spread = f" ± {statistics.stdev(accuracies):.1f}" if len(set(accuracies)) > 1 else ""
            print(f"| {name} | {lines} | {cpu:.1f} | {wall:.1f} | {memory:.0f} | {statistics.mean(accuracies):.1f}{spread} |")


if __name__ == "__main__":
    main()

"""Writes GraphML by NetworkX for the reader's tests, and holds NetworkX to a file of the writer.

    python graphml_golden.py fixtures/graphml

writes `networkx_undirected.graphml` and `networkx_directed.graphml` into that folder, then reads `ours.graphml` there,
which a test compares with what the writer gives, and compares it with the graph that was written.
"""

import sys
from pathlib import Path

import networkx as nx


def undirected():
    graph = nx.Graph()
    graph.add_node("n & m", **{"class": "cat"}, age=7, score=1.5, old=True, note="<left out>")
    graph.add_node("Zoë", **{"class": "dog"}, age=2, score=1, old=False, note="")
    graph.add_node("3", **{"class": "cat"}, age=-4, score=0.25, old=False, note="x")
    graph.add_edge("n & m", "Zoë", weight=2.5)
    graph.add_edge("Zoë", "3", weight=3)
    return graph


def directed():
    graph = nx.DiGraph()
    graph.add_nodes_from([("a", {"class": 10}), ("b", {"class": 9}), ("c", {})])
    graph.add_edges_from([("b", "a"), ("a", "b"), ("c", "a")])
    return graph


def main(folder):
    nx.write_graphml_xml(undirected(), folder / "networkx_undirected.graphml")
    nx.write_graphml_xml(directed(), folder / "networkx_directed.graphml")

    ours = nx.read_graphml(folder / "ours.graphml")
    assert not ours.is_directed()
    nodes = {
        "a & b": {"class": "<x>", "split": "train", "f0": 0.5, "f1": 1.0},
        "Zoë": {"class": "y", "split": "test", "f0": -2.0, "f1": 0.0},
        " \n": {"f0": 1e-45, "f1": 3.4028235e38},
    }
    assert dict(ours.nodes(data=True)) == nodes, dict(ours.nodes(data=True))
    assert ours["a & b"]["Zoë"] == {"weight": 0.1}
    assert ours["Zoë"][" \n"] == {"weight": 3.0}
    assert ours.number_of_edges() == 2
    print("networkx", nx.__version__, "reads what was written")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

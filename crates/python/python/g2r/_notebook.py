"""A model as a notebook shows it."""

from __future__ import annotations

from html import escape

#: Figures that are shown, in this order, where the model has them.
_SHOWN = ("map", "training")
#: The most nodes on the map: it is made whenever a model is shown.
_MAP_NODES = 1000


def repr_html(model):
    """What it is, how well it does, the map of its embedding and the curves of its training."""
    head = f"<code>{escape(repr(model))}</code>"
    if not model.__sklearn_is_fitted__():
        return f"<div>{head}, not fitted</div>"
    nodes, width = model.embedding_.shape
    facts = [f"{nodes} nodes", f"{width} columns"]
    accuracies = model.report_.get("test_acc_mean")
    if accuracies is not None:
        facts.append(f"test accuracy {100 * accuracies:.1f} %")
    if model.history_:
        facts.append(f"epoch {model.epoch_} of {len(model.history_)}, by {escape(model.checkpoint_)}")
    facts.append(f"{model.report_.get('total_seconds', 0):.1f} s")
    text = f"<div>{head}<br>{' · '.join(facts)}</div>"
    try:
        _, figures = model._make_page(map_nodes=_MAP_NODES)
    except ValueError:
        # A loaded model does not have its graph.
        return text
    by_name = {name: svg for name, _, svg in figures}
    shown = [by_name[name] for name in by_name if any(name.startswith(wanted) for wanted in _SHOWN)]
    return text + "".join(f"<div style='max-width:45em'>{svg}</div>" for svg in shown)

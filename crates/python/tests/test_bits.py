"""The same bits as the program."""

import subprocess
import sys

import numpy as np
import pytest

import g2r


def embedded(program, folder, *arguments):
    subprocess.run([program, "train", "-q", *arguments, "--device", "cpu", "--out", str(folder)], check=True, capture_output=True)
    return np.load(folder / "embedding.npy")


@pytest.mark.parametrize(
    "method, small",
    [
        ("g2r", {"epochs": 4, "d_output": 32, "d_hidden": [64]}),
        ("g2r-linear", {}),
        ("dgi", {"epochs": 2, "d_output": 16}),
        ("cca-ssg", {"epochs": 2, "d_output": 16}),
        ("deepwalk", {"d_output": 16}),
        ("spectral", {"d_output": 8}),
    ],
)
def test_a_data_set_is_embedded_as_the_program_embeds_it(program, cora, tmp_path, method, small):
    estimator = next(
        value for value in vars(g2r).values() if isinstance(value, type) and getattr(value, "_method", None) == method
    )
    flags = [f"--set={key}={value}" for key, value in small.items()]
    theirs = embedded(program, tmp_path / "run", "cora", "--method", method, "--seeds", "1", "--seed", "3", *flags)
    ours = estimator(random_state=3, **small).fit(cora)
    assert ours.embedding_.dtype == theirs.dtype
    assert ours.embedding_.tobytes() == theirs.tobytes()


def test_arrays_are_embedded_as_the_program_embeds_a_file_without_labels(program, cora, tmp_path):
    settings = {"epochs": 4, "d_output": 32, "d_hidden": [64]}
    flags = ["--method=g2r", "--protocol=none", "--epochs=4", "--d-output=32", "--d-hidden=64"]
    theirs = embedded(program, tmp_path / "run", "cora", *flags)
    # The name chooses the preset.
    bare = g2r.Dataset(cora.adjacency, cora.X, feature_names=cora.feature_names, name="cora")
    assert g2r.G2R(**settings).fit(bare).embedding_.tobytes() == theirs.tobytes()
    assert g2r.G2R(**settings, protocol="none").fit(cora).embedding_.tobytes() == theirs.tobytes()


def test_no_bit_depends_on_the_number_of_threads(cora):
    one, two = (g2r.G2R(epochs=2, d_output=16, n_jobs=jobs).fit(cora).embedding_ for jobs in (1, 2))
    assert one.tobytes() == two.tobytes()


def test_a_run_folder_of_the_program_is_loaded(program, cora, tmp_path):
    theirs = embedded(program, tmp_path / "run", "cora", "--method=g2r", "--seeds=1", "--epochs=2", "--d-output=8")
    model = g2r.load(tmp_path / "run")
    assert isinstance(model, g2r.G2R)
    assert model.get_params()["d_output"] == 8 and model.random_state == 0
    assert model.embedding_.tobytes() == theirs.tobytes()
    assert model.transform(cora).tobytes() == theirs.tobytes()
    assert len(model.history_) == 2 and "val_acc" in model.history_[0]
    again = g2r.G2R(**model.get_params()).fit(cora)
    assert again.embedding_.tobytes() == theirs.tobytes()


def test_the_program_evaluates_a_saved_run(program, cora, tmp_path):
    model = g2r.G2R(epochs=2, d_output=8).fit(cora)
    model.save(tmp_path / "run")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"embedding.npy", "nodes.csv", "config.toml", "report.json", "model.json", "model.safetensors"} <= names
    told = subprocess.run([program, "evaluate", str(tmp_path / "run"), "--format=json"], check=True, capture_output=True)
    import json

    scores = json.loads(told.stdout)
    assert scores["test_acc"] == model.report_["test_acc_mean"] == g2r.evaluate(model, cora)["test_acc"]


def test_an_import_needs_numpy_alone():
    code = (
        "import sys, g2r; cora = g2r.load_dataset('cora'); Z = g2r.G2R(epochs=1, d_output=4).fit_transform(cora);"
        "g2r.evaluate(Z, cora); print([m for m in ('scipy', 'sklearn', 'pandas', 'torch', 'tqdm') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout.strip() == "[]"

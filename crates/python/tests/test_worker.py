"""What happens while a training goes on."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import g2r


def test_a_callback_sees_each_epoch_and_may_end_the_training(cora):
    seen = []

    def stop_after_three(epoch):
        seen.append(epoch)
        return epoch["epoch"] == 3

    model = g2r.G2R(d_output=8, epochs=10).fit(cora.adjacency, cora.X, callback=stop_after_three)
    assert [epoch["epoch"] for epoch in seen] == [1, 2, 3] == [epoch["epoch"] for epoch in model.history_]
    assert seen == model.history_ and model.epoch_ == 3
    shorter = g2r.G2R(d_output=8, epochs=3).fit(cora.adjacency, cora.X)
    assert model.embedding_.tobytes() == shorter.embedding_.tobytes()


def test_an_exception_of_a_callback_ends_the_training_and_is_raised(cora):
    class Mine(Exception):
        pass

    def fail(epoch):
        raise Mine(epoch["epoch"])

    model = g2r.G2R(d_output=8, epochs=10_000)
    with pytest.raises(Mine, match="1"):
        model.fit(cora, callback=fail)
    assert not hasattr(model, "embedding_")


def test_other_threads_of_python_run_while_a_method_trains(cora):
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.005)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    g2r.DGI(epochs=8).fit(cora.adjacency, cora.X)
    seconds = time.monotonic() - start
    done.set()
    thread.join()
    during = [t for t in ticks if start <= t <= start + seconds]
    gaps = [b - a for a, b in zip([start, *during], [*during, start + seconds])]
    assert max(gaps) < max(0.25, 0.5 * seconds), f"nothing ran for {max(gaps):.2f} of {seconds:.2f} s"


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_ends_a_training_within_a_step_and_python_goes_on():
    code = """
import time, g2r
cora = g2r.load_dataset("cora")
def started(epoch):
    if epoch["epoch"] == 1:
        print("training", flush=True)
model = g2r.G2R(epochs=100_000)
try:
    model.fit(cora.adjacency, cora.X, callback=started)
except KeyboardInterrupt:
    print("interrupted", hasattr(model, "embedding_"), flush=True)
print(g2r.G2R(epochs=1, d_output=4).fit_transform(cora).shape, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=os.environ)
    assert process.stdout.readline().strip() == "training"
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline().strip() == "interrupted False"
    seconds = time.monotonic() - start
    assert process.stdout.readline().strip() == "(2708, 4)"
    assert process.wait(60) == 0
    # A step takes 0.1 s; other tests may be at work.
    assert seconds < 10


def test_two_threads_train_at_the_same_time(cora):
    found = {}

    def fit(seed):
        found[seed] = g2r.G2R(d_output=8, epochs=3, random_state=seed, n_jobs=1).fit(cora).embedding_.tobytes()

    threads = [threading.Thread(target=fit, args=(seed,)) for seed in (0, 1)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert all(g2r.G2R(d_output=8, epochs=3, random_state=s).fit(cora).embedding_.tobytes() == found[s] for s in (0, 1))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork of POSIX")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_trains(karate):
    g2r.G2R(d_output=4, epochs=1).fit(karate)
    child = os.fork()
    if child == 0:
        try:
            g2r.G2R(d_output=4, epochs=1).fit(karate)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 60
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < deadline:
        time.sleep(0.05)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
    assert ended == (child, 0)


def test_messages_go_to_logging(cora, caplog):
    with caplog.at_level(logging.INFO, logger="g2r"):
        g2r.G2R(d_output=8, epochs=1).fit(cora)
    said = [record.getMessage() for record in caplog.records]
    assert said[0].startswith("G2R: fitting d_output=8, epochs=1 on Dataset('cora'")
    assert said[-1].startswith("G2R: done in ")


@pytest.mark.parametrize("has_tqdm", [True, False])
def test_progress_is_shown_on_standard_error(has_tqdm):
    if has_tqdm:
        pytest.importorskip("tqdm")
    code = f"""
import sys
if not {has_tqdm}:
    sys.modules["tqdm"] = sys.modules["tqdm.auto"] = None
import g2r, g2r._progress
g2r._progress.EVERY = 0.0
g2r.DGI(epochs=20, verbose=1).fit("cora")
"""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "" and "DGI" in done.stderr and "epochs" in done.stderr
    assert subprocess.run([sys.executable, "-c", code.replace("verbose=1", "verbose=0")], capture_output=True).stderr == b""


def test_a_run_that_cannot_fit_is_refused_before_it_begins():
    # 10⁶ nodes as wide as 65 536 take 262 GB.
    nodes = np.arange(1_000_000)
    graph = g2r.Dataset((np.stack([nodes[:-1], nodes[1:]]), 1_000_000), missing_features="degree")
    with pytest.raises(MemoryError, match="needs at least .* of memory beside the data, and .* are available"):
        g2r.G2R(d_output=65_536, epochs=1).fit(graph)

"""What a training says while it goes on, as a bar, a line, or a call of a user's function."""

from __future__ import annotations

import json
import sys
import time


#: Seconds between lines where there is no bar.
EVERY = 5.0


class Progress:
    """Called by the native module with each event; a context that closes the bar."""

    def __init__(self, verbose, callback, title):
        self.verbose = verbose
        self.callback = callback
        self.title = title
        self.bar = None
        self.last_line = time.monotonic()

    @property
    def is_needed(self):
        """Whether anybody wants to hear."""
        return self.verbose or self.callback is not None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.bar is not None:
            self.bar.close()

    def __call__(self, text):
        event = json.loads(text)
        kind = event.pop("type")
        if kind == "epoch":
            if event.get("val_acc") is None:
                event.pop("val_acc", None)
            return self.callback(event)
        if kind == "run":
            self.show(event["done"], event["total"], "runs")
            return self.callback(event["record"]) if self.callback is not None else None
        self.show(event["done"], event["total"], event["unit"])
        return None

    def show(self, done, total, unit):
        """Moves the bar; without tqdm prints a line every five seconds."""
        if not self.verbose:
            return
        if self.bar is None:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                if time.monotonic() - self.last_line >= EVERY:
                    self.last_line = time.monotonic()
                    print(f"{self.title}: {done} of {total} {unit}", file=sys.stderr)
                return
            self.bar = tqdm(total=total, desc=self.title, unit=f" {unit}")
        self.bar.update(done - self.bar.n)

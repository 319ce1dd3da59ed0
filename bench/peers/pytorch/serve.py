"""Serves the PyTorch model over standard input and output, one JSON object a line.

    {"command": "version"}            -> {"version", "threads"}
    {"command": "init", "weights": PATH, "batch": PATH, "config": {"width", "experts", "selected"}}
        -> {"parameters"}
    {"command": "step", "count": N}   -> {"losses": [N numbers], "ms": [N numbers]}
    {"command": "infer", "count": N}  -> {"ms": [N numbers]}
    {"command": "exit"}
A failed command answers {"error": MESSAGE}.
"""

import json
import sys
import time
from collections.abc import Callable

import torch
from safetensors.torch import load_file
from torch.nn import functional as F
from vit_moe import VitMoe

THREADS = 2


class Bench:
    """One model, its optimizer and one fixed batch."""

    def __init__(self, weights: str, batch: str, config: dict):
        self.model = VitMoe(config["width"], config["experts"], config["selected"])
        self.model.load_state_dict(load_file(weights))
        tensors = load_file(batch)
        self.images, self.labels = tensors["images"], tensors["labels"].long()
        # The fused CPU kernel beat foreach at every width.
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01, fused=True
        )

    def step(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.model(self.images), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()

    def infer(self) -> None:
        with torch.inference_mode():
            self.model(self.images)


def timed(run: Callable[[], float | None], count: int) -> tuple[list, list[float]]:
    results, ms = [], []
    for _ in range(count):
        start = time.perf_counter()
        results.append(run())
        ms.append((time.perf_counter() - start) * 1000)
    return results, ms


def main() -> None:
    torch.set_num_threads(THREADS)
    torch.set_num_interop_threads(1)
    torch.set_flush_denormal(True)
    bench = None
    for line in sys.stdin:
        request = json.loads(line)
        command = request.pop("command")
        if command == "exit":
            break
        try:
            if command == "version":
                reply = {"version": torch.__version__, "threads": torch.get_num_threads()}
            elif command == "init":
                bench = None  # frees the previous model first
                bench = Bench(**request)
                reply = {"parameters": sum(p.numel() for p in bench.model.parameters())}
            elif bench is None:
                reply = {"error": f"{command} came before init"}
            elif command == "step":
                losses, ms = timed(bench.step, request["count"])
                reply = {"losses": losses, "ms": ms}
            elif command == "infer":
                reply = {"ms": timed(bench.infer, request["count"])[1]}
            else:
                reply = {"error": f"unknown command {command}"}
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()

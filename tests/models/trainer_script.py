"""A small external trainer, as a user would write one: it knows the two files and the folder, and nothing else."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

METER = {
    "steps": 1, "examples": 1, "tokens": 1, "training_flop": 1.0, "cpu_seconds": 1.0, "wall_seconds": 1.0, "loss": 1.0,
    "converged": True,
}  # fmt: skip


def trained(pairs: Path, told: dict[str, Any], out: Path) -> dict[str, Any]:
    """Train with this package's own loop, so that a test can compare; slow to import, so only here."""
    from angelshare.measure.engines import one_thread  # noqa: PLC0415 - see above
    from angelshare.models.batching import Example  # noqa: PLC0415
    from angelshare.models.checkpoint import load  # noqa: PLC0415
    from angelshare.models.training import Schedule, train  # noqa: PLC0415

    one_thread()
    network, tokenizer = load(told["base"])
    examples = []
    for line in pairs.read_text().splitlines():
        row = json.loads(line)
        prompt = tokenizer(row["prompt"][-1]["content"])["input_ids"]
        reply = tokenizer(row["completion"][0]["content"])["input_ids"]
        examples.append(Example([*prompt, *reply, tokenizer.eos_token_id], len(prompt), 1.0))
    schedule = Schedule(epochs=1000.0, max_steps=told["options"]["steps"], batch=16)
    meter = train(network, examples, schedule, seed=told["seed"])
    network.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return {name: getattr(meter, name) for name in METER}


def main(pairs: Path, spec: Path, out: Path) -> None:
    told = json.loads(spec.read_text())
    mood, meter = told["options"]["mood"], METER
    sys.stdout.write("lots of chatter on stdout\n")
    if mood == "fail":
        sys.stderr.write("first line\n")
        sys.exit("out of memory: needs 80 GB")
    if mood == "idle":
        return
    if mood == "train":
        meter = trained(pairs, told, out)
    else:
        shutil.copytree(told["base"], out, dirs_exist_ok=True)
    if mood == "no tokenizer":
        for path in out.glob("tokenizer*"):
            path.unlink()
    if mood == "bad meter":
        meter = {**meter, "loss": float("nan")}
    if mood == "negative meter":
        meter = {**meter, "loss": -1.0}
    if mood == "short meter":
        meter = {name: value for name, value in meter.items() if name != "tokens"}
    if mood != "no meter":
        (out / "meter.json").write_text(json.dumps(meter))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))

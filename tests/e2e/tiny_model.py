"""Hand-made models: their answers are known, and no training has to run before serving is tested."""
import hashlib
import json
import os
import struct


def write_model(folder, document, tensors):
    """tensors: {name: (shape, floats)}; writes weights.safetensors, then model.json."""
    os.makedirs(folder, exist_ok=True)
    header, data = {}, b""
    for name, (shape, values) in sorted(tensors.items()):
        raw = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    weights = struct.pack("<Q", len(text)) + text + data
    with open(os.path.join(folder, "weights.safetensors"), "wb") as file:
        file.write(weights)
    document = {
        "apiVersion": "mlctl.dev/v1", "kind": "Model", "format": 1, "metrics": {}, "training": {}, "lineage": {},
        **document,
        "files": [{"path": "weights.safetensors", "size": len(weights), "sha256": hashlib.sha256(weights).hexdigest()}],
    }
    with open(os.path.join(folder, "model.json"), "w") as file:
        json.dump(document, file, indent=2)
    return folder


def linear(folder, slope, bias=0.0):
    """y = slope * x + bias, on one column x that was uniform in [0, 100) in training."""
    edges = [10.0 * k for k in range(1, 10)]
    return write_model(folder, {
        "task": "regression",
        "classes": [],
        "network": {"input": {"kind": "table", "numeric": 1},
                    "layers": [{"kind": "table_input"}, {"kind": "dense", "units": 1}], "outputs": 1},
        "preprocess": {"table": {"columns": [{"name": "x", "type": "number", "mean": 0.0, "stddev": 1.0}],
                       "targetMean": 0.0, "targetStddev": 1.0}},
        "statistics": [{"name": "x", "count": 1000, "missing": 0, "mean": 50.0, "stddev": 29.0, "min": 0.0,
                        "max": 100.0, "edges": edges, "bins": [100] * 10}],
    }, {"1.weight": ([1, 1], [slope]), "1.bias": ([1], [bias])})


def ratings(folder):
    """Biased matrix factorisation over the users 4, 5 and the items 6, 7: rating = 3 + bias of each."""
    return write_model(folder, {
        "task": "recommendation",
        "classes": [],
        "network": {"input": {"kind": "ratings", "users": 3, "items": 3},
                    "layers": [{"kind": "factorization", "units": 1}], "outputs": 1, "outputMean": 3.0},
        "preprocess": {"ratings": {"users": ["4", "5"], "items": ["6", "7"], "mean": 3.0, "min": 1.0, "max": 5.0}},
        "statistics": [],
    }, {"0.user_bias.weight": ([3, 1], [0.0, -0.5, 0.5]), "0.item_bias.weight": ([3, 1], [0.0, -0.25, 0.25]),
        "0.users.weight": ([3, 1], [0.0] * 3), "0.items.weight": ([3, 1], [0.0] * 3)})

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


def text(folder):
    """Texts are "bad" or "good"."""
    vocabulary, units = 11, 4
    return write_model(folder, {
        "task": "classification", "classes": ["bad", "good"],
        "network": {"input": {"kind": "text", "vocabulary": vocabulary},
                    "layers": [{"kind": "embedding_mean", "units": units}, {"kind": "dense", "units": 2}], "outputs": 2},
        "preprocess": {"text": {"lowercase": True, "buckets": vocabulary - 1, "ngrams": 2, "maxTokens": 0, "column": "text"}},
        "statistics": [{"name": "length", "count": 10, "missing": 0, "mean": 5.0, "stddev": 1.0, "min": 0.0, "max": 10.0,
                        "edges": [2.0, 4.0], "bins": [3, 3, 4]}],
    }, {"0.weight": ([vocabulary, units], [0.01 * k for k in range(vocabulary * units)]),
        "1.weight": ([2, units], [0.1] * (2 * units)), "1.bias": ([2], [0.0, 0.1])})


def image(folder, side=8):
    """Pictures of three channels are "cat" or "dog"."""
    values = 3 * side * side
    return write_model(folder, {
        "task": "classification", "classes": ["cat", "dog"],
        "network": {"input": {"kind": "image", "channels": 3, "height": side, "width": side},
                    "layers": [{"kind": "flatten"}, {"kind": "dense", "units": 2}], "outputs": 2},
        "preprocess": {"image": {"size": [side, side], "channels": 3, "mean": [0.5] * 3, "stddev": [0.25] * 3}},
        "statistics": [],
    }, {"1.weight": ([2, values], [0.001] * (2 * values)), "1.bias": ([2], [0.0, 0.1])})

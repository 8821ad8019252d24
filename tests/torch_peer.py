"""The networks of the engine written again in PyTorch, and the files that carry data to tests/driver/engine_driver.cpp."""
import json
import struct

import numpy
import torch
from torch import nn

DTYPES = {numpy.dtype("float32"): "F32", numpy.dtype("int32"): "I32", numpy.dtype("int64"): "I64"}


def write_safetensors(path, arrays):
    arrays = {name: numpy.require(array, requirements="C") for name, array in arrays.items()}  # keeps () as it is
    header, at = {}, 0
    order = sorted(arrays, key=lambda name: (-arrays[name].itemsize, name))
    for name in order:
        end = at + arrays[name].nbytes
        header[name] = {"dtype": DTYPES[arrays[name].dtype], "shape": list(arrays[name].shape), "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(arrays[name].tobytes() for name in order))


def read_safetensors(path):
    with open(path, "rb") as file:
        content = file.read()
    size, = struct.unpack("<Q", content[:8])
    header, body = json.loads(content[8:8 + size]), content[8 + size:]
    dtypes = {text: dtype for dtype, text in DTYPES.items()}
    return {name: numpy.frombuffer(body[entry["data_offsets"][0]:entry["data_offsets"][1]], dtypes[entry["dtype"]])
            .reshape(entry["shape"]).copy() for name, entry in header.items() if name != "__metadata__"}


def image(channels, size):
    return {"kind": "image", "channels": channels, "height": size, "width": size}


def window(kind, kernel, stride=None, padding=0, **more):
    stride = stride or (1 if kind == "conv2d" else kernel)
    return {"kind": kind, "kernelHeight": kernel, "kernelWidth": kernel, "strideHeight": stride, "strideWidth": stride,
            "paddingHeight": padding, "paddingWidth": padding, **more}


def conv(filters, kernel, activation="relu", **more):
    return window("conv2d", kernel, units=filters, activation=activation, **more)


def dense(units, activation="none"):
    return {"kind": "dense", "units": units, "activation": activation}


class TableInput(nn.Module):
    def __init__(self, cardinalities, width):
        super().__init__()
        self.embeddings = nn.ModuleList(nn.Embedding(c, width or min(50, (c + 1) // 2)) for c in cardinalities)

    def forward(self, inputs):
        features, codes = inputs
        return torch.cat([features] + [e(codes[:, k]) for k, e in enumerate(self.embeddings)], 1)


class EmbeddingMean(nn.EmbeddingBag):
    def __init__(self, vocabulary, units):
        super().__init__(vocabulary, units, mode="mean")

    def forward(self, inputs):
        return super().forward(inputs[0], inputs[1])


class RatingInput(nn.Module):
    def __init__(self, users, items, units):
        super().__init__()
        self.users, self.items = nn.Embedding(users, units), nn.Embedding(items, units)

    def forward(self, codes):
        return torch.cat([self.users(codes[:, 0]), self.items(codes[:, 1])], 1)


class Factorization(nn.Module):
    def __init__(self, users, items, units, mean):
        super().__init__()
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)
        self.users, self.items, self.mean = nn.Embedding(users, units), nn.Embedding(items, units), mean

    def forward(self, codes):
        user, item = codes[:, 0], codes[:, 1]
        product = (self.users(user) * self.items(item)).sum(1, keepdim=True)
        return self.mean + self.user_bias(user) + self.item_bias(item) + product


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None if stride == 1 else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                                                 nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """torchvision.models.resnet18 (torchvision itself is not needed for this)."""

    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        widths = [64, 64, 128, 256, 512]
        for stage in range(1, 5):
            inputs, outputs_ = widths[stage - 1], widths[stage]
            self.add_module(f"layer{stage}", nn.Sequential(BasicBlock(inputs, outputs_, 1 if stage == 1 else 2),
                                                           BasicBlock(outputs_, outputs_, 1)))
        self.fc = nn.Linear(512, outputs)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


ACTIVATIONS = {"relu": nn.ReLU, "leaky_relu": nn.LeakyReLU, "gelu": nn.GELU, "silu": nn.SiLU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh}


def modules_of(layer, network, shape):
    """The nn modules of one layer, and the shape that they yield (found by running them)."""
    kind, source = layer["kind"], network["input"]
    kernel, stride, padding = ([layer.get(f"{what}{axis}", default) for axis in ("Height", "Width")]
                               for what, default in (("kernel", 1), ("stride", 1), ("padding", 0)))
    make = {
        "conv2d": lambda: nn.Conv2d(shape[1], layer["units"], kernel, stride, padding, bias=layer.get("bias", True)),
        "batchnorm2d": lambda: nn.BatchNorm2d(shape[1], layer.get("epsilon", 1e-5), layer.get("momentum", 0.1)),
        "maxpool2d": lambda: nn.MaxPool2d(kernel, stride, padding),
        "avgpool2d": lambda: nn.AvgPool2d(kernel, stride, padding),
        "adaptiveavgpool2d": lambda: nn.AdaptiveAvgPool2d(kernel),
        "dropout": lambda: nn.Dropout(layer.get("rate", 0)),
        "dense": lambda: nn.Linear(shape[1], layer["units"], bias=layer.get("bias", True)),
        "flatten": lambda: nn.Flatten(),
        "embedding_mean": lambda: EmbeddingMean(source["vocabulary"], layer["units"]),
        "table_input": lambda: TableInput(source.get("cardinalities", []), layer.get("units", 0)),
        "rating_input": lambda: RatingInput(source["users"], source["items"], layer["units"]),
        "factorization": lambda: Factorization(source["users"], source["items"], layer["units"], network.get("outputMean", 0)),
        "resnet18": lambda: ResNet18(source["channels"], network["outputs"]),
    }
    found = [] if kind == "activation" else [make[kind]()]
    if layer.get("activation", "none") != "none":
        found.append(ACTIVATIONS[layer["activation"]]())
    return found


class Sequential(nn.Sequential):
    def forward(self, inputs):
        numbers_only = isinstance(inputs, tuple) and isinstance(self[0], nn.Linear)
        return super().forward(inputs[0] if numbers_only else inputs)


def build(network, inputs):
    """The network in PyTorch, its shapes found by running `inputs` through it as it grows."""
    if network["layers"][0]["kind"] == "resnet18":
        return modules_of(network["layers"][0], network, None)[0]
    model, x = Sequential(), inputs
    if network["layers"][0]["kind"] == "dense":
        x = inputs[0]
    for layer in network["layers"]:
        for module in modules_of(layer, network, getattr(x, "shape", None)):
            model.append(module)
            x = module.eval()(x)
    return model.train()


def make_data(network, rows, seed, loss):
    """Arrays as the engine's Batch names them."""
    source, draw = network["input"], numpy.random.default_rng(seed)
    data = {}
    if source["kind"] == "image":
        data["features"] = draw.normal(size=(rows, source["channels"], source["height"], source["width"])).astype("float32")
    if source["kind"] == "table":
        data["features"] = draw.normal(size=(rows, source.get("numeric", 0))).astype("float32")
        columns = [draw.integers(0, bound, rows) for bound in source.get("cardinalities", [])]
        data["codes"] = numpy.stack(columns, 1).astype("int32") if columns else numpy.zeros((rows, 0), "int32")
    if source["kind"] == "ratings":
        data["codes"] = numpy.stack([draw.integers(0, source["users"], rows), draw.integers(0, source["items"], rows)], 1).astype("int32")
    if source["kind"] == "text":
        lengths = draw.integers(0, 12, rows)  # an empty text, too
        data["offsets"] = (numpy.cumsum(lengths) - lengths).astype("int64")
        data["tokens"] = draw.integers(0, source["vocabulary"], lengths.sum()).astype("int32")
    if loss == "mse":
        data["targets"] = draw.normal(size=rows).astype("float32")
    else:
        data["labels"] = draw.integers(0, network["outputs"], rows).astype("int32")
    return data


def inputs_of(network, data, first=0, count=None):
    """What the PyTorch model takes for some rows."""
    kind = network["input"]["kind"]
    last = None if count is None else first + count
    pick = lambda name: torch.from_numpy(data[name][first:last].astype("int64") if data[name].dtype == "int32" else data[name][first:last])
    if kind == "image":
        return pick("features")
    if kind == "table":
        return pick("features"), pick("codes")
    if kind == "ratings":
        return pick("codes")
    offsets = data["offsets"][first:last]
    end = len(data["tokens"]) if last is None or last >= len(data["offsets"]) else data["offsets"][last]
    return torch.from_numpy(data["tokens"][offsets[0]:end].astype("int64")), torch.from_numpy(offsets - offsets[0])

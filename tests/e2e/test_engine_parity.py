"""The engine against PyTorch itself (Debian's python3-torch): the same weights and inputs give the same logits, the same start, data
and optimiser the same losses, and the exported archive the same numbers."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import numpy
import torch

import torch_peer as peer
from torch_peer import conv, dense, image, window

DRIVER = os.path.join(os.path.dirname(os.environ["MLCTL"]), "mlctl_engine_driver")

FLATTEN = {"kind": "flatten"}
NORM = {"kind": "batchnorm2d", "activation": "relu"}
POOL = window("maxpool2d", 2)


def network(source, *layers, outputs, **more):
    return {"input": source, "layers": list(layers), "outputs": outputs, **more}


RATINGS = {"kind": "ratings", "users": 40, "items": 60}
TABLE = {"kind": "table", "numeric": 6, "cardinalities": [3, 17, 120]}
CNN = network(image(1, 28), conv(32, 3), POOL, conv(64, 3), POOL, FLATTEN, dense(64, "relu"), dense(10), outputs=10)
TABLE_MLP = network(TABLE, {"kind": "table_input"}, dense(32, "relu"), dense(16, "relu"), dense(4), outputs=4)

# Each architecture with its loss.
ARCHITECTURES = {
    "cnn of 28x28x1": (CNN, "cross_entropy"),
    "cnn of 100x100x3": (network(image(3, 100), conv(32, 3), POOL, conv(64, 3), POOL, conv(128, 3), POOL, FLATTEN,
                                 dense(128, "relu"), {"kind": "dropout", "rate": 0.5}, dense(5), outputs=5), "cross_entropy"),
    "cnn of odd widths": (network(image(3, 23), conv(7, 3), window("maxpool2d", 3, 2, 1), conv(21, 2, padding=1), POOL,
                                  conv(5, 1, "none"), FLATTEN, dense(3), outputs=3), "cross_entropy"),
    "cnn with strides": (network(image(1, 30), conv(16, 5, stride=2, padding=2), conv(24, 3), POOL, conv(16, 3, padding=1), FLATTEN,
                                 dense(2), outputs=2), "cross_entropy"),
    "batchnorm and every pool": (network(image(3, 32), conv(16, 3, "none", padding=1), NORM, window("avgpool2d", 2), conv(24, 3, "none"),
                                         NORM, POOL, window("adaptiveavgpool2d", 2), FLATTEN, dense(6), outputs=6), "cross_entropy"),
    "activations": (network(image(3, 16), conv(8, 3, "gelu"), conv(8, 3, "silu"), conv(8, 3, "leaky_relu"), conv(8, 3, "tanh"), FLATTEN,
                            dense(9, "sigmoid"), {"kind": "activation", "activation": "tanh"}, dense(2), outputs=2), "cross_entropy"),
    "resnet18": (network(image(3, 48), {"kind": "resnet18"}, outputs=7), "cross_entropy"),
    "text": (network({"kind": "text", "vocabulary": 500}, {"kind": "embedding_mean", "units": 24}, dense(4), outputs=4), "cross_entropy"),
    "linear": (network({"kind": "table", "numeric": 13}, dense(1), outputs=1), "mse"),
    "logistic": (network({"kind": "table", "numeric": 13}, dense(3), outputs=3), "cross_entropy"),
    "table mlp with embeddings": (TABLE_MLP, "cross_entropy"),
    "factorization": (network(RATINGS, {"kind": "factorization", "units": 12}, outputs=1, outputMean=3.5), "mse"),
    "ratings mlp": (network(RATINGS, {"kind": "rating_input", "units": 12}, dense(24, "relu"), dense(1), outputs=1), "mse"),
}

# Each optimiser as the driver and as torch.optim spell it.
OPTIMISERS = {
    "sgd": ({"kind": "sgd"}, lambda p: torch.optim.SGD(p, 0.05), 0.05),
    "momentum": ({"kind": "sgd", "momentum": 0.9}, lambda p: torch.optim.SGD(p, 0.02, momentum=0.9), 0.02),
    "dampening": ({"kind": "sgd", "momentum": 0.9, "dampening": 0.3}, lambda p: torch.optim.SGD(p, 0.02, 0.9, 0.3), 0.02),
    "nesterov": ({"kind": "sgd", "momentum": 0.9, "nesterov": True}, lambda p: torch.optim.SGD(p, 0.02, 0.9, nesterov=True), 0.02),
    "sgd with L2": ({"kind": "sgd", "momentum": 0.9, "weight_decay": 0.01}, lambda p: torch.optim.SGD(p, 0.02, 0.9, weight_decay=0.01), 0.02),
    "adam": ({"kind": "adam"}, lambda p: torch.optim.Adam(p, 0.001), 0.001),
    "adam with L2": ({"kind": "adam", "weight_decay": 0.01}, lambda p: torch.optim.Adam(p, 0.001, weight_decay=0.01), 0.001),
    "adamw": ({"kind": "adamw", "weight_decay": 0.05}, lambda p: torch.optim.AdamW(p, 0.001, weight_decay=0.05), 0.001),
    "rmsprop": ({"kind": "rmsprop"}, lambda p: torch.optim.RMSprop(p, 0.0005), 0.0005),
    "rmsprop with momentum": ({"kind": "rmsprop", "momentum": 0.5}, lambda p: torch.optim.RMSprop(p, 0.0003, momentum=0.5), 0.0003),
    "adagrad": ({"kind": "adagrad", "epsilon": 1e-10}, lambda p: torch.optim.Adagrad(p, 0.01), 0.01),
}


class Parity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(2)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="mlctl-parity-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def prepare(self, spec, loss, rows, seed=5):
        """The PyTorch model with weights of its own, and the files that give the engine the same."""
        torch.manual_seed(seed)
        data = peer.make_data(spec, rows, seed, loss)
        model = peer.build(spec, peer.inputs_of(spec, data))
        if spec["input"]["kind"] == "image":
            with torch.no_grad():  # running statistics that are not 0 and 1
                model(peer.inputs_of(spec, data))
        peer.write_safetensors(self.path("data"), data)
        self.save(model)
        return model, data

    def save(self, model):
        peer.write_safetensors(self.path("weights"), {name: t.detach().numpy() for name, t in model.state_dict().items()})

    def drive(self, spec, loss, **job):
        job = {"network": spec, "loss": loss, "data": self.path("data"), "weights": self.path("weights"), **job}
        with open(self.path("job.json"), "w") as file:
            json.dump(job, file)
        result = subprocess.run([DRIVER, self.path("job.json")], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def check_forward(self, name):
        spec, loss = ARCHITECTURES[name]
        model, data = self.prepare(spec, loss, 9)
        report = self.drive(spec, loss, torchscript=self.path("model.pt"))
        inputs = peer.inputs_of(spec, data)
        with torch.no_grad():
            expected = model.eval()(inputs)
        numpy.testing.assert_allclose(numpy.reshape(report["logits"], expected.shape), expected, rtol=1e-5, atol=1e-5)
        archive = torch.jit.load(self.path("model.pt"))
        self.assertEqual(set(dict(archive.named_parameters())), set(dict(model.named_parameters())))
        for rows in (9, 4):
            inputs = peer.inputs_of(spec, data, 0, rows)
            with torch.no_grad():
                given = archive(*inputs) if isinstance(inputs, tuple) else archive(inputs)
                numpy.testing.assert_allclose(given, model(inputs), rtol=1e-5, atol=1e-5)

    def check_training(self, spec, loss, optimiser, batch=16, steps=20, rows=80, clip=0, weights=None, smoothing=0.0):
        """20 steps of loss."""
        model, data = self.prepare(spec, loss, rows)
        settings, make, lr = optimiser
        more = {"class_weights": weights} if weights else {}
        report = self.drive(spec, loss, optimizer={**settings, "clip_norm": clip}, lr=lr, batch=batch, steps=steps,
                            label_smoothing=smoothing, **more)
        update = make(model.parameters())
        criterion = torch.nn.MSELoss() if loss == "mse" else torch.nn.CrossEntropyLoss(
            torch.tensor(weights) if weights else None, label_smoothing=smoothing)
        expected = []
        for step in range(steps):
            first = step * batch % rows
            output = model.train()(peer.inputs_of(spec, data, first, batch))
            truth = torch.from_numpy(data["targets" if loss == "mse" else "labels"][first:first + batch])
            value = criterion(output.squeeze(1), truth) if loss == "mse" else criterion(output, truth.long())
            update.zero_grad()
            value.backward()
            if clip:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            update.step()
            expected.append(value.item())
        numpy.testing.assert_allclose(report["losses"], expected, rtol=1e-4, atol=1e-4)

    def test_optimisers_follow_torch_optim(self):
        for name, optimiser in OPTIMISERS.items():
            with self.subTest(name):
                self.check_training(TABLE_MLP, "cross_entropy", optimiser)

    def test_gradient_clipping(self):
        for name in ("momentum", "adam"):
            with self.subTest(name):
                self.check_training(TABLE_MLP, "cross_entropy", OPTIMISERS[name], clip=0.05)

    def test_class_weights_and_label_smoothing(self):
        weights = [0.2, 1.0, 3.0, 0.5]
        self.check_training(TABLE_MLP, "cross_entropy", OPTIMISERS["adam"], weights=weights, smoothing=0.1)
        self.check_training(TABLE_MLP, "cross_entropy", OPTIMISERS["adam"], weights=weights)
        self.check_training(TABLE_MLP, "cross_entropy", OPTIMISERS["adam"], smoothing=0.2)
        self.check_training(CNN, "cross_entropy", OPTIMISERS["sgd"], weights=[0.5 + k / 10 for k in range(10)], smoothing=0.1)


def add_tests():
    # Dropout draws other numbers than PyTorch does, so its steps cannot be compared: it is left out there.
    for name, (spec, loss) in ARCHITECTURES.items():
        label = name.replace(" ", "_")
        still = dict(spec, layers=[layer for layer in spec["layers"] if layer["kind"] != "dropout"])
        setattr(Parity, f"test_logits_of_{label}", lambda self, name=name: self.check_forward(name))
        # Deep or large networks amplify the last bits of a gradient: small steps keep both on one path.
        large = spec["input"].get("width", 0) > 30
        optimiser = ({"kind": "sgd"}, lambda p: torch.optim.SGD(p, 1e-4), 1e-4) if large else OPTIMISERS["adam"]
        rows, batch = (24, 8) if large else (80, 16)
        setattr(Parity, f"test_training_of_{label}", lambda self, spec=still, loss=loss, optimiser=optimiser, rows=rows, batch=batch:
                self.check_training(spec, loss, optimiser, batch=batch, rows=rows))


add_tests()

if __name__ == "__main__":
    unittest.main()

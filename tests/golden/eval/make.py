#!/usr/bin/python3
"""Writes metrics.json: inputs and what scikit-learn says about them. Run by hand when a case is added."""
import json
import os

import numpy as np
from sklearn import metrics as m
from sklearn.calibration import calibration_curve

RNG = np.random.default_rng(7)


def rounded(values, digits=6):
    return np.round(np.asarray(values, dtype=np.float64), digits).tolist()


def classification(name, truth, probabilities):
    probabilities = np.array(rounded(probabilities))
    truth, predicted = np.asarray(truth), probabilities.argmax(1)
    classes = probabilities.shape[1]
    macro = m.precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)
    each = m.precision_recall_fscore_support(truth, predicted, labels=range(classes), zero_division=0)
    case = {"name": name, "truth": truth.tolist(), "probabilities": probabilities.tolist(),
            "confusion": m.confusion_matrix(truth, predicted, labels=range(classes)).tolist(),
            "accuracy": m.accuracy_score(truth, predicted), "balanced_accuracy": m.balanced_accuracy_score(truth, predicted),
            "precision": macro[0], "recall": macro[1], "f1": macro[2],
            "log_loss": m.log_loss(truth, probabilities / probabilities.sum(1, keepdims=True), labels=range(classes)),
            "per_class": {"precision": each[0].tolist(), "recall": each[1].tolist(), "f1": each[2].tolist(), "support": each[3].tolist()}}
    confidence, correct = probabilities.max(1), (truth == predicted).astype(float)
    observed, mean = calibration_curve(correct, confidence, n_bins=15)
    counts = np.histogram(confidence, np.linspace(0, 1, 16))[0]
    counts = counts[counts > 0]
    case["ece"] = float(np.sum(counts * np.abs(observed - mean)) / counts.sum())
    return case


def ranked(name, positive, scores):
    positive, scores = np.asarray(positive), np.array(rounded(scores), dtype=np.float32)
    fpr, tpr, _ = m.roc_curve(positive, scores)
    precision, recall, _ = m.precision_recall_curve(positive, scores)
    return {"name": name, "positive": positive.tolist(), "scores": scores.astype(float).tolist(),
            "auc": m.roc_auc_score(positive, scores), "average_precision": m.average_precision_score(positive, scores),
            "roc": [[float(x), float(y)] for x, y in zip(fpr, tpr)],
            "pr": sorted([float(x), float(y)] for x, y in zip(recall, precision))}


def regression(name, truth, predicted):
    truth, predicted = rounded(truth), rounded(predicted)
    return {"name": name, "truth": truth, "predicted": predicted, "mse": m.mean_squared_error(truth, predicted),
            "rmse": m.mean_squared_error(truth, predicted, squared=False), "mae": m.mean_absolute_error(truth, predicted),
            "r2": m.r2_score(truth, predicted)}


def ranking(name, relevant, scores, k):
    relevant, scores = np.asarray(relevant), np.array(rounded(scores))
    order = np.argsort(-scores)
    return {"name": name, "relevant": relevant.tolist(), "scores": scores.tolist(), "k": k,
            "ndcg": m.ndcg_score([relevant], [scores], k=k), "hit": float(relevant[order[:k]].any())}


def softmax(logits):
    exp = np.exp(logits - logits.max(1, keepdims=True))
    return exp / exp.sum(1, keepdims=True)


def noisy(truth, classes, strength):
    return softmax(RNG.normal(size=(len(truth), classes)) + strength * np.eye(classes)[truth])


three, two = RNG.integers(0, 3, 120), RNG.integers(0, 2, 90)
gaps = RNG.choice([0, 2, 3], 60)  # class 1 and 4 never occur
values = RNG.normal(50, 10, 80)
positives = RNG.integers(0, 2, 60)
cases = {
    "classification": [classification("three classes", three, noisy(three, 3, 1.5)),
                       classification("two classes", two, noisy(two, 2, 1.0)),
                       classification("classes that do not occur", gaps, noisy(gaps, 5, 1.0)),
                       classification("all right", [0, 1, 0], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]]),
                       classification("all wrong and certain", [0, 1], [[0, 1], [1, 0]])],
    "ranked": [ranked("scores with signal", positives, RNG.normal(size=60) + positives),
               ranked("many ties", positives, RNG.integers(0, 4, 60) / 4 + 0.0 * positives),
               ranked("perfect", [0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]),
               ranked("upside down", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
               ranked("one score for all", [0, 1, 1], [0.5, 0.5, 0.5])],
    "regression": [regression("noise", values, values + RNG.normal(0, 3, 80)),
                   regression("worse than the mean", values[:20], values[20:40]),
                   regression("constant truth", [2, 2, 2], [2, 3, 2]),
                   regression("constant and right", [2, 2, 2], [2, 2, 2]),
                   regression("far from zero", values + 1e6, values + 1e6 + RNG.normal(0, 3, 80))],
    "ranking": [ranking(f"{items} items, {relevant} relevant, seed {seed}",
                        RNG.permutation([1] * relevant + [0] * (items - relevant)), RNG.permutation(items) / items, 10)
                for seed, (items, relevant) in enumerate([(20, 1), (20, 5), (100, 1), (100, 15), (12, 12)])],
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics.json"), "w") as file:
    json.dump(cases, file, indent=None, separators=(",", ":"))
    file.write("\n")

"""Endpoints that lie to `predict` and `monitor`."""
import json
import unittest

import specimens
from fake_store import FakeStore
from hostile import ESCAPES, HostileTest

MODELS = {"models": [{"name": "m", "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1]}]}]}
LINE = b'{"input":"a","label":"x","score":1}\n'
VALUES = (None, True, 5, -1, 2**63, 1e308, "", "x", ESCAPES, [], {}, [[]], [None], [5], {"a": 1})


def bends(document, path=()):
    """The document with each of its values replaced by each odd one, and with each key gone."""
    at = document
    for key in path:
        at = at[key]
    for key, value in (at.items() if isinstance(at, dict) else enumerate(at) if isinstance(at, list) else ()):
        for other in VALUES:
            yield json.dumps(replaced(document, (*path, key), other)).encode()
        yield from bends(document, (*path, key))


def replaced(document, path, value):
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


class Endpoints(HostileTest):

    def against(self, *arguments, models=None, answer=LINE, status=200, metrics=specimens.METRICS, stats=None, **options):
        pages = {
            "/v2/models": models or json.dumps(MODELS).encode(), "/metrics": metrics, "/v2/stats": stats
            or json.dumps(specimens.STATS).encode()
        }

        def said(_, path):
            page = pages.get(path.partition("?")[0])
            return (200, [], page) if page is not None else (status, [], answer)

        with FakeStore(answer=said) as endpoint:
            return self.attack(*[each.replace("{URL}", endpoint.endpoint) for each in arguments], **options)

    def test_what_a_model_is_said_to_take(self):
        for number, models in enumerate(bends(MODELS)):
            with self.subTest(models=models):
                self.against("predict", "{URL}", "hello", models=models)
                if number % 7 == 0:
                    self.against("predict", "{URL}", "hello", "-o", "json", models=models)

    def test_what_is_predicted(self):
        answers = [
            json.dumps({"input": "a", "label": "x", "score": 1, **{key: value}}).encode() + b"\n"
            for key in ("input", "label", "score", "probabilities", "value") for value in VALUES
        ]
        answers += [
            b"", b"\n", b"5\n", b"[]\n", b"{}\n", LINE * 50, b"\xff\n", b'{"input":' + b"[" * 90_000 + b"]" * 90_000 + b"}\n",
            b'{"input":"' + b"a" * 9_000_000 + b'"}\n', b"{" + b",".join(b'"%x":0' % k for k in range(100_000)) + b"}\n"
        ]
        for answer in answers:
            with self.subTest(answer[:60]):
                self.against("predict", "{URL}", "hello", answer=answer)
                self.against("predict", "{URL}", "hello", "-o", "json", answer=answer)

    def test_what_an_error_says(self):
        for status in (307, 400, 401, 404, 413, 418, 599):
            for answer in (json.dumps({"error": ESCAPES, "hint": ESCAPES, "where": ESCAPES}).encode(), b"5", b"[" * 90_000,
                           b"\xff" + ESCAPES.encode(), b'{"error":{}}', b""):
                with self.subTest(status=status, answer=answer[:20]):
                    self.against("predict", "{URL}", "hello", answer=answer, status=status, codes=range(1, 14))

    def test_statistics(self):
        for stats in bends(specimens.STATS):
            with self.subTest(stats=stats):
                self.against("monitor", "{URL}", "--once", stats=stats)

    def test_metrics(self):
        name = b"mlctl_inference_request_duration_seconds"
        texts = [
            b"", b"\xff\n", b"a{b=\"c\n", b"a{ 1\n", b"a{b=\"\\", b"mlctl_model_ready",
            ESCAPES.encode() + b" 1\n", b"a 1e999\na NaN\na +Inf\n",
            b"mlctl_counters_start_timestamp_seconds -Inf\nprocess_start_time_seconds 1e308\n",
            b"# TYPE " + name + b" histogram\n" + name + b'_bucket{le="+Inf"} 5\n' + name + b"_sum 1\n" + name + b"_count 5\n",
            name + b'_bucket{le="+Inf"} 5\n',
            specimens.METRICS.replace(b'le="0.1"', b'le="NaN"'),
            specimens.METRICS.replace(b"} 7", b"} -7"),
            specimens.METRICS.replace(b"0.1", b"1e308"), specimens.METRICS[:-1], b"a 1\n" * 200_000,
            b"a{" + b",".join(b'l%d="x"' % k for k in range(50_000)) + b"} 1\n"
        ]
        for metrics in texts:
            with self.subTest(metrics[:60]):
                self.against("monitor", "{URL}", "--once", metrics=metrics)
                self.against("monitor", "{URL}", "--once", "-o", "json", metrics=metrics)

    def test_two_looks_that_do_not_fit_together(self):
        """The reference of another dataset, rules, and counters that ran backwards."""
        self.put("d", specimens.dataset_files("table"))
        rules = b"apiVersion: mlctl.dev/v1\nkind: Monitor\nmetadata: {name: r}\nspec:\n  endpoint: e\n  rules:\n    - {name: r, expr: error_rate > 0.1}\n"
        self.put(".", {"rules.yaml": rules})
        features = specimens.STATS["features"]
        for bend in ({"bins": []}, {"bins": [1]}, {"bins": [2**62] * 4, "missing": 2**62}, {"bins": [-5, -7, 0, 0]},
                     {"reference": {**features[0]["reference"], "edges": [1.0] * 50}
                      }, {"reference": {**features[0]["reference"], "bins": [1] * 50}
                          }, {"reference": {**features[0]["reference"], "edges": [3, 2, 1]}}, {"name": ESCAPES},
                     {"categorical": True, "reference": {"name": "age", "values": [[]], "missing": 0, "count": 1}}):
            stats = json.dumps({**specimens.STATS, "features": [{**features[0], **bend}, features[1]]}).encode()
            with self.subTest(bend=str(bend)[:60]):
                self.against("monitor", "{URL}", "--once", "--reference", "d", stats=stats)
                self.against("monitor", "{URL}", "--once", "--rules", "rules.yaml", stats=stats)


if __name__ == "__main__":
    unittest.main()

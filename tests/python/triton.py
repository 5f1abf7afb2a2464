"""What tritonclient does alike over HTTP and gRPC."""

import numpy as np
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from checks import MODELS

TYPES = {
    "bool": np.array([True, False]),
    **{
        f"{kind}{bits}": np.array([np.iinfo(f"{kind}{bits}").min, np.iinfo(f"{kind}{bits}").max], f"{kind}{bits}")
        for kind in ["int", "uint"]
        for bits in [8, 16, 32, 64]
    },
    "float16": np.array([0.5, -65504], np.float16),
    "float32": np.array([0.1, 3e38], np.float32),
    "float64": np.array([0.1, 1e300], np.float64),
    "text": np.array(["", "grüße, 世界 \u0000 🦀 \" \\ \n"], object),
}


def same(found, expected):
    """Equal. Text comes back as bytes when it is binary."""
    if expected.dtype == object:
        found = np.array([text.decode() if isinstance(text, bytes) else text for text in found.flat], object)
    assert found.dtype == expected.dtype, (found.dtype, expected.dtype)
    assert found.shape == expected.shape and (found == expected).all(), f"{found} is not {expected}"[:1000]


class Suite:
    """`ways` are the keywords of inputs and of outputs with which each prediction is tried."""

    def __init__(self, module, bad, unknown, ways):
        self.module, self.bad, self.unknown, self.ways = module, bad, unknown, ways
        self.clients = {name: module.InferenceServerClient(address) for name, address in MODELS.items()}

    def input(self, name, array, **way):
        given = self.module.InferInput(name, list(array.shape), np_to_triton_dtype(array.dtype))
        given.set_data_from_numpy(array, **way)
        return given

    def infer(self, model, inputs, outputs=None, way=({}, {}), **options):
        inputs = [self.input(name, array, **way[0]) for name, array in inputs.items()]
        if outputs is not None:
            outputs = [self.module.InferRequestedOutput(name, **way[1]) for name in outputs]
        return self.clients[model].infer(options.pop("asked", model), inputs, outputs=outputs, **options)

    def refused(self, status, call, words=""):
        try:
            answer = call()
        except InferenceServerException as error:
            assert error.status() == status, error
            assert error.message() and "exception occurred in the client" not in error.message(), error
            assert words in error.message(), error
        else:
            raise AssertionError(f"expected {status}, got {answer}")

    def health(self):
        for name, client in self.clients.items():
            assert client.is_server_live() and client.is_server_ready()
            assert client.is_model_ready(name) and client.is_model_ready(name, "1")

    def predictions(self):
        pairs = {"a": np.array([1, -2.5]), "b": np.array([10, 0.25])}
        vector = np.array([[1, 2, 3, 4], [0.5, 0, -1, 0.25]], np.float32)
        text = np.array(["", "grüße", "世界 🦀", 'a"b\\c\n\u0000d', "x" * 70_000], object)
        upper = np.array([word.upper() for word in text], object)
        for way in self.ways:
            answer = self.infer("pairs", pairs, ["output"], way)
            same(answer.as_numpy("output"), np.array([11, -2.25]))
            answer = self.infer("vector", {"input": vector}, ["output"], way)
            same(answer.as_numpy("output"), np.array([[10, 4], [-0.25, 0.5]], np.float32))
            same(self.infer("text", {"input": text}, ["output"], way).as_numpy("output"), upper)
            # The inputs in another order, and the outputs in all orders.
            reversed_pairs = dict(reversed(pairs.items()))
            expected = {
                "total": np.array([11, -2.25]),
                "larger": np.array([False, False]),
                "both": np.array([[1, 10], [-2.5, 0.25]]),
                "label": np.array(["positive", "negative"], object),
                "whole": np.array([11, -2]),
            }
            for wanted in [None, list(expected), list(reversed(expected)), ["label"], ["whole", "both"]]:
                answer = self.infer("several", reversed_pairs, wanted, way)
                names = [output["name"] for output in outputs(answer)]
                assert wanted is None and sorted(names) == sorted(expected) or names == wanted, names
                for name in names:
                    same(answer.as_numpy(name), expected[name])
                assert wanted is None or answer.as_numpy("other") is None

    def every_type(self):
        answer = self.infer("types", TYPES)
        for name, array in TYPES.items():
            same(answer.as_numpy("same_" + name), array)

    def no_rows_and_many(self):
        for rows in [0, 1, 65, 100_000]:
            a = np.arange(rows, dtype=np.float64)
            answer = self.infer("pairs", {"a": a, "b": a * 2})
            same(answer.as_numpy("output"), a * 3)
            vector = np.ones((rows, 4), np.float32)
            assert self.infer("vector", {"input": vector}).as_numpy("output").shape == (rows, 2)
        assert self.infer("text", {"input": np.array([], object)}).as_numpy("output").size == 0

    def ids_and_parameters(self):
        pairs = {"a": np.array([1.0]), "b": np.array([2.0])}
        for request_id in ["42", "grüße", "x" * 5000]:
            answer = self.infer("pairs", pairs, request_id=request_id, parameters={"tag": "x", "n": 3, "on": True})
            assert field(answer, "id") == request_id, answer.get_response()
        answer = self.infer("pairs", pairs, model_version="1", priority=2, timeout=1_000_000, sequence_id=7, sequence_start=True)
        assert field(answer, "model_name") == "pairs" and field(answer, "model_version") == "1"
        assert not field(answer, "id")

    def errors(self):
        a, b = np.array([1.0]), np.array([2.0])
        good = {"a": a, "b": b}
        for name in ["nope", "pair", "Pairs", "a b", "ü"]:
            self.refused(self.unknown, lambda: self.infer("pairs", good, asked=name), "there is no model")
            self.refused(self.unknown, lambda: self.clients["pairs"].get_model_metadata(name))
        for version in ["0", "2", "x", "01", "-1"]:
            self.refused(self.unknown, lambda: self.infer("pairs", good, model_version=version), "has no version")
            self.refused(self.unknown, lambda: self.clients["pairs"].get_model_metadata("pairs", version))
        for way in self.ways:
            bad = [
                ({"a": a}, "`b` is missing"),
                ({"a": a, "c": b}, "unexpected input `c`"),
                ({**good, "c": b}, "unexpected input `c`"),
                ({"a": a, "b": b.astype(np.float32)}, "FP32"),
                ({"a": a, "b": b.astype(np.int64)}, "INT64"),
                ({"a": a, "b": np.array(["x"], object)}, "BYTES"),
                ({"a": a, "b": np.array([1.0, 2.0])}, "rows"),
                ({"a": a, "b": np.array([[2.0]])}, "shape"),
                ({"a": a, "b": np.array([[[2.0]]])}, "shape"),
            ]
            for inputs, words in bad:
                self.refused(self.bad, lambda: self.infer("pairs", inputs, way=way), words)
            for shape in [(1, 3), (1, 5), (4,), (1, 4, 1), (4, 1), (2, 0), (0,)]:
                vector = {"input": np.ones(shape, np.float32)}
                self.refused(self.bad, lambda: self.infer("vector", vector, way=way), "shape")
            self.refused(self.bad, lambda: self.infer("pairs", good, ["nope"], way), "unexpected output `nope`")
            self.refused(self.bad, lambda: self.infer("pairs", good, ["output", "output"], way), "twice")
        self.refused(self.bad, lambda: self.infer("text", {"input": np.array([b"\xff\xfe"], object)}), "UTF-8")
        twice = [self.input("a", a), self.input("a", a), self.input("b", b)]
        self.refused(self.bad, lambda: self.clients["pairs"].infer("pairs", twice), "twice")
        classes = [self.module.InferRequestedOutput("output", class_count=2)]
        inputs = [self.input(name, array) for name, array in good.items()]
        self.refused(self.bad, lambda: self.clients["pairs"].infer("pairs", inputs, outputs=classes), "classification")
        shared = self.module.InferInput("a", [1], "FP64")
        shared.set_shared_memory("region", 8)
        self.refused(
            self.bad, lambda: self.clients["pairs"].infer("pairs", [shared, self.input("b", b)]), "shared_memory"
        )


def field(answer, name):
    response = answer.get_response()
    return response.get(name) if isinstance(response, dict) else getattr(response, name)


def outputs(answer):
    response = answer.get_response()
    if isinstance(response, dict):
        return response["outputs"]
    return [{"name": output.name} for output in response.outputs]

"""tritonclient over gRPC, on the same port as HTTP."""

import queue

import grpc as grpcio
import numpy as np
import tritonclient.grpc as grpc
from tritonclient.utils import InferenceServerException

import checks
from checks import MODELS
from triton import Suite, same

BAD, UNKNOWN, NOT_THERE = "StatusCode.INVALID_ARGUMENT", "StatusCode.NOT_FOUND", "StatusCode.UNIMPLEMENTED"
suite = Suite(grpc, BAD, UNKNOWN, [({}, {})])

test_health = suite.health
test_predictions = suite.predictions
test_every_type = suite.every_type
test_no_rows_and_many = suite.no_rows_and_many
test_ids_and_parameters = suite.ids_and_parameters
test_errors = suite.errors


def test_unknown_is_not_ready():
    client = suite.clients["pairs"]
    suite.refused(UNKNOWN, lambda: client.is_model_ready("nope"))
    suite.refused(UNKNOWN, lambda: client.is_model_ready("pairs", "2"))


def test_metadata():
    client = suite.clients["several"]
    server = client.get_server_metadata(as_json=True)
    assert server["name"] == "zen" and server["version"], server
    for version in ["", "1"]:
        model = client.get_model_metadata("several", version)
        assert (model.name, list(model.versions), model.platform) == ("several", ["1"], "zen"), model
        inputs = [(given.name, given.datatype, list(given.shape)) for given in model.inputs]
        assert inputs == [("a", "FP64", [-1]), ("b", "FP64", [-1])], inputs
        assert ("both", [-1, 2]) in [(output.name, list(output.shape)) for output in model.outputs], model


def test_index():
    for name, client in suite.clients.items():
        (found,) = client.get_model_repository_index().models
        assert (found.name, found.version, found.state) == (name, "1", "READY"), found


def test_what_only_triton_has_is_refused():
    client = suite.clients["pairs"]
    suite.refused(NOT_THERE, lambda: client.get_model_config("pairs"))
    suite.refused(NOT_THERE, lambda: client.get_inference_statistics("pairs"))
    suite.refused(NOT_THERE, lambda: client.get_trace_settings())
    suite.refused(NOT_THERE, lambda: client.get_system_shared_memory_status())
    suite.refused(NOT_THERE, lambda: client.load_model("pairs"))
    suite.refused(NOT_THERE, lambda: client.unload_model("pairs"))


def test_streams_are_refused():
    client = grpc.InferenceServerClient(MODELS["pairs"])
    answers = queue.Queue()
    client.start_stream(callback=lambda result, error: answers.put(error))
    inputs = [suite.input("a", np.array([1.0])), suite.input("b", np.array([2.0]))]
    try:
        client.async_stream_infer("pairs", inputs)
    except InferenceServerException:
        pass  # The stream ended before the request was made; why, the callback has heard.
    error = answers.get(timeout=30)
    assert isinstance(error, InferenceServerException) and error.status() == NOT_THERE, error
    client.stop_stream()


def test_other_services_are_refused():
    with grpcio.insecure_channel(MODELS["pairs"]) as channel:
        for method in ["/grpc.health.v1.Health/Check", "/inference.GRPCInferenceService/", "/x/y", "/../../etc/passwd"]:
            try:
                channel.unary_unary(method)(b"", timeout=30)
            except grpcio.RpcError as error:
                assert error.code() == grpcio.StatusCode.UNIMPLEMENTED, (method, error)
            else:
                raise AssertionError(method)


def test_many_at_once():
    client = grpc.InferenceServerClient(MODELS["pairs"])
    answers = queue.Queue()
    for number in range(200):
        inputs = [suite.input("a", np.array([float(number)])), suite.input("b", np.array([0.5]))]
        client.async_infer("pairs", inputs, lambda result, error: answers.put((result, error)), request_id=str(number))
    for _ in range(200):
        result, error = answers.get(timeout=60)
        assert error is None, error
        same(result.as_numpy("output"), np.array([float(result.get_response().id) + 0.5]))


def test_compression():
    """Compressed messages aren't read; the client hears so."""
    pairs = {"a": np.array([1.0]), "b": np.array([2.0])}
    for algorithm in ["gzip", "deflate"]:
        suite.refused(NOT_THERE, lambda: suite.infer("pairs", pairs, compression_algorithm=algorithm))
    same(suite.infer("pairs", pairs).as_numpy("output"), np.array([3.0]))


def test_deadlines():
    pairs = {"a": np.array([1.0]), "b": np.array([2.0])}
    same(suite.infer("pairs", pairs, client_timeout=60).as_numpy("output"), np.array([3.0]))


def test_large_messages():
    """4 MiB is the default limit of many gRPC servers."""
    rows = np.ones((500_000, 4), np.float32)
    assert suite.infer("vector", {"input": rows}).as_numpy("output").shape == (500_000, 2)


checks.main(globals())

"""tritonclient over HTTP, with JSON and with binary tensors."""

import json
import urllib.request

import numpy as np
import tritonclient.http as http
from tritonclient.utils import np_to_triton_dtype

import checks
from checks import MODELS
from triton import TYPES, Suite, same

WAYS = [({"binary_data": given}, {"binary_data": wanted}) for given in [True, False] for wanted in [True, False]]
suite = Suite(http, "400", "404", WAYS)

test_health = suite.health
test_predictions = suite.predictions
test_every_type = suite.every_type
test_no_rows_and_many = suite.no_rows_and_many
test_ids_and_parameters = suite.ids_and_parameters
test_errors = suite.errors


def test_unknown_is_not_ready():
    client = suite.clients["pairs"]
    assert not client.is_model_ready("nope")
    assert not client.is_model_ready("pairs", "2")


def test_metadata():
    client = suite.clients["several"]
    server = client.get_server_metadata()
    assert server["name"] == "zen" and server["version"] and "binary_tensor_data" in server["extensions"], server
    for version in ["", "1"]:
        model = client.get_model_metadata("several", version)
        assert (model["name"], model["versions"], model["platform"]) == ("several", ["1"], "zen"), model
        assert model["inputs"] == [{"name": name, "datatype": "FP64", "shape": [-1]} for name in "ab"], model
        assert {"name": "both", "datatype": "FP64", "shape": [-1, 2]} in model["outputs"], model
    assert suite.clients["types"].get_model_metadata("types")["platform"].startswith("onnx")


def test_index():
    for name, client in suite.clients.items():
        expected = {"name": name, "version": "1", "state": "READY"}
        (found,) = client.get_model_repository_index()
        assert {key: found[key] for key in expected} == expected, found


def test_what_only_triton_has_is_refused():
    client = suite.clients["pairs"]
    suite.refused("404", lambda: client.get_model_config("pairs"))
    suite.refused("404", lambda: client.get_inference_statistics("pairs"))
    suite.refused("404", lambda: client.get_trace_settings())
    suite.refused("404", lambda: client.get_log_settings())
    suite.refused("404", lambda: client.get_system_shared_memory_status())
    suite.refused("400", lambda: client.load_model("pairs"))
    suite.refused("400", lambda: client.unload_model("pairs"))


def test_json_and_binary_tensors_in_one_request():
    """Half precision has no JSON; all else is JSON."""
    inputs, outputs = [], []
    for name, array in TYPES.items():
        binary = name == "float16"
        inputs.append(suite.input(name, array, binary_data=binary))
        outputs.append(http.InferRequestedOutput("same_" + name, binary_data=binary))
    answer = suite.clients["types"].infer("types", inputs, outputs=outputs)
    for name, array in TYPES.items():
        same(answer.as_numpy("same_" + name), array)
        binary = "binary_data_size" in answer.get_output("same_" + name).get("parameters", {})
        assert binary == (name == "float16"), name
    asked = [http.InferRequestedOutput("same_float16", binary_data=False)]
    suite.refused("400", lambda: suite.clients["types"].infer("types", inputs, outputs=asked), "FP16")


def test_text_types_of_numpy():
    for array in [np.array([b"ab", b"c"]), np.array(["ab", "c"]).astype(object)]:
        given = http.InferInput("input", [2], np_to_triton_dtype(array.dtype))
        given.set_data_from_numpy(array)
        found = suite.clients["text"].infer("text", [given]).as_numpy("output")
        assert found.tolist() == [b"AB", b"C"], found


def test_compression():
    """Requests aren't decompressed; answers needn't be compressed."""
    pairs = {"a": np.array([1.0]), "b": np.array([2.0])}
    for algorithm in ["gzip", "deflate"]:
        answer = suite.infer("pairs", pairs, response_compression_algorithm=algorithm)
        same(answer.as_numpy("output"), np.array([3.0]))
        suite.refused("415", lambda: suite.infer("pairs", pairs, request_compression_algorithm=algorithm), algorithm)
        # The connection is as good as before.
        same(suite.infer("pairs", pairs).as_numpy("output"), np.array([3.0]))


def test_queries_and_headers():
    pairs = {"a": np.array([1.0]), "b": np.array([2.0])}
    answer = suite.infer("pairs", pairs, query_params={"x": "1", "y": ["2", "/../"]}, headers={"X-Tag": "1"})
    same(answer.as_numpy("output"), np.array([3.0]))


def test_many_at_once():
    client = http.InferenceServerClient(MODELS["pairs"], concurrency=8)
    asked = []
    for number in range(200):
        inputs = [suite.input("a", np.array([float(number)])), suite.input("b", np.array([0.5]))]
        asked.append(client.async_infer("pairs", inputs, request_id=str(number)))
    for number, request in enumerate(asked):
        answer = request.get_result()
        assert answer.get_response()["id"] == str(number)
        same(answer.as_numpy("output"), np.array([number + 0.5]))
    client.close()


def test_bodies_sent_by_others():
    """tritonclient makes the body, and something else sends it."""
    inputs = [suite.input("a", np.array([1.0])), suite.input("b", np.array([2.0]))]
    for binary in [True, False]:
        asked = [http.InferRequestedOutput("output", binary_data=binary)]
        body, json_size = http.InferenceServerClient.generate_request_body(inputs, outputs=asked)
        request = urllib.request.Request(f"http://{MODELS['pairs']}/v2/models/pairs/infer", body)
        request.add_header("Inference-Header-Content-Length", str(json_size))
        request.add_header("Content-Type", "application/octet-stream")
        with urllib.request.urlopen(request) as response:
            length = response.headers.get("Inference-Header-Content-Length")
            content = response.read()
            assert (length is not None) == binary and (not binary or json.loads(content[: int(length)]))
        length = int(length) if length else None
        answer = http.InferenceServerClient.parse_response_body(content, header_length=length)
        same(answer.as_numpy("output"), np.array([3.0]))


checks.main(globals())

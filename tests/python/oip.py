"""The client that is generated from the Open Inference Protocol's OpenAPI document: open-inference-openapi."""

from open_inference.openapi.client import OpenInferenceClient
from open_inference.openapi.core.api_error import ApiError
from open_inference.openapi.errors import BadRequestError, NotFoundError
from open_inference.openapi.types import InferenceRequest, RequestInput, RequestOutput

import checks
from checks import MODELS

clients = {name: OpenInferenceClient(base_url=f"http://{address}") for name, address in MODELS.items()}


def given(name, shape, datatype, data):
    return RequestInput(name=name, shape=shape, datatype=datatype, data=data)


def refused(kind, call, status=None):
    """With `status` where the document has no error of its own for it."""
    try:
        answer = call()
    except ApiError as error:
        assert type(error) is kind and status in [None, error.status_code], (type(error), str(error))
        assert isinstance(error.body["error"], str) and error.body["error"], error.body
    else:
        raise AssertionError(f"expected {kind}, got {answer}")


def test_health():
    for name, client in clients.items():
        client.check_server_liveness()
        client.check_server_readiness()
        client.check_model_readiness(name)
        client.check_model_version_readiness(name, "1")
        refused(NotFoundError, lambda: client.check_model_readiness("nope"))
        refused(NotFoundError, lambda: client.check_model_version_readiness(name, "2"))


def test_metadata():
    server = clients["pairs"].read_server_metadata()
    assert server.name == "zen" and "binary_tensor_data" in server.extensions, server
    for name, client in clients.items():
        for model in [client.read_model_metadata(name), client.read_model_version_metadata(name, "1")]:
            assert (model.name, model.versions) == (name, ["1"]) and model.platform and model.inputs and model.outputs
    for output in clients["several"].read_model_metadata("several").outputs:
        assert output.shape[0] == -1 and output.datatype in ["FP64", "BOOL", "BYTES", "INT64"], output


def test_predictions():
    pairs = [given("a", [2], "FP64", [1, -2.5]), given("b", [2], "FP64", [10, 0.25])]
    request = InferenceRequest(id="42", inputs=pairs, outputs=[RequestOutput(name="output")], parameters={"x": 1})
    client = clients["pairs"]
    for answer in [client.model_infer("pairs", request=request), client.model_version_infer("pairs", "1", request=request)]:
        assert (answer.model_name, answer.model_version, answer.id) == ("pairs", "1", "42"), answer
        (output,) = answer.outputs
        assert (output.name, output.shape, output.datatype) == ("output", [2], "FP64"), output
        assert output.data.__root__ == [11, -2.25], output
    answer = clients["several"].model_infer("several", request=InferenceRequest(inputs=pairs))
    found = {output.name: output.data.__root__ for output in answer.outputs}
    assert found["label"] == ["positive", "negative"] and found["total"] == [11, -2.25], found
    assert found["both"] == [1, 10, -2.5, 0.25], found
    words = InferenceRequest(inputs=[given("input", [2], "BYTES", ["grüße", "🦀"])])
    answer = clients["text"].model_infer("text", request=words)
    assert answer.outputs[0].data.__root__ == ["GRÜSSE", "🦀"], answer
    nested = InferenceRequest(inputs=[given("input", [2, 4], "FP32", [[1, 2, 3, 4], [0, 0, 0, 0.5]])])
    answer = clients["vector"].model_infer("vector", request=nested)
    assert answer.outputs[0].data.__root__ == [10, 4, 0.5, 0.5], answer


def test_errors():
    client = clients["pairs"]
    infer = lambda *inputs, model="pairs": client.model_infer(model, request=InferenceRequest(inputs=list(inputs)))
    a, b = given("a", [1], "FP64", [1]), given("b", [1], "FP64", [2])
    request = InferenceRequest(inputs=[a, b])
    refused(ApiError, lambda: infer(a, b, model="nope"), 404)
    refused(ApiError, lambda: client.model_version_infer("pairs", "2", request=request), 404)
    for name in ["nope", "a%2Fb", "%00", "x" * 5000]:
        refused(ApiError, lambda: client.read_model_metadata(name), 404)
    for inputs in [
        [],
        [a],
        [a, a],
        [a, given("c", [1], "FP64", [1])],
        [a, given("b", [1], "FP32", [1])],
        [a, given("b", [1], "FP65", [1])],
        [a, given("b", [2], "FP64", [1])],
        [a, given("b", [2], "FP64", [1, 2])],
        [a, given("b", [-1], "FP64", [1])],
        [a, given("b", [], "FP64", [1])],
        [a, given("b", [1], "FP64", ["x"])],
        [a, given("b", [1], "FP64", [[1]])],
    ]:
        refused(BadRequestError, lambda: infer(*inputs))


checks.main(globals())

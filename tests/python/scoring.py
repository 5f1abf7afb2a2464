"""MLflow's scoring protocol: payloads as MLflow's clients send them, answers read as they read them."""

import http.client
import json

import checks
from checks import MODELS

# The codes of MLflow's `databricks_pb2.ErrorCode` that belong to statuses; its clients raise a ValueError on others.
CODES = {
    400: {"INVALID_PARAMETER_VALUE", "BAD_REQUEST", "MALFORMED_REQUEST"},
    404: {"NOT_FOUND", "RESOURCE_DOES_NOT_EXIST", "ENDPOINT_NOT_FOUND"},
    405: {"BAD_REQUEST"},
    413: {"RESOURCE_EXHAUSTED"},
    415: {"BAD_REQUEST"},
    500: {"INTERNAL_ERROR"},
}
JSON = "application/json"


def ask(model, body, content_type=JSON, method="POST", path="/invocations"):
    connection = http.client.HTTPConnection(MODELS[model], timeout=60)
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = body if isinstance(body, (str, bytes)) else json.dumps(body)
    connection.request(method, path, body=body if isinstance(body, bytes) else body.encode(), headers=headers)
    response = connection.getresponse()
    text = response.read().decode()
    kind = response.headers.get("Content-Type")
    connection.close()
    return response.status, kind, text


def predictions(model, body, content_type=JSON):
    """As `PredictionsResponse.from_json` reads them."""
    status, kind, text = ask(model, body, content_type)
    assert status == 200 and kind == JSON, (status, kind, text, body)
    answer = json.loads(text)
    assert list(answer) == ["predictions"], answer
    return answer["predictions"]


def refused(model, status, body, content_type=JSON, **options):
    """As `RestException` reads it."""
    found, kind, text = ask(model, body, content_type, **options)
    assert found == status and kind == JSON, (found, kind, text, body)
    error = json.loads(text)
    assert error["error_code"] in CODES[status], error
    assert isinstance(error["message"], str) and error["message"], error
    return error["message"]


def test_health():
    for path in ["/ping", "/health"]:
        assert ask("pairs", "", None, "GET", path) == (200, JSON, "\n")
    status, kind, text = ask("pairs", "", None, "GET", "/version")
    assert status == 200 and kind == JSON and text, text


def test_every_kind_of_payload():
    split = {"columns": ["a", "b"], "index": [0, 1], "data": [[1.0, 2.0], [3.0, 4.0]]}
    for body in [
        {"dataframe_split": split, "params": {"k": 10.0}},
        {"dataframe_split": {"columns": ["b", "a"], "data": [[2, 1], [4.0, 3]]}},
        {"dataframe_records": [{"a": 1.0, "b": 2.0}, {"b": 4, "a": 3}]},
        {"instances": [{"a": 1.0, "b": 2.0}, {"a": 3, "b": 4}], "params": {}},
        {"inputs": {"a": [1.0, 3.0], "b": [2.0, 4.0]}},
    ]:
        for kind in [JSON, "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", None]:
            assert predictions("pairs", body, kind) == [3.0, 7.0]


def test_tensors():
    rows = [[1, 2, 3, 4], [0.5, 0, 0, 0]]
    for body in [
        {"instances": rows},
        {"inputs": rows},
        {"inputs": {"input": rows}},
        {"dataframe_split": {"columns": [0, 1, 2, 3], "data": rows}},
        {"dataframe_split": {"columns": list("wxyz"), "index": [7, 8], "data": rows}},
    ]:
        assert predictions("vector", body) == [[10, 4], [0.5, 0.5]], body


def test_text_and_several_outputs():
    words = ["grüße", 'a"b\\c\n', "🦀", ""]
    upper = ["GRÜSSE", 'A"B\\C\n', "🦀", ""]
    for body in [
        {"instances": words},
        {"inputs": words},
        {"inputs": {"input": words}},
        {"dataframe_split": {"columns": ["input"], "data": [[word] for word in words]}},
        {"dataframe_records": [{"input": word} for word in words]},
    ]:
        assert predictions("text", body) == upper, body
    (found,) = predictions("several", {"dataframe_records": [{"a": 1, "b": 10}]})
    expected = {"total": 11, "larger": False, "both": [1, 10], "label": "positive", "whole": 11}
    assert found == expected, found


def test_csv():
    for body in ["a,b\n1.0,2.0\n3.0,4.0\n", "b,a\r\n2,1\r\n4,3\r\n", '"a","b"\n1e0,+2\n 3 ,"4"', "a,b\n1,2\n3,4"]:
        for kind in ["text/csv", "text/csv; charset=utf-8", "TEXT/CSV"]:
            assert predictions("pairs", body, kind) == [3.0, 7.0], body
    assert predictions("vector", "w,x,y,z\n1,2,3,4\n", "text/csv") == [[10, 4]]
    assert predictions("text", 'input\n"a, ""b"" 🦀"\n', "text/csv") == ['A, "B" 🦀']


def test_no_rows():
    for body in [{"instances": []}, {"dataframe_records": []}, {"inputs": {"a": [], "b": []}}]:
        assert predictions("pairs", body) == [], body
    assert predictions("pairs", {"dataframe_split": {"columns": ["a", "b"], "data": []}}) == []
    assert predictions("pairs", "a,b\n", "text/csv") == []


def test_many_rows():
    body = {"inputs": {"a": list(range(50_000)), "b": [1] * 50_000}}
    assert predictions("pairs", body) == list(range(1, 50_001))


def test_a_model_of_onnx():
    # As MLflow's servers answer it: an object with the outputs' names.
    rows = [[5.1, 3.5, 1.4, 0.2], [6.2, 3.4, 5.4, 2.3]]
    for body in [{"instances": rows}, {"inputs": rows}, {"dataframe_split": {"columns": list("wxyz"), "data": rows}}]:
        found = predictions("tree", body)
        assert len(found) == 2 and all(set(row) == {"label", "probabilities"} for row in found), found


def test_errors():
    for body in [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"x"',
        "{}",
        b"\xff\xfe",
        '{"instances": [{"a": NaN, "b": 1}]}',
        {"instances": [[1]], "inputs": [[1]]},
        {"instances": {"a": [1]}},
        {"inputs": 3},
        {"instances": [{"a": 1}]},
        {"instances": [{"a": "x", "b": 1}]},
        {"instances": [{"a": None, "b": 1}]},
        {"instances": [{"a": 1, "b": 2}], "params": 3},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1]]}},
        {"dataframe_split": {"columns": ["a"], "data": [[1]]}},
        {"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}},
        {"dataframe_split": {"data": [[1, 2]]}},
        {"dataframe_split": []},
        {"dataframe_records": {"a": 1}},
        {"dataframe_records": [1]},
        {"inputs": {"a": [1], "b": [1, 2]}},
        {"inputs": {"a": 1, "b": 2}},
    ]:
        refused("pairs", 400, body)
    for body in ["", "a,b\n1\n", "a\n1\n", "a,b\nx,y\n", b"a,b\n\xff,1\n", "a,b\n1,\n"]:
        refused("pairs", 400, body, "text/csv")
    for body in [{"instances": [[1, 2, 3]]}, {"instances": [1]}, {"inputs": [[[1, 2, 3, 4]]]}]:
        refused("vector", 400, body)
    for kind in ["text/plain", "application/vnd.apache.parquet", "application/json; x=1", "", "x", "text/csv; charset=latin1"]:
        message = refused("pairs", 415, {"instances": []}, kind) if kind else None
        assert message is None or "application/json" in message, message
    for method in ["GET", "PUT", "DELETE"]:
        refused("pairs", 405, "", method=method)


checks.main(globals())

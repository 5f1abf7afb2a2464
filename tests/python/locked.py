"""tritonclient, over HTTP and gRPC, with a server that wants the token `secret`."""

import numpy as np
import tritonclient.grpc as grpc
import tritonclient.http as http

import checks
from triton import Suite, same

PAIRS = {"a": np.array([1.0]), "b": np.array([2.0])}


def check(suite, unauthenticated, name):
    client = suite.clients["pairs"]
    assert client.is_server_live() and client.is_server_ready()
    for headers in [{}, {name: "Bearer wrong"}, {name: "secret"}, {name: "Bearer"}, {name: "Bearer secret2"}]:
        suite.refused(unauthenticated, lambda: suite.infer("pairs", PAIRS, headers=headers), "token")
        suite.refused(unauthenticated, lambda: client.get_model_metadata("pairs", headers=headers), "token")
        suite.refused(unauthenticated, lambda: client.get_model_metadata("nope", headers=headers), "token")
    headers = {name: "Bearer secret"}
    same(suite.infer("pairs", PAIRS, headers=headers).as_numpy("output"), np.array([3.0]))
    assert client.get_model_metadata("pairs", headers=headers)
    assert client.is_model_ready("pairs", headers=headers)


def test_http():
    check(Suite(http, "400", "404", []), "401", "Authorization")


def test_grpc():
    check(Suite(grpc, "", "", []), "StatusCode.UNAUTHENTICATED", "authorization")


checks.main(globals())

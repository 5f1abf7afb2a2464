"""How MLflow's server knows who asks, in the tests: by a bearer token."""

import os

from flask import make_response, request
from werkzeug.datastructures import Authorization


def authenticate():
    if request.headers.get("Authorization") == "Bearer " + os.environ["ZEN_TEST_TOKEN"]:
        return Authorization("basic", {"username": "admin", "password": ""})
    # Repeats what it was sent, as careless servers do.
    return make_response("no such token: " + request.headers.get("Authorization", "none"), 401)

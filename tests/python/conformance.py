"""schemathesis: requests made from the Open Inference Protocol's OpenAPI document, and from the server's own.

Answers must have a status, a media type and a body that the document has. The seed is fixed; SCHEMATHESIS_SEED is another one.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import checks
from checks import MODELS

HERE = pathlib.Path(__file__).parent.resolve()
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
SEED = os.environ.get("SCHEMATHESIS_SEED", "1")


def run(name, document, examples, *more):
    config = f"""
hooks = "{HERE / 'hooks.py'}"
[parameters]
"path.model_name" = "{name}"
"path.model_version" = "1"
"path.model" = "{name}"
"path.version" = "1"
"""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "schemathesis.toml").write_text(config)
        command = [sys.executable, "-m", "schemathesis.cli", "run", document]
        command += ["--url", f"http://{MODELS[name]}", "--checks", CHECKS, "--seed", SEED, "--max-examples", str(examples)]
        command += ["--phases", "examples,coverage,fuzzing", "--generation-database", "none", "--no-color", *more]
        done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        assert done.returncode == 0, done.stdout
        assert " passed" in done.stdout, done.stdout
        print(done.stdout, file=sys.stderr)


def test_the_protocol():
    run("pairs", str(HERE.parent / "data" / "open-inference-rest.yaml"), 40)
    # See hooks.py: not all requests were refused.
    metrics = urllib.request.urlopen(f"http://{MODELS['pairs']}/metrics").read().decode()
    counted = re.search(r'zen_requests_total\{.*protocol="v2",code="200"\} (\d+)', metrics)
    assert counted and int(counted[1]) > 20, metrics


def test_the_server_s_own_document():
    run("pairs", f"http://{MODELS['pairs']}/openapi.json", 30)


checks.main(globals())

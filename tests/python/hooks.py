"""Makes every other inference request of schemathesis one that the model `pairs` predicts: the document says nothing of a model's inputs."""

import schemathesis


@schemathesis.hook
def map_body(context, body):
    inputs = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(inputs, list) or len(str(body)) % 2:
        return body
    rows = len(inputs)
    tensor = {"shape": [rows], "datatype": "FP64", "data": [len(str(given)) / 8 for given in inputs]}
    good = {**body, "inputs": [{"name": name, **tensor} for name in "ab"]}
    good.pop("outputs", None)
    return good

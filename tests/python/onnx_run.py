"""Runs ONNX models with onnxruntime. Each line of the input is a question, each line of the output its answer, both JSON:

{"model": hex, "inputs": [tensor, ..]} -> {"inputs": [spec, ..], "outputs": [spec, ..], "tensors": [tensor, ..]} or {"error": text}

A tensor is {"name", "datatype", "shape", "data"}: its elements in hexadecimal, or texts. The models are checked by the format's own checker.
"""

import json
import sys
import traceback

import numpy
import onnx
import onnxruntime

KINDS = {
    "BOOL": "bool", "UINT8": "uint8", "UINT16": "uint16", "UINT32": "uint32", "UINT64": "uint64",
    "INT8": "int8", "INT16": "int16", "INT32": "int32", "INT64": "int64",
    "FP16": "float16", "FP32": "float32", "FP64": "float64", "BYTES": "object",
}
DATATYPES = {numpy.dtype(kind): name for name, kind in KINDS.items()}


def declared(values):
    specs = []
    for value in values:
        tensor = value.type.tensor_type
        sizes = [size.dim_param or size.dim_value for size in tensor.shape.dim]
        datatype = DATATYPES[numpy.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type))]
        specs.append({"name": value.name, "datatype": datatype, "sizes": sizes})
    return specs


def read(tensor):
    kind = KINDS[tensor["datatype"]]
    if kind == "object":
        elements = numpy.array(tensor["data"], dtype=object)
    else:
        elements = numpy.frombuffer(bytes.fromhex(tensor["data"]), dtype=kind)
    return elements.reshape(tensor["shape"])


def write(name, array):
    texts = array.dtype == object
    return {
        "name": name,
        "datatype": DATATYPES[array.dtype],
        "shape": list(array.shape),
        "data": array.flatten().tolist() if texts else array.tobytes().hex(),
    }


def answer(question):
    file = bytes.fromhex(question["model"])
    model = onnx.load_model_from_string(file)
    onnx.checker.check_model(model, full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    arrays = session.run(names, {tensor["name"]: read(tensor) for tensor in question["inputs"]})
    return {
        "producer": model.producer_name,
        "inputs": declared(model.graph.input),
        "outputs": declared(model.graph.output),
        "tensors": [write(name, array) for name, array in zip(names, arrays)],
    }


for line in sys.stdin:
    try:
        answered = answer(json.loads(line))
    except Exception:
        answered = {"error": traceback.format_exc()}
    print(json.dumps(answered), flush=True)

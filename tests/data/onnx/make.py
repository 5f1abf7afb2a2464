"""Makes the models beside this file, and what onnxruntime predicts with them.

    pip install onnx==1.23.2 onnxruntime==1.31.1 scikit-learn==1.9.1 skl2onnx==1.20.0
    python make.py

For each model `NAME.onnx` there is a `NAME.json` with the inputs and the outputs of one prediction. The models that
are to be refused (REFUSED below) have none.
"""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper
from onnx.external_data_helper import convert_model_to_external_data
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

HERE = Path(__file__).parent
OPSET = {"": 17, "ai.onnx.ml": 3}
DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
    "object": "BYTES",
}


def tensor(name, array):
    array = np.asarray(array)
    if array.dtype.kind in "US":
        array = array.astype(object)
    return {
        "name": name,
        "datatype": DATATYPES[array.dtype.name],
        "shape": list(array.shape),
        "data": array.reshape(-1).tolist(),
    }


def save(name, model, feed=None):
    onnx.checker.check_model(model)
    (HERE / f"{name}.onnx").write_bytes(model.SerializeToString())
    if feed is None:
        return
    session = onnxruntime.InferenceSession(model.SerializeToString())
    outputs = session.run(None, feed)
    names = [output.name for output in session.get_outputs()]
    case = {
        "inputs": [tensor(key, value) for key, value in feed.items()],
        "outputs": [tensor(key, value) for key, value in zip(names, outputs)],
    }
    (HERE / f"{name}.json").write_text(json.dumps(case) + "\n")


def graph(name, nodes, inputs, outputs, feed=None, constants=()):
    body = helper.make_graph(nodes, name, inputs, outputs, list(constants))
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(name, model, feed)
    return model


def value(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def learned():
    x, y = load_iris(return_X_y=True)
    x = x.astype(np.float32)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    rows = x[[0, 60, 120, 140, 75]]

    def fit(name, model, target, feed=True, **options):
        fitted = model.fit(x, target)
        converted = to_onnx(fitted, x[:1], target_opset=OPSET, **options)
        save(name, converted, {"X": rows} if feed else None)

    plain = {"options": {"zipmap": False}}
    fit("linear", LinearRegression(), x @ np.array([1.5, -2, 0.25, 3]) + 0.5)
    fit("logistic", LogisticRegression(max_iter=500), y, **plain)
    fit("scaled", make_pipeline(StandardScaler(), LogisticRegression()), y == 2, **plain)
    fit("tree", DecisionTreeClassifier(max_depth=3, random_state=0), names, **plain)
    fit("forest", RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0), y, **plain)
    fit("mlp", MLPRegressor(hidden_layer_sizes=(8, 4), activation="tanh", solver="lbfgs", random_state=0), y.astype(float))
    fit("mlp_classes", MLPClassifier(hidden_layer_sizes=(6,), solver="lbfgs", random_state=0), y, **plain)
    fit("text_labels", LogisticRegression(max_iter=500), names, **plain)
    fit("tree_regression", DecisionTreeRegressor(max_depth=3, random_state=0), x @ [1, 2, -1, 3])
    fit("tree_targets", DecisionTreeRegressor(max_depth=3, random_state=0), x[:, :2] + y[:, None])
    fit("forest_regression", RandomForestRegressor(n_estimators=5, max_depth=3, random_state=0), x @ [1, 2, -1, 3])
    fit("boosted", GradientBoostingRegressor(n_estimators=5, random_state=0), x @ [1, 2, -1, 3])
    # REFUSED: a sequence of maps; an operator that tract doesn't have.
    fit("zipmap", LogisticRegression(max_iter=500), y, feed=False)
    fit("vectors", SVC(), y, feed=False, **plain)
    # REFUSED: a tree that leads back to its root, one that leads nowhere, and a leaf of a class that isn't there.
    for name, attribute, number in [("loop", "nodes_truenodeids", 0), ("nowhere", "nodes_falsenodeids", 99), ("class", "class_ids", 3)]:
        tree = onnx.load(HERE / "tree.onnx")
        (values,) = [a for n in tree.graph.node for a in n.attribute if a.name == attribute]
        values.ints[0] = number
        (HERE / f"tree_{name}.onnx").write_bytes(tree.SerializeToString())


def written():
    node = helper.make_node
    # Two inputs of different types, two outputs.
    graph(
        "two_inputs",
        [
            node("Cast", ["count"], ["as_float"], to=TensorProto.FLOAT),
            node("Mul", ["price", "as_float"], ["total"]),
            node("Greater", ["total", "limit"], ["large"]),
        ],
        [value("price", TensorProto.FLOAT, [None, 2]), value("count", TensorProto.INT64, [None, 1])],
        [value("total", TensorProto.FLOAT, [None, 2]), value("large", TensorProto.BOOL, [None, 2])],
        {
            "price": np.array([[1.5, 2.0], [0.25, 8.0], [3.0, -1.0]], np.float32),
            "count": np.array([[2], [4], [0]], np.int64),
        },
        [helper.make_tensor("limit", TensorProto.FLOAT, [1], [2.5])],
    )
    # A batch of two, no more and no less.
    graph(
        "fixed",
        [node("MatMul", ["x", "w"], ["y"])],
        [value("x", TensorProto.FLOAT, [2, 3])],
        [value("y", TensorProto.FLOAT, [2, 2])],
        {"x": np.array([[1, 2, 3], [4, 5, 6]], np.float32)},
        [helper.make_tensor("w", TensorProto.FLOAT, [3, 2], [1, 0, 0, 1, 0.5, -0.5])],
    )
    # One output of each type, each as it came in.
    kinds = {
        "bool": (TensorProto.BOOL, [True, False]),
        "uint8": (TensorProto.UINT8, [0, 255]),
        "uint16": (TensorProto.UINT16, [1, 65535]),
        "uint32": (TensorProto.UINT32, [2, 2**32 - 1]),
        "uint64": (TensorProto.UINT64, [3, 2**64 - 1]),
        "int8": (TensorProto.INT8, [-128, 127]),
        "int16": (TensorProto.INT16, [-32768, 32767]),
        "int32": (TensorProto.INT32, [-(2**31), 2**31 - 1]),
        "int64": (TensorProto.INT64, [-(2**63), 2**63 - 1]),
        "float16": (TensorProto.FLOAT16, [0.5, -65504.0]),
        "float32": (TensorProto.FLOAT, [0.1, 3.0e38]),
        "float64": (TensorProto.DOUBLE, [0.1, 1e300]),
        "text": (TensorProto.STRING, ["", "grüße"]),
    }
    graph(
        "types",
        [node("Identity", [name], [f"same_{name}"]) for name in kinds],
        [value(name, kind, ["rows"]) for name, (kind, _) in kinds.items()],
        [value(f"same_{name}", kind, ["rows"]) for name, (kind, _) in kinds.items()],
        {
            name: np.array(values, object if name == "text" else name)
            for name, (_, values) in kinds.items()
        },
    )
    # Rows of any length.
    axis = helper.make_tensor("axis", TensorProto.INT64, [1], [1])
    graph(
        "lengths",
        [node("ReduceSum", ["x", "axis"], ["sum"], keepdims=0)],
        [value("x", TensorProto.FLOAT, ["rows", "length"])],
        [value("sum", TensorProto.FLOAT, ["rows"])],
        {"x": np.array([[1, 2, 3], [4, 5, 6]], np.float32)},
        [axis],
    )
    # Three numbers, looked up by index: an index that isn't there fails.
    graph(
        "lookup",
        [node("Gather", ["table", "index"], ["found"], axis=0)],
        [value("index", TensorProto.INT64, [None])],
        [value("found", TensorProto.FLOAT, [None, 2])],
        {"index": np.array([2, 0, 0, 1], np.int64)},
        [helper.make_tensor("table", TensorProto.FLOAT, [3, 2], [1, 2, 3, 4, 5, 6])],
    )
    # Images of one channel.
    graph(
        "image",
        [node("Conv", ["image", "kernel"], ["edges"]), node("Relu", ["edges"], ["out"])],
        [value("image", TensorProto.FLOAT, ["n", 1, 3, 3])],
        [value("out", TensorProto.FLOAT, ["n", 1, 2, 2])],
        {"image": np.arange(18, dtype=np.float32).reshape(2, 1, 3, 3) ** 2},
        [helper.make_tensor("kernel", TensorProto.FLOAT, [1, 1, 2, 2], [-1, 0, 0, 1])],
    )
    # Two inputs whose first dimensions have nothing to do with each other: no batch.
    graph(
        "distances",
        [node("Transpose", ["points"], ["across"], perm=[1, 0]), node("MatMul", ["x", "across"], ["y"])],
        [value("x", TensorProto.FLOAT, ["rows", 2]), value("points", TensorProto.FLOAT, ["others", 2])],
        [value("y", TensorProto.FLOAT, ["rows", "others"])],
        {
            "x": np.array([[1, 2], [3, 4], [5, 6]], np.float32),
            "points": np.array([[1, 0], [0.5, 0.5]], np.float32),
        },
    )
    # One number for the whole batch: requests can't share a run.
    graph(
        "mean",
        [node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1)],
        [value("x", TensorProto.FLOAT, ["rows", 2])],
        [value("mean", TensorProto.FLOAT, [1, 2])],
        {"x": np.array([[1, 2], [3, 4], [5, 6]], np.float32)},
    )
    # What a row has besides the mean of all: rows that share a run change each other.
    graph(
        "centred",
        [node("ReduceMean", ["x"], ["mean"], axes=[0], keepdims=1), node("Sub", ["x", "mean"], ["rest"])],
        [value("x", TensorProto.FLOAT, ["rows", 2])],
        [value("rest", TensorProto.FLOAT, ["rows", 2])],
        {"x": np.array([[1, 2], [3, 4], [5, 6]], np.float32)},
    )
    # REFUSED: weights in another file; a type that tract doesn't have; an input without a shape; an unknown operator.
    weights = np.arange(6, dtype=np.float32).reshape(3, 2)
    outside = helper.make_model(
        helper.make_graph(
            [node("MatMul", ["x", "w"], ["y"])],
            "outside",
            [value("x", TensorProto.FLOAT, [None, 3])],
            [value("y", TensorProto.FLOAT, [None, 2])],
            [onnx.numpy_helper.from_array(weights, "w")],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    convert_model_to_external_data(outside, location="weights.bin", size_threshold=0)
    for each in outside.graph.initializer:
        each.ClearField("raw_data")
    (HERE / "outside.onnx").write_bytes(outside.SerializeToString())
    graph(
        "bfloat",
        [node("Identity", ["x"], ["y"])],
        [value("x", TensorProto.BFLOAT16, [None])],
        [value("y", TensorProto.BFLOAT16, [None])],
    )
    shapeless = helper.make_graph(
        [node("Identity", ["x"], ["y"])],
        "shapeless",
        [value("x", TensorProto.FLOAT, None)],
        [value("y", TensorProto.FLOAT, None)],
    )
    (HERE / "shapeless.onnx").write_bytes(helper.make_model(shapeless, ir_version=8).SerializeToString())


learned()
written()

"""Writes an ONNX model to standard output: `y = slope * x` for rows of one number, with named tensors."""

import sys

import onnx
from onnx import TensorProto, helper

slope = float(sys.argv[1])
x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])
y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])
factor = helper.make_tensor("slope", TensorProto.FLOAT, [1], [slope])
graph = helper.make_graph([helper.make_node("Mul", ["x", "slope"], ["y"])], "line", [x], [y], [factor])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
onnx.checker.check_model(model)
sys.stdout.buffer.write(model.SerializeToString())

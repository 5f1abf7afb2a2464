//! Models of several kinds predict what onnxruntime predicts.

use zen_core::serving::{Datatype, ServedModel, TensorSpec};
use zen_integrations::native::onnx::OnnxModel;

use super::{assert_close, case, path, predict_tensors, served};

fn check(name: &str) {
    let model = served(name);
    model.warm_up().unwrap();
    let case = case(name);
    assert_close(&predict_tensors(&model, case.inputs).unwrap(), &case.outputs);
}

macro_rules! as_onnxruntime {
    ($($name:ident),* $(,)?) => {$(
        #[test]
        fn $name() {
            check(stringify!($name));
        }
    )*};
}

as_onnxruntime!(
    linear,
    logistic,
    text_labels,
    scaled,
    tree,
    tree_regression,
    tree_targets,
    forest,
    forest_regression,
    boosted,
    mlp,
    mlp_classes,
    two_inputs,
    fixed,
    types,
    lengths,
    lookup,
    image,
    distances,
    mean,
    centred,
);

fn spec(name: &str, datatype: Datatype, shape: &[i64]) -> TensorSpec {
    TensorSpec {
        name: name.into(),
        datatype,
        shape: shape.to_vec(),
    }
}

#[test]
fn inputs_and_outputs_are_read_from_the_model() {
    use Datatype::{Bool, Bytes, Fp32, Int64};
    let specs = |name: &str| {
        let model = OnnxModel::from_file(path(name)).unwrap();
        let served = model.served();
        assert_eq!(
            (served.inputs(), served.outputs()),
            (model.inputs(), model.outputs())
        );
        (model.inputs(), model.outputs())
    };
    let expected = (
        vec![spec("X", Fp32, &[-1, 4])],
        vec![spec("label", Bytes, &[-1]), spec("probabilities", Fp32, &[-1, 3])],
    );
    assert_eq!(specs("tree"), expected);
    let expected = (
        vec![spec("price", Fp32, &[-1, 2]), spec("count", Int64, &[-1, 1])],
        vec![spec("total", Fp32, &[-1, 2]), spec("large", Bool, &[-1, 2])],
    );
    assert_eq!(specs("two_inputs"), expected);
    let expected = (vec![spec("x", Fp32, &[2, 3])], vec![spec("y", Fp32, &[2, 2])]);
    assert_eq!(specs("fixed"), expected);
    let expected = (vec![spec("x", Fp32, &[-1, -1])], vec![spec("sum", Fp32, &[-1])]);
    assert_eq!(specs("lengths"), expected);
    let expected = (vec![spec("x", Fp32, &[-1, 2])], vec![spec("mean", Fp32, &[1, 2])]);
    assert_eq!(specs("mean"), expected);
    let types: Vec<_> = specs("types").0.into_iter().map(|spec| spec.datatype).collect();
    let mut all = Datatype::ALL.to_vec();
    all.retain(|datatype| *datatype != Datatype::Bf16);
    assert_eq!(types, all);
}

#[test]
fn it_says_what_it_is() {
    let model = served("linear");
    assert_eq!(model.platform(), "onnx_onnxv1");
    assert!(!model.inline());
}

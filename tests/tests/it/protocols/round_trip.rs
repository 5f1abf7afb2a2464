//! Tensors that go through a request and an answer are the same afterwards.

use proptest::collection::vec;
use proptest::prelude::*;
use zen_core::serving::{Datatype, Tensor};
use zen_integrations::native::v2;

/// Any tensor: any bits, so that floats are also NaN, and byte strings are not text.
fn any_tensor() -> impl Strategy<Value = Tensor> {
    (0..Datatype::ALL.len(), vec(0usize..4, 0..4)).prop_flat_map(|(datatype, shape)| {
        let (datatype, elements) = (Datatype::ALL[datatype], shape.iter().product::<usize>());
        let strings = vec(vec(any::<u8>(), 0..6), elements).boxed();
        match datatype.size() {
            None => strings
                .prop_map(move |strings| Tensor::of_bytes("x", shape.clone(), strings).unwrap())
                .boxed(),
            Some(size) => vec(any::<u8>(), elements * size)
                .prop_map(move |mut data| {
                    if datatype == Datatype::Bool {
                        data.iter_mut().for_each(|byte| *byte &= 1);
                    }
                    Tensor::new("x", datatype, shape.clone(), data).unwrap()
                })
                .boxed(),
        }
    })
}

/// A tensor that JSON holds.
fn json_tensor() -> impl Strategy<Value = Tensor> {
    let texts = (1usize..4).prop_flat_map(|rows| vec(any::<String>(), rows * 2));
    let texts = texts.prop_map(|texts| Tensor::of_bytes("x", vec![texts.len() / 2, 2], texts).unwrap());
    let finite = any_tensor().prop_filter("JSON holds it", |tensor| match tensor.datatype() {
        Datatype::Fp16 | Datatype::Bf16 | Datatype::Bytes => false,
        Datatype::Fp32 => tensor
            .values::<f32>()
            .unwrap()
            .iter()
            .all(|value| value.is_finite()),
        Datatype::Fp64 => tensor
            .values::<f64>()
            .unwrap()
            .iter()
            .all(|value| value.is_finite()),
        _ => true,
    });
    prop_oneof![1 => texts, 6 => finite]
}

/// Sends tensors to a model that returns them.
fn there_and_back(tensors: &[Tensor], binary: bool) -> (Vec<Tensor>, Option<usize>) {
    let (body, length) = v2::write_request(Some("i"), tensors, binary);
    let header = length.map(|length| length.to_string());
    let mut request = v2::parse_infer(&body.into(), header.as_deref()).unwrap();
    assert_eq!(request.id.as_deref(), Some("i"));
    let inputs = request.take_inputs();
    assert_eq!(inputs, tensors);
    let answer = v2::write_infer(&request, "m", "1", inputs).unwrap();
    let header = answer.json_length.map(|length| length.to_string());
    (v2::parse_answer(&answer.body, header.as_deref()).unwrap(), length)
}

/// `data` as the shape nests it.
fn nested(elements: &mut dyn Iterator<Item = serde_json::Value>, shape: &[usize]) -> serde_json::Value {
    match shape.split_first() {
        None => elements.next().unwrap(),
        Some((size, inner)) => (0..*size).map(|_| nested(elements, inner)).collect(),
    }
}

fn named(tensors: Vec<Tensor>) -> Vec<Tensor> {
    let named = tensors.into_iter().enumerate();
    named
        .map(|(place, tensor)| tensor.renamed(format!("t{place}")))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_tensors_go_through_as_binary(tensors in vec(any_tensor(), 0..4)) {
        let tensors = named(tensors);
        prop_assert_eq!(there_and_back(&tensors, true).0, tensors);
    }

    /// What JSON can't hold is sent as binary in any case.
    #[test]
    fn any_tensors_go_through_as_json_where_it_holds_them(tensors in vec(any_tensor(), 0..4)) {
        let tensors = named(tensors);
        prop_assert_eq!(there_and_back(&tensors, false).0, tensors);
    }

    #[test]
    fn json_goes_through_bit_by_bit(tensors in vec(json_tensor(), 0..4)) {
        let tensors = named(tensors);
        let (back, length) = there_and_back(&tensors, false);
        prop_assert_eq!(back, tensors);
        prop_assert_eq!(length, None, "all of it was JSON");
    }

    #[test]
    fn nested_data_is_read_as_flat_data_is(tensor in json_tensor()) {
        prop_assume!(!tensor.shape().is_empty());
        // Floats as they are written: a tree of values would round them a second time.
        prop_assume!(!matches!(tensor.datatype(), Datatype::Fp32 | Datatype::Fp64));
        let (body, _) = v2::write_request(None, std::slice::from_ref(&tensor), false);
        let mut body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let data = &mut body["inputs"][0]["data"];
        let flat = data.as_array().unwrap().clone();
        *data = nested(&mut flat.into_iter(), tensor.shape());
        let request = super::infer(serde_json::to_vec(&body).unwrap(), None).unwrap();
        prop_assert_eq!(&request.inputs[0], &tensor);
    }
}

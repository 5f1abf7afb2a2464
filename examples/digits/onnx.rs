//! The model for other systems, as ONNX.

use zen_core::prelude::*;
use zen_integrations::export::{
    ClassificationOutput, ExportedOnnx, LogisticRegression, StandardScaler, ToOnnx,
};

use super::Digits;

impl ToOnnx for Digits {
    fn to_onnx(&self) -> Result<ExportedOnnx> {
        let scaler = StandardScaler::uniform(self.scaling.mean, self.scaling.deviation);
        let softmax = LogisticRegression::multinomial(self.softmax.weights(), self.softmax.biases());
        let outputs = [
            ("digit", ClassificationOutput::Label),
            ("probability", ClassificationOutput::Probability),
        ];
        Ok(softmax.scaled(scaler).export_for(self, outputs)?)
    }
}

zen_integrations::register_onnx!(Digits);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::{CLASSES, PIXELS, Scaling, Softmax};

    fn model(deviation: f32) -> Digits {
        let mut softmax = Softmax::new(CLASSES, PIXELS);
        softmax.learn(&[vec![1.0; PIXELS]], &[3], 0.5);
        Digits {
            scaling: Scaling { mean: 8.0, deviation },
            softmax,
        }
    }

    #[test]
    fn clients_see_no_difference() {
        let model = model(4.0);
        let file = model.to_onnx().unwrap();
        assert_eq!(file.inputs(), model.inputs());
        assert_eq!(file.outputs(), model.outputs());
        assert_eq!(file, model.to_onnx().unwrap());
    }

    #[test]
    fn images_without_any_contrast_have_no_scale() {
        let error = model(0.0).to_onnx().unwrap_err().to_string();
        assert!(error.contains("the scaler's scale 0 is zero"), "{error}");
    }
}

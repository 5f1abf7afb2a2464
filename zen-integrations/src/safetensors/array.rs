//! Tensors from and to `ndarray` arrays.

use ndarray::{ArrayD, ArrayRef, Dimension, IxDyn};

use super::element::Element;
use super::error::TensorError;
use super::tensor::Tensor;

impl Tensor {
    /// A tensor of an array's elements, whatever the array's layout in memory.
    ///
    /// ```
    /// use ndarray::arr2;
    /// use zen_integrations::safetensors::Tensor;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let array = arr2(&[[1.0f32, 2.0], [3.0, 4.0]]);
    /// let tensor = Tensor::from_array(&array.t());
    /// assert_eq!(tensor.to_vec::<f32>()?, [1.0, 3.0, 2.0, 4.0]);
    /// assert_eq!(tensor.to_array::<f32>()?.into_dimensionality()?, array.t());
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_array<E: Element, D: Dimension>(array: &ArrayRef<E, D>) -> Self {
        Self::of_elements(array.shape().to_vec(), array.iter().copied(), array.len())
    }

    /// The tensor as an array.
    ///
    /// # Errors
    /// When its elements are of another type, or it has no elements and is longer in the other axes than arrays may be.
    pub fn to_array<E: Element>(&self) -> Result<ArrayD<E>, TensorError> {
        ArrayD::from_shape_vec(IxDyn(self.shape()), self.to_vec()?).map_err(|_| TensorError::Size {
            dtype: self.dtype(),
            shape: self.shape().to_vec(),
            expected: None,
            found: self.bytes().len(),
        })
    }
}

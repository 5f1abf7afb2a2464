//! The artifact: tensors by name.

use std::collections::BTreeMap;
use std::collections::btree_map;
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::TensorError;
use super::tensor::Tensor;
use super::{read, write};
use crate::opaque;

/// Tensors by name, in the order of the names: the weights of a model.
///
/// It is stored as [`Safetensors`](super::Safetensors).
///
/// ```
/// use zen_integrations::safetensors::{Tensor, Tensors};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut weights = Tensors::new();
/// weights.insert("bias", Tensor::from(vec![0.5f32, 1.0]));
/// weights.metadata_mut().insert("format".into(), "np".into());
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.safetensors");
/// weights.write_file(&path)?; // safetensors.numpy.load_file("model.safetensors")
/// assert_eq!(Tensors::read_file(&path)?, weights);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tensors {
    tensors: BTreeMap<String, Tensor>,
    metadata: BTreeMap<String, String>,
}

impl Tensors {
    /// No tensors.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor. Gives back the one that had this name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Option<Tensor> {
        self.tensors.insert(name.into(), tensor)
    }

    /// Takes a tensor out.
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        self.tensors.remove(name)
    }

    /// The tensor of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The tensor of this name, which must be there.
    ///
    /// # Errors
    /// When it isn't; tells which are.
    pub fn tensor(&self, name: &str) -> Result<&Tensor, TensorError> {
        const NAMED: usize = 10;
        self.get(name).ok_or_else(|| {
            let mut known: Vec<&str> = self.tensors.keys().take(NAMED).map(String::as_str).collect();
            if self.len() > NAMED {
                known.push("..");
            }
            TensorError::NoTensor {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
    }

    /// The names and the tensors, in the order of the names.
    pub fn iter(&self) -> btree_map::Iter<'_, String, Tensor> {
        self.tensors.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// The texts that go with the tensors, such as `format`.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The texts that go with the tensors, to be changed.
    pub fn metadata_mut(&mut self) -> &mut BTreeMap<String, String> {
        &mut self.metadata
    }

    /// Reads a safetensors file of any program.
    ///
    /// # Errors
    /// When the file can't be read or is damaged.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Self, TensorError> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|source| TensorError::File {
            doing: "reading",
            path: path.to_owned(),
            source,
        })?;
        Self::from_safetensors(&bytes).map_err(|source| TensorError::Content {
            path: path.to_owned(),
            source: Box::new(source),
        })
    }

    /// Writes a safetensors file, the one that the artifact is; a file of this name is replaced. Not atomic: when the program ends in the
    /// middle, a part of the file is there.
    ///
    /// # Errors
    /// When a name can't be written, or the file can't.
    pub fn write_file(&self, path: impl AsRef<Path>) -> Result<(), TensorError> {
        let path = path.as_ref();
        let bytes = self.to_safetensors()?;
        std::fs::write(path, bytes).map_err(|source| TensorError::File {
            doing: "writing",
            path: path.to_owned(),
            source,
        })
    }

    /// The tensors in the bytes of a safetensors file.
    ///
    /// # Errors
    /// When they are no such file.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, TensorError> {
        read::read(bytes)
    }

    /// The tensors as a safetensors file.
    ///
    /// # Errors
    /// When a tensor is called `__metadata__`, or the header would be longer than readers take: 100 MB.
    pub fn to_safetensors(&self) -> Result<Vec<u8>, TensorError> {
        let header = write::header(self)?;
        let data: usize = self.tensors.values().map(|tensor| tensor.bytes().len()).sum();
        let mut bytes = Vec::with_capacity(header.len() + data);
        bytes.extend_from_slice(&header);
        for (_, tensor) in write::ordered(self) {
            bytes.extend_from_slice(tensor.bytes());
        }
        Ok(bytes)
    }
}

impl<N: Into<String>> FromIterator<(N, Tensor)> for Tensors {
    fn from_iter<I: IntoIterator<Item = (N, Tensor)>>(tensors: I) -> Self {
        Self {
            tensors: tensors
                .into_iter()
                .map(|(name, tensor)| (name.into(), tensor))
                .collect(),
            metadata: BTreeMap::new(),
        }
    }
}

impl<'a> IntoIterator for &'a Tensors {
    type Item = (&'a String, &'a Tensor);
    type IntoIter = btree_map::Iter<'a, String, Tensor>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// As the bytes of a safetensors file, where tensors stand inside another value.
impl Serialize for Tensors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        opaque::serialize(serializer, self.to_safetensors())
    }
}

impl<'de> Deserialize<'de> for Tensors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        opaque::deserialize(deserializer, "a collection of tensors", Self::from_safetensors)
    }
}

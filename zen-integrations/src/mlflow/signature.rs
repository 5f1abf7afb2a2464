//! What an MLflow model says of its inputs and outputs: the signature in its file `MLmodel`.

use serde::Deserialize;
use serde_json::{Value, json};
use zen_core::serving::{Datatype, TensorSpec};

/// The inputs and outputs of an MLflow model. A model need not say either.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Signature {
    /// What the model takes.
    pub inputs: Option<Fields>,
    /// What it gives.
    pub outputs: Option<Fields>,
}

/// The inputs of a model, or its outputs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fields {
    /// One tensor without a name.
    Unnamed(TensorSpec),
    /// Tensors by their names.
    Tensors(Vec<TensorSpec>),
    /// The columns of a data frame.
    Columns(Vec<ColumnSpec>),
}

/// A column of a data frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// The column as a tensor. What no tensor can hold, such as a point in time or an object, is a text.
    pub spec: TensorSpec,
    /// Whether a data frame must have it.
    pub required: bool,
}

/// A file `MLmodel` can't be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// It is no YAML, or none of a model.
    #[error("the file `MLmodel` can't be read: {0}")]
    Yaml(String),
    /// The signature is none.
    #[error("the signature in the file `MLmodel` can't be read: its {what}: {reason}")]
    Fields {
        /// `inputs` or `outputs`.
        what: &'static str,
        /// Why not.
        reason: String,
    },
}

#[derive(Deserialize)]
struct MlModel {
    signature: Option<Texts>,
}

/// JSON inside YAML.
#[derive(Deserialize)]
struct Texts {
    inputs: Option<String>,
    outputs: Option<String>,
}

#[derive(Deserialize)]
struct Field {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "tensor-spec")]
    tensor: Option<TensorField>,
    items: Option<Value>,
    required: Option<bool>,
    optional: Option<bool>,
}

#[derive(Deserialize)]
struct TensorField {
    dtype: String,
    shape: Vec<i64>,
}

impl Signature {
    /// Reads the signature in a file `MLmodel`; an empty one when there is none.
    ///
    /// # Errors
    /// When the file is no `MLmodel`, or its signature none that MLflow writes.
    pub fn read(ml_model: &str) -> Result<Self, SignatureError> {
        let file: MlModel =
            serde_saphyr::from_str(ml_model).map_err(|error| SignatureError::Yaml(error.to_string()))?;
        let Some(texts) = file.signature else {
            return Ok(Self::default());
        };
        let read = |what, text: Option<String>| match text {
            None => Ok(None),
            Some(text) => fields(&text, what).map_err(|reason| SignatureError::Fields { what, reason }),
        };
        Ok(Self {
            inputs: read("inputs", texts.inputs)?,
            outputs: read("outputs", texts.outputs)?,
        })
    }

    /// The signature of a model with these named tensors.
    pub fn of_tensors(inputs: &[TensorSpec], outputs: &[TensorSpec]) -> Self {
        Self {
            inputs: Some(Fields::Tensors(inputs.to_vec())),
            outputs: Some(Fields::Tensors(outputs.to_vec())),
        }
    }
}

impl Fields {
    /// The tensors, or the columns as tensors.
    pub fn specs(&self) -> Vec<TensorSpec> {
        match self {
            Self::Unnamed(spec) => vec![spec.clone()],
            Self::Tensors(specs) => specs.clone(),
            Self::Columns(columns) => columns.iter().map(|column| column.spec.clone()).collect(),
        }
    }
}

fn fields(text: &str, what: &str) -> Result<Option<Fields>, String> {
    let fields: Vec<Field> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let unnamed = what.trim_end_matches('s');
    let tensor = |field: &Field, name: &str| {
        let tensor = field
            .tensor
            .as_ref()
            .ok_or("a tensor without its `tensor-spec`")?;
        Ok::<_, String>(TensorSpec {
            name: name.to_owned(),
            datatype: of_numpy(&tensor.dtype)?,
            shape: tensor.shape.clone(),
        })
    };
    Ok(Some(match fields.as_slice() {
        [] => return Ok(None),
        [only] if only.kind == "tensor" && only.name.is_none() => Fields::Unnamed(tensor(only, unnamed)?),
        tensors if tensors.iter().all(|field| field.kind == "tensor") => {
            let specs = tensors.iter().map(|field| match &field.name {
                Some(name) => tensor(field, name),
                None => Err("one of several tensors has no name".to_owned()),
            });
            Fields::Tensors(specs.collect::<Result<_, _>>()?)
        }
        columns => {
            let specs = columns.iter().enumerate().map(|(place, field)| {
                // A column without a name is called by its place, as MLflow does.
                let name = field.name.clone().unwrap_or_else(|| match columns.len() {
                    1 => unnamed.to_owned(),
                    _ => place.to_string(),
                });
                let (datatype, shape) = of_column(&field.kind, field.items.as_ref());
                let required = field.required.unwrap_or(!field.optional.unwrap_or(false));
                let spec = TensorSpec {
                    name,
                    datatype,
                    shape,
                };
                ColumnSpec { spec, required }
            });
            Fields::Columns(specs.collect())
        }
    }))
}

/// The type that NumPy calls so.
fn of_numpy(dtype: &str) -> Result<Datatype, String> {
    Ok(match dtype {
        "bool" => Datatype::Bool,
        "uint8" => Datatype::Uint8,
        "uint16" => Datatype::Uint16,
        "uint32" => Datatype::Uint32,
        "uint64" => Datatype::Uint64,
        "int8" => Datatype::Int8,
        "int16" => Datatype::Int16,
        "int32" => Datatype::Int32,
        "int64" => Datatype::Int64,
        "float16" => Datatype::Fp16,
        "float32" => Datatype::Fp32,
        "float64" => Datatype::Fp64,
        text if ["str", "object", "bytes"]
            .iter()
            .any(|known| text.starts_with(known)) =>
        {
            Datatype::Bytes
        }
        other => return Err(format!("the type `{other}` is not known")),
    })
}

/// What NumPy calls a type.
fn numpy(datatype: Datatype) -> String {
    match datatype {
        Datatype::Fp16 => "float16".into(),
        Datatype::Fp32 => "float32".into(),
        Datatype::Fp64 => "float64".into(),
        Datatype::Bytes => "str".into(),
        other => other.as_str().to_ascii_lowercase(),
    }
}

/// The type of a column's elements, and its shape.
fn of_column(kind: &str, items: Option<&Value>) -> (Datatype, Vec<i64>) {
    let datatype = match kind {
        "boolean" => Datatype::Bool,
        "integer" => Datatype::Int32,
        "long" => Datatype::Int64,
        "float" => Datatype::Fp32,
        "double" => Datatype::Fp64,
        "array" => {
            let kind = items.and_then(|items| items["type"].as_str()).unwrap_or_default();
            let inner = items.and_then(|items| items.get("items"));
            let (datatype, mut shape) = of_column(kind, inner);
            shape.push(-1);
            return (datatype, shape);
        }
        _ => Datatype::Bytes,
    };
    (datatype, vec![-1])
}

/// Tensors as a signature has them: JSON, which stands in YAML as a text.
pub(super) fn tensors_json(specs: &[TensorSpec]) -> String {
    let fields = specs.iter().map(|spec| {
        json!({
            "name": spec.name,
            "type": "tensor",
            "tensor-spec": { "dtype": numpy(spec.datatype), "shape": spec.shape },
        })
    });
    Value::Array(fields.collect()).to_string()
}

//! onnxruntime, in a process of Python that is asked about many models.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};
use zen_core::serving::{Datatype, Tensor, TensorSpec};
use zen_integrations::export::ExportedOnnx;

/// The process. It ends when its input does.
pub struct Onnxruntime {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Onnxruntime {
    /// None where there is none, and the tests go without it.
    pub fn start() -> Option<Self> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/onnx_run.py");
        let mut child = Command::new(zen_tests::mlflow::python()?)
            .arg(script)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Self {
            questions: child.stdin.take(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    /// What the model says of these inputs. The file must pass the checker and declare what it is said to.
    pub fn run(&mut self, file: &ExportedOnnx, inputs: &[Tensor]) -> Vec<Tensor> {
        let inputs: Vec<_> = inputs.iter().map(write).collect();
        let question = json!({ "model": hex(file.bytes()), "inputs": inputs });
        let mut pipe = self.questions.as_ref().unwrap();
        writeln!(pipe, "{question}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        let answer: Value =
            serde_json::from_str(&answer).expect("the process has ended: see its error above");
        assert!(
            answer["error"].is_null(),
            "{}\n{file:?}",
            answer["error"].as_str().unwrap_or_default()
        );
        assert_eq!(answer["producer"], "zen");
        assert_eq!(answer["inputs"], declared(file.inputs()));
        assert_eq!(answer["outputs"], declared(file.outputs()));
        answer["tensors"].as_array().unwrap().iter().map(read).collect()
    }
}

impl Drop for Onnxruntime {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

fn declared(specs: &[TensorSpec]) -> Value {
    let specs = specs.iter().map(|spec| {
        let sizes = spec.shape.iter().map(|size| match size {
            -1 => json!("batch"),
            size => json!(size),
        });
        json!({ "name": spec.name, "datatype": spec.datatype, "sizes": sizes.collect::<Vec<_>>() })
    });
    specs.collect()
}

fn write(tensor: &Tensor) -> Value {
    let texts = || -> Vec<_> { tensor.strings().map(String::from_utf8_lossy).collect() };
    json!({
        "name": tensor.name(),
        "datatype": tensor.datatype(),
        "shape": tensor.shape(),
        "data": match tensor.datatype() {
            Datatype::Bytes => json!(texts()),
            _ => json!(hex(tensor.data())),
        },
    })
}

fn read(value: &Value) -> Tensor {
    let name = value["name"].as_str().unwrap();
    let datatype: Datatype = serde_json::from_value(value["datatype"].clone()).unwrap();
    let shape: Vec<usize> = serde_json::from_value(value["shape"].clone()).unwrap();
    if datatype == Datatype::Bytes {
        let texts: Vec<String> = serde_json::from_value(value["data"].clone()).unwrap();
        return Tensor::of_bytes(name, shape, texts).unwrap();
    }
    let digits = value["data"].as_str().unwrap().as_bytes().chunks(2);
    let bytes = digits.map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 16).unwrap());
    Tensor::new(name, datatype, shape, bytes.collect::<Vec<u8>>()).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

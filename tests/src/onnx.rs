//! Small ONNX files, written field by field.

use prost::encoding::{WireType, encode_key, encode_varint};

/// The type DOUBLE of ONNX.
const DOUBLE: u64 = 11;

/// A message of Protocol Buffers, as far as it is written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn number(mut self, field: u32, value: u64) -> Self {
        encode_key(field, WireType::Varint, &mut self.0);
        encode_varint(value, &mut self.0);
        self
    }

    fn bytes(mut self, field: u32, value: &[u8]) -> Self {
        encode_key(field, WireType::LengthDelimited, &mut self.0);
        encode_varint(value.len() as u64, &mut self.0);
        self.0.extend_from_slice(value);
        self
    }

    fn text(self, field: u32, value: &str) -> Self {
        self.bytes(field, value.as_bytes())
    }

    fn message(self, field: u32, value: Message) -> Self {
        self.bytes(field, &value.0)
    }
}

/// A tensor of doubles with one dimension, any number of them.
fn doubles(name: &str) -> Message {
    let shape = Message::default().message(1, Message::default().text(2, "batch"));
    let tensor = Message::default().number(1, DOUBLE).message(2, shape);
    Message::default()
        .text(1, name)
        .message(2, Message::default().message(1, tensor))
}

/// A model that multiplies by this: `output` = slope `input`, doubles of one dimension, the batch.
pub fn scale(slope: f64) -> Vec<u8> {
    let node = Message::default()
        .text(1, "input")
        .text(1, "slope")
        .text(2, "output")
        .text(4, "Mul");
    let constant = Message::default()
        .number(2, DOUBLE)
        .text(8, "slope")
        .bytes(9, &slope.to_le_bytes());
    let graph = Message::default()
        .message(1, node)
        .text(2, "scale")
        .message(5, constant)
        .message(11, doubles("input"))
        .message(12, doubles("output"));
    let operators = Message::default().text(1, "").number(2, 13);
    Message::default()
        .number(1, 8)
        .message(7, graph)
        .message(8, operators)
        .0
}

//! What is asked: so many rows, in MLflow's protocol.

use serde_json::{Value, json};

use crate::servers::{INPUTS, expected};

/// Requests of so many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Protocol {
    pub(crate) rows: usize,
}

impl Protocol {
    /// The rows that are sent: like the pixels of small pictures.
    pub(crate) fn rows(self) -> Vec<Vec<f32>> {
        let pixel = |row: usize, place: usize| ((place * 7 + row) % 17) as f32;
        (0..self.rows)
            .map(|row| (0..INPUTS).map(|place| pixel(row, place)).collect())
            .collect()
    }

    /// A whole request.
    pub(crate) fn request(self) -> Vec<u8> {
        let body = json!({"inputs": {"pixels": self.rows()}}).to_string();
        let length = body.len();
        format!(
            "POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// Whether this body is the right answer: the label of each row. (MLflow answers with a column, the native server with rows.)
    pub(crate) fn is_right(self, body: &[u8]) -> bool {
        let Ok(body) = serde_json::from_slice::<Value>(body) else {
            return false;
        };
        let predictions = &body["predictions"];
        let labels: Option<Vec<u64>> = match predictions.as_array() {
            Some(rows) => rows.iter().map(|row| row["digit"].as_u64()).collect(),
            None => serde_json::from_value(predictions["digit"].clone()).ok(),
        };
        labels.is_some_and(|labels| labels == expected(&self.rows()))
    }
}

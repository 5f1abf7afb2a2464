//! How much of a value may still be shown.

use super::serializer::ViewError;

/// Length of the JSON text, about.
const BYTES: usize = 16 * 1024;

/// Levels of nesting, few enough for any stack.
const DEPTH: usize = 64;

#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
    depth: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            bytes: BYTES,
            depth: 0,
        }
    }

    pub(super) fn spend(&mut self, bytes: usize) -> Result<(), ViewError> {
        self.bytes = self.bytes.checked_sub(bytes).ok_or(ViewError::TooLarge)?;
        Ok(())
    }

    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Goes back to an outer level after a failure inside it.
    pub(super) fn reset_depth(&mut self, depth: usize) {
        self.depth = depth;
    }

    pub(super) fn enter(&mut self) -> Result<(), ViewError> {
        if self.depth == DEPTH {
            return Err(ViewError::NotShown);
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }
}

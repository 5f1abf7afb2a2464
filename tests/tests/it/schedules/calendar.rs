//! Months of slots, in a moment.

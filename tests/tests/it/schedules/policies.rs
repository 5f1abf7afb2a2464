//! Catching up, overlapping, interrupted runs and clocks that jump.

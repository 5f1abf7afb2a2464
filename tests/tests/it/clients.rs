//! Servers of real models in processes of their own, and their clients: real ones in Python, and hostile ones.

mod faults;
mod fuzz;
mod fuzz_grpc;
mod garbage;
mod http;
mod large;
mod paths;
mod python;
mod served;
mod slow;

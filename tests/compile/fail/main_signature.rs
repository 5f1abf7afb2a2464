#[zen_core::main(threads = 2)]
fn main(name: String) {}

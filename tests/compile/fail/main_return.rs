#[zen_core::main]
async fn main() -> usize {
    3
}

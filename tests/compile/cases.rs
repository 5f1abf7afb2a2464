//! What compiles, what doesn't, and in which words. The texts are part of the interface: a changed `.stderr` is read
//! before it is accepted (`TRYBUILD=overwrite cargo test -p zen-compile-tests`).

#[test]
fn language() {
    let cases = trybuild::TestCases::new();
    cases.pass("pass/*.rs");
    cases.compile_fail("fail/*.rs");
}

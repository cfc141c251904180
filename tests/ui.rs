//! Every mistake that `#[fusion::harden]` knows, and how it explains it. The file name is the
//! rule. After a deliberate change of a message: `TRYBUILD=overwrite cargo test --test ui`.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // What concerns a whole crate and works; the rest is in `tests/robust.rs`.
    cases.pass("tests/pass/*.rs");
}

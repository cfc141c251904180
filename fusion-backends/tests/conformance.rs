//! Every backend runs one suite.

use fusion_backends::{additive::Additive, cheetah::Cheetah, clear::Clear, conformance};

#[test]
fn clear() {
    conformance::passes::<Clear>(1);
}

#[test]
fn additive() {
    conformance::passes::<Additive>(2);
}

#[test]
fn cheetah() {
    conformance::passes::<Cheetah>(3);
}

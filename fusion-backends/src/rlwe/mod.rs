//! Linear layers on additive shares in Z_2^l, under RLWE encryption. Cheetah (Huang et al., USENIX
//! Security 2022, eprint 2022/207), section 3. Exact, without rotations, with one message each way.
//!
//! | step | client | server |
//! | --- | --- | --- |
//! | once | [`Encoding::new`] | [`Encoding::new`], [`Weights::prepare`] |
//! | 1 | [`Pending::request`], with its shares | |
//! | 2 | | [`Request::decode`], [`Request::add`] its own shares |
//! | 3 | | [`Weights::answer`]: a response, and its shares of the results |
//! | 4 | [`Pending::open`]: its shares of the results | |
//!
//! The sum of both parties' shares is the layer in integers modulo 2^l, always: see `noise.rs` for
//! the bound. Fully connected layers and convolutions of any stride and padding are there, grouped and
//! depthwise ones too, for a batch of slots at once. Biases are added to a share. Each step but the
//! first uses all processors, and what it makes does not depend on how many there are.
//!
//! # What travels
//!
//! A request is a seed of 32 bytes, from which both parties make the first half of each polynomial
//! (`sample.rs`), and the second halves: values at the roots, in as many bits as each prime has; the
//! first polynomial is the public key. A response is, for each of its polynomials, the first half in
//! l + 3 + log2 N bits for a coefficient, and the needed coefficients of the second in l + 4 bits:
//! modulus switching to a power of two, which drops the low bits too. Lengths are exact, bits that
//! fill up a byte are zero, and a value is below its prime, or the message is refused.
//!
//! # Parameters
//!
//! | set | N | q | bytes for each polynomial up, and down with all coefficients at l = 37 |
//! | --- | --- | --- | --- |
//! | [`Tiny`](Set::Tiny) | 4096 | 2 primes of 46 bits | 47,104 and 47,616 |
//! | [`Small`](Set::Small) | 4096 | 2 primes of 50 bits | 51,200 and 47,616 |
//! | [`Medium`](Set::Medium) | 4096 | primes of 36, 36 and 34 bits | 54,272 and 47,616 |
//! | [`Large`](Set::Large) | 8192 | 3 primes of 44 bits | 135,168 and 96,256 |
//!
//! All have 128 bits of security by the community's guidelines (eprint 2024/463), with ternary
//! secrets and errors of variance 10.5: at most 106 bits of q at N = 4096, and 214 at 8192. The set is
//! public and goes with the architecture; the weights decide which is enough ([`Weights::prepare`]).
//!
//! # Security: the server learns nothing of the input, even if it deviates
//!
//! The client sends requests, and nothing else. A request is a seed and RLWE samples under a secret
//! that was drawn for this request, plus the multiples of the shares; their errors and the secret are
//! fresh. By RLWE it is indistinguishable from random bits for whatever shares. The seed is hashed, so
//! the hash (BLAKE3, then ChaCha20) must behave as a random function.
//!
//! What can a server do that deviates? It sends a response of its choice. The client reads it
//! strictly, and whether it is refused depends on its bytes alone. Its contents make the client's
//! shares, which may then be any function of the secret that a linear form can express. The secret is
//! used up with that ([`Pending::open`] takes it), and no later request is under it: so shares that
//! depend on a secret are never encrypted under the same, and no assumption of circular security is
//! needed. What else the client sends depends on its shares only through masks: see the layers that
//! are not linear. Results become wrong, which hardening catches. The caller's duty: let nothing that
//! is visible (a time, an abort, a retry) depend on shares.
//!
//! # Security: the client learns its shares, and of the weights nothing else
//!
//! This is against a client that follows the protocol and looks at all it sees. The first half of a
//! response is hidden by RLWE (a fresh multiple of the public key is added), its noise by a flood, and
//! its contents by the server's mask: `noise.rs` derives the statistical distance, which is at most
//! 2^-40 for each layer or [`Weights::prepare`] refuses. What is *not* hidden: the shape and the set,
//! and the time, which does not depend on the values of weights.
//!
//! **A client that deviates learns the weights.** Nobody sees how large the errors in a request are. With
//! errors of q / 2^(l + 1), odd weights shift results by half a unit, which the mask does not hide, and then
//! comes the next bit: all weights of 8 bits of a convolution take 48 requests (`tests/deviating.rs`),
//! those of a dense layer at most 48 for each input.
//!
//! # Security: of this machine
//!
//! Secrets, errors, shares and masks are handled in constant time (the multiplications of the
//! processor are taken to be constant in time, integer and floating point) and overwritten after use,
//! apart from copies that the compiler leaves in registers and on the stack.

mod client;
mod encode;
mod error;
mod noise;
mod ntt;
mod params;
mod poly;
mod prime;
mod product;
mod request;
mod response;
mod sample;
mod shape;
mod weights;
mod wire;

#[cfg(test)]
mod tests;

pub use client::Pending;
pub use encode::{Encoding, Path};
pub use error::{Malformed, RlweError};
pub use noise::LEAST_HIDING;
/// For `benches/kernels.rs`; not part of the interface.
#[doc(hidden)]
pub use ntt::workloads as __workloads;
pub use params::{Parameters, Set};
pub use request::Request;
pub use shape::Shape;
pub use weights::{Storage, Weights};

/// Both, item by item. They must be equally many: what a shorter one lacks would be taken for zero,
/// and a mask that is zero hides nothing.
///
/// # Panics
///
/// If one ends before the other, which would be a defect of this library: no count is the peer's.
fn together<A: IntoIterator, B: IntoIterator>(
    a: A,
    b: B,
) -> impl Iterator<Item = (A::Item, B::Item)> {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    std::iter::from_fn(move || {
        let (a, b) = (a.next(), b.next());
        assert!(a.is_some() == b.is_some(), "two lists of one length have different lengths");
        a.zip(b)
    })
}

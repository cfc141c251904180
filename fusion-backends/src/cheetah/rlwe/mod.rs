//! Linear layers on additive shares in Z_2^l, under RLWE encryption. Cheetah (Huang et al., USENIX
//! Security 2022, eprint 2022/207), section 3.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod encode;
mod error;
mod noise;
mod ntt;
mod params;
mod poly;
mod prime;
mod request;
mod response;
mod sample;
mod secret;
mod weights;
mod wire;

#[cfg(test)]
mod tests;

pub use encode::{Encoding, Shape};
pub use error::{Malformed, RlweError};
pub use noise::LEAST_HIDING;
pub use params::{Parameters, Set};
pub use request::{PublicKey, Request};
pub use secret::SecretKey;
pub use weights::{Storage, Weights};

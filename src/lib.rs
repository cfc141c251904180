#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use fusion_core::*;
pub use fusion_macros::{client, harden, phase, server};

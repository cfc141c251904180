//! Two-party inference without a dealer, after Cheetah (Huang et al., USENIX Security 2022,
//! eprint 2022/207). So far: its oblivious transfers, the layers that are not linear, and those that
//! are.

pub mod nonlinear;
pub mod ot;
pub mod rlwe;

//! The attribute macros of Fusion.

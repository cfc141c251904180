//! What can go wrong, and whose fault it is.

/// Why a linear layer failed. Nothing of its result can be used.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RlweError {
    /// The peer sent something that no correct peer sends.
    #[error("the peer sent a malformed message: {0}")]
    Malformed(Malformed),
    /// Numbers of so many bits are not supported.
    #[error("numbers of {bits} bits: {} to {} are supported", super::Parameters::BITS.start(), super::Parameters::BITS.end())]
    Width {
        /// How many bits.
        bits: u32,
    },
    /// The layer does not exist, or is too large.
    #[error("the layer: {0}")]
    Shape(&'static str),
    /// Numbers or weights are not as many as the layer takes.
    #[error("{found} numbers where the layer takes {expected}")]
    Count {
        /// How many the layer takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A weight is too large.
    #[error("a weight of magnitude above 2^{}", super::noise::WEIGHT_BITS)]
    Weight,
    /// The noise could grow so large that a result would be wrong.
    #[error("the weights are too heavy for the modulus: use a larger set of parameters")]
    Noise,
    /// The noise that hides the weights is too small beside the noise that depends on them.
    #[error(
        "the weights would be hidden to {bits:.1} bits only, not {wanted}: use a larger set of parameters"
    )]
    Hiding {
        /// What is reached: the statistical distance is at most 2 to the minus this.
        bits: f64,
        /// What is asked for.
        wanted: u32,
    },
}

/// What is wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// It is not as long as such a message is.
    #[error("its length is wrong")]
    Length,
    /// The bits that fill up a last byte are not zero.
    #[error("bits after its end are set")]
    Padding,
    /// A coefficient is not below its prime.
    #[error("a coefficient is not below its prime")]
    Coefficient,
}

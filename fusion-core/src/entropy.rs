//! Where the order and the choice of checks come from.
//!
//! They are the secrets that all guarantees rest on, so they do not come from the caller's generator
//! alone: it may be seeded with a constant, cloned with its process, or rolled back with a virtual
//! machine. Each draw asks the operating system anew, and mixes what the caller's generator gives.

use chacha20::ChaCha20Rng;
use rand::{CryptoRng, SeedableRng, TryRng, rngs::SysRng};
use zeroize::Zeroize;

use crate::policy::Misuse;

const CONTEXT: &str = "fusion 2026-11 generator of orders v1";

/// A generator for one draw. Unpredictable if the operating system is, or the caller's generator.
pub(crate) fn secret<R: CryptoRng + ?Sized>(caller: &mut R) -> Result<ChaCha20Rng, Misuse> {
    let mut material = [0; 64];
    let (system, callers) = material.split_at_mut(32);
    SysRng.try_fill_bytes(system).map_err(|_| Misuse::NoEntropy)?;
    caller.fill_bytes(callers);
    let mut seed = blake3::derive_key(CONTEXT, &material);
    let rng = ChaCha20Rng::from_seed(seed);
    material.zeroize();
    seed.zeroize();
    Ok(rng)
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn one_generator_of_the_callers_gives_two_orders() {
        let drawn = |seed| secret(&mut ChaCha20Rng::seed_from_u64(seed)).unwrap().next_u64();
        assert_ne!(drawn(1), drawn(1));
    }
}

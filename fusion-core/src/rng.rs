use std::convert::Infallible;

use chacha20::ChaCha20Rng;
use rand::{CryptoRng, SeedableRng, TryCryptoRng, TryRng};

/// The generator that phases draw from: ChaCha20, seeded from the caller's generator.
///
/// One concrete type, so that protocols may be generic over their generator. Its state is wiped
/// when it goes out of scope.
pub struct PhaseRng(ChaCha20Rng);

impl PhaseRng {
    /// A generator of its own, seeded with 256 bits from `source`.
    pub fn fork<R: CryptoRng + ?Sized>(source: &mut R) -> Self {
        Self(ChaCha20Rng::from_rng(source))
    }
}

impl TryRng for PhaseRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.0.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for PhaseRng {}

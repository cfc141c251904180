//! The dealer: a third party that both trust.

use std::io::{ErrorKind, Read, Write};

use rand::{CryptoRng, RngExt};

use super::{LogisticError, dot, receive_one, send};

/// Deals to one client and one server until the client hangs up; tells for how many runs.
pub fn deal<const DIM: usize, C, S, R>(
    mut client: C,
    mut server: S,
    rng: &mut R,
) -> Result<usize, LogisticError>
where
    C: Read + Write,
    S: Read + Write,
    R: CryptoRng,
{
    let mut runs = 0;
    loop {
        let first = match receive_one(&mut client) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(runs),
            first => first?,
        };
        for found in [first, receive_one(&mut server)?] {
            if found != DIM as u64 {
                return Err(LogisticError::Dimension { expected: DIM, found });
            }
        }
        let [a, b]: [[u64; DIM]; 2] = rng.random();
        let c: u64 = rng.random();
        send(&mut client, &b)?;
        send(&mut client, &[c])?;
        send(&mut server, &a)?;
        send(&mut server, &[dot(&a, &b).wrapping_sub(c)])?;
        runs += 1;
    }
}

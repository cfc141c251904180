//! Iterations of a small size, and cheats, each caught by the check that is there for it.

use fusion_core::transcript::Role;
use rand::{SeedableRng, rngs::StdRng};

use super::setup::setup_of_size;
use super::size::Size;
use super::*;
use crate::cheetah::ot::batch::{OtReceiver, OtSender};
use crate::cheetah::ot::tests::{both, streams};

const TINY: Size = Size { table_bits: 6, levels: 4, trees: 40 };

#[test]
fn rows() {
    let (mut left, mut right) = streams();
    let (mut rng, mut rng2) = (StdRng::seed_from_u64(1), StdRng::seed_from_u64(2));
    let (client, server) = both(
        || {
            let mut ot = setup_of_size(TINY, Role::Client, b"test", &mut left, &mut rng).unwrap();
            ot.receiver.prepare(1000, &mut left, &mut rng).unwrap();
            ot.receiver.take(1000).unwrap()
        },
        || {
            let mut ot = setup_of_size(TINY, Role::Server, b"test", &mut right, &mut rng2).unwrap();
            ot.sender.prepare(1000, &mut right, &mut rng2).unwrap();
            ot.sender.take(1000).unwrap()
        },
    );
    for ((t, q), b) in client.rows().iter().zip(server.rows()).zip(client.choices()) {
        assert_eq!(t ^ q, if *b == 1 { server.delta() } else { 0 });
    }
    println!("{}", client.choices().iter().map(|b| u32::from(*b)).sum::<u32>());
}

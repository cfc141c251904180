//! Our own backends in the suite.

use std::thread;

use chacha20::ChaCha20Rng;
use fusion_core::channel::memory_pair;
use rand::SeedableRng;

use super::{Backend, Size};
use crate::additive::{Additive, Dealer};
use crate::cheetah::{Answer, Cheetah, Description, Served, Transfers};
use crate::clear::Clear;
use crate::model::{Architecture, InputRange, Model};

impl Backend for Clear {
    fn parties(_: u64) -> ((), ()) {
        ((), ())
    }

    fn context(model: Model, _: InputRange) -> Model {
        model
    }

    fn public(model: &Model, _: &Model) -> Architecture {
        model.architecture().clone()
    }

    fn pretending(model: Model, _: InputRange, _: &Architecture) -> Model {
        model
    }

    fn answer(outputs: Vec<i64>) -> Vec<i64> {
        outputs
    }
}

impl Backend for Additive {
    /// With a dealer on a thread, which ends when the client is dropped.
    fn parties(seed: u64) -> (Self, Self) {
        let (client, to_client) = memory_pair();
        let (server, to_server) = memory_pair();
        thread::spawn(move || {
            let mut rng = ChaCha20Rng::seed_from_u64(seed);
            // A party that gives up leaves the dealer with an error; the suite sees the party's.
            let _ = Dealer::serve(to_client, to_server, &mut rng);
        });
        (Self::new(client), Self::new(server))
    }

    fn context(model: Model, _: InputRange) -> Model {
        model
    }

    fn public(model: &Model, _: &Model) -> Architecture {
        model.architecture().clone()
    }

    fn pretending(model: Model, _: InputRange, _: &Architecture) -> Model {
        model
    }

    fn answer(outputs: Vec<i64>) -> Vec<i64> {
        outputs
    }
}

/// With logits, in which every bit counts.
impl Backend for Cheetah {
    /// No value may need more than 45 bits.
    const SIZES: &'static [Size] = &[
        Size { weights: 1, input_bits: 34 },
        Size { weights: 1 << 12, input_bits: 8 },
        Size { weights: 1 << 6, input_bits: 20 },
        Size { weights: 1 << 15, input_bits: 2 },
    ];

    const CHECKS_ITSELF: bool = true;

    fn parties(_: u64) -> (Self, Self) {
        (Self::client(), Self::server())
    }

    fn context(model: Model, input: InputRange) -> Served {
        let served = Served::logits(model, input).expect("numbers are small");
        served.with_transfers(Transfers::SoftSpoken)
    }

    fn public(_: &Model, served: &Served) -> Description {
        served.description().clone()
    }

    fn pretending(model: Model, _: InputRange, public: &Description) -> Served {
        Served::pretending(model, public).expect("numbers are small")
    }

    fn answer(outputs: Vec<i64>) -> Answer {
        Answer::Logits(outputs)
    }
}

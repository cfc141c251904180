//! What a client learns of the weights if it deviates: the figures of SECURITY.md.

use super::*;
use crate::rlwe::poly::Values;
use crate::rlwe::sample::Sampler;

/// A pixel for each channel, so far apart that no window of a kernel has two of them.
const SHAPE: Shape = Shape {
    slots: 1,
    channels: 4,
    outputs: 4,
    height: 12,
    width: 12,
    kernel: 3,
    stride: 1,
    padding: 1,
    groups: 1,
};
const PIXELS: [(usize, usize); 4] = [(2, 2), (2, 8), (8, 2), (8, 8)];
const BITS: u32 = 8;
const TRIES: usize = 6;

/// Errors of q / 2^(l + 1) shift a result by half a unit for each odd weight. The mask hides whole units
/// only, and the flood half of one: six readings of a bit give it, then comes the next bit. All weights of
/// a convolution of 8 bits, in 48 requests.
#[test]
fn a_client_with_large_errors_reads_all_weights_in_48_requests() {
    let (set, bits) = (Set::Small, 24);
    let encoding = Encoding::new(&parameters(set, bits), SHAPE).unwrap();
    let mut rng = StdRng::seed_from_u64(7);
    let secret: Vec<i64> = (0..SHAPE.weights_len()).map(|_| rng.random_range(-128..=127)).collect();
    let prepared = Weights::prepare(&encoding, &secret, LEAST_HIDING, Storage::Compact).unwrap();
    let zeros = Shares::zero(encoding.parameters().width(), SHAPE.inputs_len());
    let mut ones = vec![0; SHAPE.inputs_len()];
    for (channel, (row, column)) in PIXELS.into_iter().enumerate() {
        ones[(channel * SHAPE.height + row) * SHAPE.width + column] = 1;
    }

    let (mut found, mut requests) = (vec![0_i64; secret.len()], 0);
    for bit in 0..BITS {
        // In a ring with so many bits more, one is that small.
        let finer = parameters(set, bits + 1 + bit);
        let mut sums = vec![0.0; secret.len()];
        for _ in 0..TRIES {
            requests += 1;
            let (pending, request) = Pending::request(&encoding, &zeros, &mut rng).unwrap();
            let mut request = Request::decode(&encoding, &request).unwrap();
            for (which, cipher) in request.ciphers.iter_mut().enumerate() {
                let numbers = encoding.request(which, &ones);
                let mut sampler = Sampler::new(&mut rng);
                let errors = Values::scaled(&finer, &numbers, None, &mut sampler);
                cipher.second.add(&finer, &errors);
            }
            let (response, _) = prepared.answer(&request, &mut rng).unwrap();
            let shares = pending.unrounded(&response).unwrap();
            for (weight, sum) in sums.iter_mut().enumerate() {
                let known = found[weight] as f64 / 2_f64.powi(1 + bit as i32);
                let units = shares[place(weight)] as f64 / 2_f64.powi(64 - bits as i32);
                *sum += (std::f64::consts::TAU * (units - known)).cos();
            }
        }
        for (weight, sum) in found.iter_mut().zip(sums) {
            *weight |= i64::from(sum < 0.0) << bit;
        }
    }
    let found: Vec<_> = found.into_iter().map(|weight| i64::from(weight as u8 as i8)).collect();
    assert_eq!((found, requests), (secret, 48));
}

/// The result that is one weight times its channel's pixel.
fn place(weight: usize) -> usize {
    let (kernel, channels) = (SHAPE.kernel, SHAPE.channels);
    let (j, i) = (weight % kernel, weight / kernel % kernel);
    let (channel, output) = (weight / kernel.pow(2) % channels, weight / kernel.pow(2) / channels);
    let (row, column) = PIXELS[channel];
    (output * SHAPE.height + row + 1 - i) * SHAPE.width + column + 1 - j
}

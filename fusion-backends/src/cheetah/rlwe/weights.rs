//! The server: its weights, and their products with requests.

use zeroize::Zeroizing;

use super::encode::Encoding;
use super::error::RlweError;
use super::noise::{LEAST_HIDING, WEIGHT_BITS, Weight, hiding};
use super::ntt::PIECE;
use super::poly::Values;
use super::request::Cipher;

/// How weights are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Transformed, once for a model. The fastest, and takes
    /// [`Encoding::weight_polynomials`] times N times the primes times 8 bytes.
    Transformed,
    /// As the integers that they are, and transformed at each use. For batches, where a use is one for
    /// all slots, and for layers whose polynomials hold few weights each.
    Compact,
}

/// The weights of a layer: made once for a model, and used for every request.
pub struct Weights {
    encoding: Encoding,
    kept: Kept,
    hiding: f64,
}

enum Kept {
    Transformed(Pieces),
    Compact(Zeroizing<Vec<i64>>),
}

/// Weights in the order of use: for each prime and piece of its values, for each block of outputs,
/// one piece for each block of channels.
type Pieces = Zeroizing<Vec<[u64; PIECE]>>;

/// Pieces of compact weights that are transformed at a time, if one block of outputs is not more.
const AT_ONCE: usize = 1 << 13;

impl Weights {
    /// Takes the weights: output channels, channels, rows, columns. They are signed integers.
    ///
    /// # Errors
    ///
    /// [`RlweError::Count`] if they are not as many as the layer has; [`RlweError::Weight`] if one is
    /// too large; [`RlweError::Noise`] or [`RlweError::Hiding`] if the modulus is too small for them,
    /// so that a larger [`Set`](super::Set) is needed.
    ///
    /// # Security
    ///
    /// `hiding` is how well the weights are hidden from the client, statistically, in bits, for each
    /// use of the layer; less than [`LEAST_HIDING`] counts as that. See `noise.rs`. The set is public:
    /// whoever chooses it by the weights tells the client a little of them.
    pub fn prepare(
        encoding: &Encoding,
        weights: &[i64],
        hiding: u32,
        storage: Storage,
    ) -> Result<Self, RlweError> {
        let wanted = hiding.max(LEAST_HIDING);
        let expected = encoding.shape().weights_len();
        if weights.len() != expected {
            return Err(RlweError::Count { expected, found: weights.len() });
        }
        if weights.iter().any(|weight| weight.unsigned_abs() > 1 << WEIGHT_BITS) {
            return Err(RlweError::Weight);
        }
        let bits = hiding_of(encoding, weights)?;
        if bits < f64::from(wanted) {
            return Err(RlweError::Hiding { bits, wanted });
        }
        let kept = match storage {
            Storage::Transformed => {
                Kept::Transformed(transform(encoding, weights, 0, encoding.output_blocks()))
            }
            Storage::Compact => Kept::Compact(Zeroizing::new(weights.to_vec())),
        };
        Ok(Self { encoding: encoding.clone(), kept, hiding: bits })
    }

    /// The layer.
    #[must_use]
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// How well the weights are hidden: the statistical distance is at most 2 to the minus this, at
    /// each use of the layer.
    #[must_use]
    pub fn hiding(&self) -> f64 {
        self.hiding
    }

    /// The sums of products that responses are made of: for each block of outputs, one for each
    /// group.
    pub(super) fn multiply(&self, inputs: &[Cipher]) -> Vec<Cipher> {
        let encoding = &self.encoding;
        let parameters = encoding.parameters();
        let zero = || Cipher { first: Values::zero(parameters), second: Values::zero(parameters) };
        let mut sums: Vec<_> = (0..encoding.responses()).map(|_| zero()).collect();
        match &self.kept {
            Kept::Transformed(pieces) => accumulate(encoding, pieces, inputs, &mut sums),
            Kept::Compact(weights) => {
                let of_one = encoding.channel_blocks().saturating_mul(parameters.numbers() / PIECE);
                let at_once = AT_ONCE.checked_div(of_one).unwrap_or(1).max(1);
                let groups = encoding.groups().max(1);
                let mut first = 0_usize;
                for sums in sums.chunks_mut(groups.saturating_mul(at_once)) {
                    let count = sums.len().checked_div(groups).unwrap_or(0);
                    let pieces = transform(encoding, weights, first, count);
                    accumulate(encoding, &pieces, inputs, sums);
                    first = first.saturating_add(count);
                }
            }
        }
        sums
    }
}

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Weights").field("encoding", &self.encoding).finish_non_exhaustive()
    }
}

/// To how many bits the weights are hidden from the client at each use, if results are right.
fn hiding_of(encoding: &Encoding, weights: &[i64]) -> Result<f64, RlweError> {
    let parameters = encoding.parameters();
    let mut all = Vec::with_capacity(encoding.output_blocks());
    for outputs in 0..encoding.output_blocks() {
        let mut weight = Weight::default();
        for channels in 0..encoding.channel_blocks() {
            encoding.each_weight(channels, outputs, |_, number| {
                weight.add(weights.get(number).copied().unwrap_or(0));
            });
        }
        weight.check(parameters)?;
        all.push(weight);
    }
    let groups = encoding.groups();
    let each = all.iter().flat_map(|weight| std::iter::repeat_n(*weight, groups));
    let needed = (0..encoding.responses()).map(|which| encoding.needed(which));
    Ok(hiding(parameters, needed.zip(each)))
}

/// Transforms `count` blocks of outputs, from the block `first` on.
fn transform(encoding: &Encoding, weights: &[i64], first: usize, count: usize) -> Pieces {
    let parameters = encoding.parameters();
    let channels = encoding.channel_blocks();
    let each = channels.saturating_mul(count).max(1);
    let mut pieces =
        Zeroizing::new(vec![[0; PIECE]; each.saturating_mul(parameters.numbers() / PIECE)]);
    let blocks =
        (first..first.saturating_add(count)).flat_map(|m| (0..channels).map(move |c| (m, c)));
    for (place, (output, channel)) in blocks.enumerate() {
        let numbers = encoding.weights(channel, output, weights);
        let values = if encoding.has_constant_weights() {
            Values::of_constant(parameters, numbers.first().copied().unwrap_or(0))
        } else {
            Values::of_small(parameters, &numbers)
        };
        let places = pieces.iter_mut().skip(place).step_by(each);
        places.zip(values.pieces()).for_each(|(piece, values)| *piece = *values);
    }
    pieces
}

/// Adds products to the sums: for each block of outputs among the weights, one for each group.
///
/// Weights are read once and in order; the sums and inputs of one piece stay in fast memory.
fn accumulate(
    encoding: &Encoding,
    weights: &[[u64; PIECE]],
    inputs: &[Cipher],
    sums: &mut [Cipher],
) {
    let parameters = encoding.parameters();
    let (channels, groups) = (encoding.channel_blocks().max(1), encoding.groups().max(1));
    let outputs = sums.len().checked_div(groups).unwrap_or(0);
    let of_piece = channels.saturating_mul(outputs).max(1);
    let of_prime = (parameters.degree() / PIECE).max(1);
    for (piece, weights) in weights.chunks_exact(of_piece).enumerate() {
        let Some(table) = piece.checked_div(of_prime).and_then(|p| parameters.tables().get(p))
        else {
            break;
        };
        let inputs: Vec<_> = inputs.iter().filter_map(|input| input.pieces(piece)).collect();
        let outputs = sums.chunks_exact_mut(groups).zip(weights.chunks_exact(channels));
        for (sums, weights) in outputs {
            for (sum, inputs) in sums.iter_mut().zip(inputs.chunks_exact(channels)) {
                if let Some(sum) = sum.pieces_mut(piece) {
                    table.accumulate(sum, weights, inputs);
                }
            }
        }
    }
}

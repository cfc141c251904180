//! No privacy at all: the client sends its inputs, the server answers with the model's outputs.
//! The reference: whatever another backend computes must equal this, bit for bit.
//!
//! One message each way for the whole batch, slot after slot, every value as eight bytes, little
//! endian. Both parties know all lengths from the architecture and the number of slots.

use std::io::{self, Read, Write};

use fusion_macros as fusion;

use crate::model::{Architecture, Model, ModelError};

/// The protocol without privacy.
///
/// # Security
///
/// The server sees every input. Hardening makes the answers right, never private.
#[fusion::harden(soundness = 40, privacy = public, executions = isolated, crate = fusion_core)]
pub struct Clear;

/// Why a phase of [`Clear`] did not finish.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClearError {
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),

    /// The model refuses an input.
    #[error(transparent)]
    Model(#[from] ModelError),

    /// An input does not have the width of the architecture. Nothing was sent.
    #[error(
        "input {input} has {found} values, the architecture takes {expected}; give every query \
         and every check exactly {expected} values"
    )]
    Width {
        /// Which input of the batch.
        input: usize,
        /// Inputs of the architecture.
        expected: usize,
        /// Values in the input.
        found: usize,
    },
}

#[fusion::harden(validate = takes, validate_answer = gives, crate = fusion_core)]
impl Clear {
    #[fusion::server(online, batch)]
    fn online_server(
        model: &Model,
        slots: usize,
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<(), ClearError> {
        let width = model.architecture().inputs();
        let mut answers = Vec::new();
        for _ in 0..slots {
            let input = read_values(reader, width)?;
            append_values(&mut answers, &model.infer(&input)?);
        }
        writer.write_all(&answers)?;
        Ok(writer.flush()?)
    }

    #[fusion::client(online, batch, query = inputs)]
    fn online_client(
        architecture: &Architecture,
        inputs: &[Vec<i64>],
        reader: &mut impl Read,
        writer: &mut impl Write,
    ) -> Result<Vec<Vec<i64>>, ClearError> {
        let expected = architecture.inputs();
        for (input, found) in inputs.iter().map(Vec::len).enumerate() {
            if found != expected {
                return Err(ClearError::Width { input, expected, found });
            }
        }
        let mut questions = Vec::new();
        inputs.iter().for_each(|input| append_values(&mut questions, input));
        writer.write_all(&questions)?;
        writer.flush()?;
        let answers = inputs.iter().map(|_| read_values(reader, architecture.outputs()));
        Ok(answers.collect::<io::Result<_>>()?)
    }
}

fn takes(architecture: &Architecture, query: &[i64]) -> Result<(), ModelError> {
    architecture.takes(query)
}

fn gives(architecture: &Architecture, answer: &[i64]) -> Result<(), ModelError> {
    architecture.gives(answer)
}

fn append_values(bytes: &mut Vec<u8>, values: &[i64]) {
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
}

/// One slot at a time: memory grows no faster than bytes arrive.
fn read_values(reader: &mut impl Read, count: usize) -> io::Result<Vec<i64>> {
    let mut bytes = vec![0; count.saturating_mul(size_of::<i64>())];
    reader.read_exact(&mut bytes)?;
    Ok(bytes.as_chunks().0.iter().map(|&value| i64::from_le_bytes(value)).collect())
}

#[cfg(test)]
mod tests {
    use std::thread;

    use fusion_core::{Check, Connection, Error, Misuse, Policy, Sample};
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    use super::*;
    use crate::model::LayerShape;

    fn architecture() -> Architecture {
        let layers = vec![
            LayerShape::Dense { inputs: 5, outputs: 4 },
            LayerShape::Relu { width: 4, shift: 3 },
            LayerShape::Dense { inputs: 4, outputs: 2 },
        ];
        Architecture::new(layers).unwrap()
    }

    fn inputs(count: usize, rng: &mut StdRng) -> Vec<Vec<i64>> {
        (0..count).map(|_| (0..5).map(|_| rng.random()).collect()).collect()
    }

    #[test]
    fn answers_equal_the_reference() {
        let mut rng = StdRng::seed_from_u64(1);
        let model = Model::random(&architecture(), 1000, &mut rng);
        let queries = inputs(4, &mut rng);
        let expected = model.infer_batch(&queries).unwrap();
        let samples = inputs(20, &mut rng);
        let logits = model.infer_batch(&samples).unwrap();
        let checks =
            samples.into_iter().zip(logits).map(|(x, y)| Check::model_answer(x, y)).collect();

        let (mut here, mut there) = Connection::pair();
        let server = thread::spawn(move || {
            let mut rng = StdRng::seed_from_u64(2);
            ClearServer::new().serve(&mut there, &model, &mut rng).unwrap();
        });
        let policy = Policy::against_blind_tampering(40, queries.len()).unwrap();
        let answers = ClearClient::new(policy, checks)
            .infer(&mut here, &architecture(), &queries, &mut rng)
            .unwrap();
        server.join().unwrap();
        assert_eq!(*answers, expected);
    }

    #[test]
    fn a_wrong_width_is_an_error_before_anything_is_sent() {
        let mut sent = Vec::new();
        let inputs = [vec![0; 5], vec![0; 4]];
        let error = Clear::online_client(&architecture(), &inputs, &mut io::empty(), &mut sent)
            .unwrap_err();
        assert!(matches!(error, ClearError::Width { input: 1, expected: 5, found: 4 }));
        assert!(sent.is_empty());
    }

    #[test]
    fn a_server_that_says_too_little_is_an_error() {
        let inputs = [vec![0; 5]];
        let short = &mut [0; 15].as_slice();
        let error =
            Clear::online_client(&architecture(), &inputs, short, &mut io::sink()).unwrap_err();
        assert!(matches!(error, ClearError::Io(_)));
    }

    #[test]
    fn a_query_of_the_wrong_width_is_refused_before_anything_is_sent() {
        let mut rng = StdRng::seed_from_u64(3);
        let model = Model::random(&architecture(), 10, &mut rng);
        let (mut here, mut there) = Connection::pair();
        let server = thread::spawn(move || {
            let mut rng = StdRng::seed_from_u64(4);
            ClearServer::new().serve(&mut there, &model, &mut rng).is_err()
        });
        let checks = (0..30).map(|_| Check::model_answer(vec![0; 5], vec![0; 2])).collect();
        let policy = Policy::against_blind_tampering(40, 1).unwrap();
        let result = ClearClient::new(policy, checks).infer(
            &mut here,
            &architecture(),
            &[vec![0; 6]],
            &mut rng,
        );
        let Err(Error::Misuse(Misuse::Invalid { of: Sample::Query(0), reason })) = result else {
            panic!("{result:?}")
        };
        assert_eq!(reason, "the input has 6 values, but the model takes 5");
        drop(here);
        assert!(server.join().unwrap());
    }
}

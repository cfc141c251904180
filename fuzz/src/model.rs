//! Model files.

use std::sync::OnceLock;

use fusion_backends::model::{Model, ModelError};

use crate::{Ended, MIB, script::Script, within};

/// The header of a small file, and what is in its tensors.
const HEADER: &str = r#"{"__metadata__":{"format":"fusion-model-1","activation":"relu","fraction_bits":"1"},"layers.0.bias":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"layers.1.bias":{"dtype":"I64","shape":[1],"data_offsets":[16,24]},"layers.0.weight":{"dtype":"I32","shape":[2,3],"data_offsets":[24,48]},"layers.1.weight":{"dtype":"I32","shape":[1,2],"data_offsets":[48,56]}}"#;
const DATA: usize = 56;

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    static FILE: OnceLock<[Vec<u8>; 3]> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let length = (HEADER.len() as u64).to_le_bytes().to_vec();
        [length, HEADER.into(), (0..DATA).map(|byte| byte as u8).collect()]
    });
    let mut parts = file.to_vec();
    script.spoil(&mut parts);
    // So that the header can be edited without its length.
    if let [length, header, _] = &mut parts[..]
        && script.byte() == 0
        && length[..] == file[0]
    {
        *length = (header.len() as u64).to_le_bytes().to_vec();
    }
    let file = parts.concat();
    match within(MIB, || Model::from_safetensors(&file)) {
        Ok(model) => {
            let inputs = vec![i64::MAX; model.architecture().inputs()];
            let outputs = model.infer(&inputs).expect("as many inputs as it takes");
            assert_eq!(outputs.len(), model.architecture().outputs());
            match model.check_range(1 << 40) {
                Ok(_) | Err(ModelError::LayerRange { .. }) => Ended::Well,
                Err(other) => panic!("not a range: {other:?}"),
            }
        }
        Err(error) => {
            // An error that can be shown, and that says what to do.
            assert!(!error.to_string().is_empty());
            Ended::Refused
        }
    }
}

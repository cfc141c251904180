//! Model files.

use std::sync::OnceLock;

use fusion_backends::model::{LayerShape, Model, ModelError};

use crate::{Ended, MIB, script::Script, within};

/// The headers of small files of both formats, and how many bytes are in their tensors.
const FILES: [(&str, usize); 2] = [
    (
        r#"{"__metadata__":{"format":"fusion-model-1","activation":"relu","fraction_bits":"1"},"layers.0.bias":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"layers.1.bias":{"dtype":"I64","shape":[1],"data_offsets":[16,24]},"layers.0.weight":{"dtype":"I32","shape":[2,3],"data_offsets":[24,48]},"layers.1.weight":{"dtype":"I32","shape":[1,2],"data_offsets":[48,56]}}"#,
        56,
    ),
    (
        r#"{"__metadata__":{"format":"fusion-model-2","layers":"[{\"kind\":\"convolution\",\"channels\":1,\"outputs\":1,\"height\":3,\"width\":3,\"kernel\":2,\"stride\":1,\"padding\":0,\"groups\":1},{\"kind\":\"clamp\",\"width\":4,\"shift\":1,\"bits\":8},{\"kind\":\"add\",\"width\":4,\"shift\":0,\"with\":0},{\"kind\":\"max_pool\",\"channels\":1,\"height\":2,\"width\":2,\"kernel\":2,\"stride\":2,\"padding\":0}]"},"layers.0.bias":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"layers.0.weight":{"dtype":"I32","shape":[1,1,2,2],"data_offsets":[8,24]}}"#,
        24,
    ),
];
/// The most values times the window of each that a model may compute here: files that say so little
/// can make one compute for days.
const MAX_WORK: usize = 1 << 20;

pub(crate) fn run(script: &mut Script<'_>) -> Ended {
    static PARTS: OnceLock<[[Vec<u8>; 3]; 2]> = OnceLock::new();
    let files = PARTS.get_or_init(|| {
        FILES.map(|(header, data)| {
            let length = (header.len() as u64).to_le_bytes().to_vec();
            [length, header.into(), (0..data).map(|byte| byte as u8).collect()]
        })
    });
    let file = &files[script.below(files.len())];
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
            let architecture = model.architecture();
            let work = architecture.layers().map(|shape| work(&shape));
            if work.fold(0, usize::saturating_add) > MAX_WORK {
                return Ended::Well;
            }
            let inputs = vec![i64::MAX; architecture.inputs()];
            let outputs = model.infer(&inputs).expect("as many inputs as it takes");
            assert_eq!(outputs.len(), architecture.outputs());
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

fn work(shape: &LayerShape) -> usize {
    let window = match shape {
        LayerShape::MaxPool(pool) | LayerShape::AveragePool(pool) => {
            pool.kernel.saturating_mul(pool.kernel)
        }
        LayerShape::Dense { .. } | LayerShape::Convolution(_) => shape.weights(),
        _ => 1,
    };
    shape.outputs().saturating_mul(window)
}

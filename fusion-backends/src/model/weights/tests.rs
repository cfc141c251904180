//! A valid file loads; every way in which a file can be wrong has its own error.

use super::*;

/// A file under construction: tensors as (name, type, shape, bytes), and metadata.
struct File {
    tensors: Vec<(&'static str, Dtype, Vec<usize>, Vec<u8>)>,
    metadata: HashMap<String, String>,
}

/// A valid file: 3 inputs, 2 hidden values, 1 output.
fn file() -> File {
    let weight = |name, shape: [usize; 2]| {
        let values = (1..=shape[0] * shape[1]).flat_map(|v| (v as i32).to_le_bytes());
        (name, Dtype::I32, shape.to_vec(), values.collect())
    };
    let bias = |name, length: usize| {
        let values = (0..length).flat_map(|v| (-(v as i64)).to_le_bytes());
        (name, Dtype::I64, vec![length], values.collect())
    };
    let metadata = [(FORMAT, DENSE_FORMAT), ACTIVATION, ("fraction_bits", "1")];
    File {
        tensors: vec![
            weight("layers.0.weight", [2, 3]),
            bias("layers.0.bias", 2),
            weight("layers.1.weight", [1, 2]),
            bias("layers.1.bias", 1),
        ],
        metadata: metadata.map(|(k, v)| (k.to_owned(), v.to_owned())).into(),
    }
}

impl File {
    fn bytes(&self) -> Vec<u8> {
        let views = self.tensors.iter().map(|(name, dtype, shape, data)| {
            (*name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        safetensors::serialize(views, Some(self.metadata.clone())).unwrap()
    }

    fn error(&self) -> ModelError {
        Model::from_safetensors(&self.bytes()).unwrap_err()
    }

    fn with_metadata(key: &str, value: &str) -> ModelError {
        let mut file = file();
        file.metadata.insert(key.to_owned(), value.to_owned());
        file.error()
    }

    fn with_tensor(at: usize, name: &'static str, dtype: Dtype, shape: &[usize]) -> ModelError {
        let mut file = file();
        let size = shape.iter().product::<usize>() * dtype.bitsize() / 8;
        file.tensors[at] = (name, dtype, shape.to_vec(), vec![0; size]);
        file.error()
    }
}

#[test]
fn a_valid_file_gives_dense_layers_with_relu_between() {
    let model = Model::from_safetensors(&file().bytes()).unwrap();
    let kinds: Vec<_> = model.architecture().layers().map(|layer| layer.kind()).collect();
    assert_eq!(kinds, ["dense", "relu", "dense"]);
    // [1 2 3; 4 5 6] * [1 1 1] + [0 -1] = [6 14]; shifted by 1: [3 7]; [1 2] * [3 7] = 17.
    assert_eq!(model.infer(&[1, 1, 1]).unwrap(), [17]);
}

#[test]
fn a_missing_file_is_named() {
    let error = Model::load("no/such/file.safetensors").unwrap_err();
    assert!(matches!(error, ModelError::Read { .. }));
    assert!(error.to_string().contains("no/such/file.safetensors"), "{error}");
}

#[test]
fn a_bad_file_is_named() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let error = Model::load(path).unwrap_err();
    assert!(error.to_string().contains(path), "{error}");
    let ModelError::File { error, .. } = error else { panic!("{error}") };
    assert!(matches!(*error, ModelError::NotSafetensors { .. }));
}

#[test]
fn bytes_cut_anywhere_or_too_long_are_not_safetensors() {
    let mut bytes = file().bytes();
    for length in 0..bytes.len() {
        let error = Model::from_safetensors(&bytes[..length]).unwrap_err();
        assert!(matches!(error, ModelError::NotSafetensors { .. }), "{length}: {error}");
    }
    bytes.push(0);
    let error = Model::from_safetensors(&bytes).unwrap_err();
    assert!(matches!(error, ModelError::NotSafetensors { .. }), "{error}");
}

#[test]
fn every_metadata_entry_is_needed() {
    for missing in ["format", "activation", "fraction_bits"] {
        let mut file = file();
        file.metadata.remove(missing);
        let error = file.error();
        assert!(matches!(error, ModelError::MissingMetadata { key, .. } if key == missing));
    }
    let bare = safetensors::serialize(Vec::<(String, TensorView<'_>)>::new(), None).unwrap();
    let error = Model::from_safetensors(&bare).unwrap_err();
    assert!(matches!(error, ModelError::MissingMetadata { key: "format", .. }));
}

#[test]
fn every_metadata_entry_is_checked() {
    let wrong = [
        ("format", "fusion-model-3"),
        ("activation", "tanh"),
        ("fraction_bits", "32"),
        ("fraction_bits", "-1"),
        ("fraction_bits", "twelve"),
        ("fraction_bits", ""),
    ];
    for (wrong_key, value) in wrong {
        let error = File::with_metadata(wrong_key, value);
        let ModelError::Metadata { key, found, .. } = error else { panic!("{error}") };
        assert_eq!((key, found.as_str()), (wrong_key, value));
    }
    let mut file = file();
    file.metadata.insert("fraction_bits".to_owned(), "31".to_owned());
    assert!(Model::from_safetensors(&file.bytes()).is_ok());
}

#[test]
fn every_tensor_is_needed() {
    for at in 0..4 {
        let mut file = file();
        let (name, ..) = file.tensors.remove(at);
        let error = file.error();
        assert!(matches!(error, ModelError::MissingTensor { tensor } if tensor == name));
    }
    let mut file = file();
    file.tensors.clear();
    let error = file.error();
    assert!(matches!(error, ModelError::MissingTensor { tensor } if tensor == "layers.0.weight"));
}

#[test]
fn a_gap_between_layers_is_a_missing_tensor() {
    let mut file = file();
    file.tensors[2].0 = "layers.2.weight";
    file.tensors[3].0 = "layers.2.bias";
    let error = file.error();
    assert!(matches!(error, ModelError::MissingTensor { tensor } if tensor == "layers.1.weight"));
}

#[test]
fn other_tensors_are_refused() {
    let unknown = [
        "extra",
        "layers.0.scale",
        "layers.00.weight",
        "layers.+1.bias",
        "layers.1024.weight",
        "layers.99999999999999999999.bias",
        "layers.0.weight.0",
    ];
    for name in unknown {
        let mut file = file();
        file.tensors.push((name, Dtype::I32, vec![1], vec![0; 4]));
        let error = file.error();
        assert!(matches!(error, ModelError::UnknownTensor { tensor } if tensor == name));
    }
}

#[test]
fn every_type_is_checked() {
    let error = File::with_tensor(0, "layers.0.weight", Dtype::F32, &[2, 3]);
    let ModelError::WrongDtype { tensor, expected, found } = error else { panic!("{error}") };
    assert_eq!((tensor.as_str(), expected, found.as_str()), ("layers.0.weight", "I32", "F32"));
    let error = File::with_tensor(3, "layers.1.bias", Dtype::I32, &[1]);
    let ModelError::WrongDtype { tensor, expected, found } = error else { panic!("{error}") };
    assert_eq!((tensor.as_str(), expected, found.as_str()), ("layers.1.bias", "I64", "I32"));
}

#[test]
fn every_shape_is_checked() {
    let weights: [&[usize]; 5] = [&[6], &[2, 3, 1], &[0, 3], &[2, 0], &[]];
    for shape in weights {
        let error = File::with_tensor(0, "layers.0.weight", Dtype::I32, shape);
        assert!(matches!(error, ModelError::WrongShape { found, .. } if found == shape));
    }
    let biases: [&[usize]; 4] = [&[3], &[2, 1], &[0], &[]];
    for shape in biases {
        let error = File::with_tensor(1, "layers.0.bias", Dtype::I64, shape);
        assert!(matches!(error, ModelError::WrongShape { found, .. } if found == shape));
    }
    let error = File::with_tensor(2, "layers.1.weight", Dtype::I32, &[1, 3]);
    let expected = "the tensor `layers.1.weight` has shape [1, 3]; \
        it must be [outputs, 2], as the layer before has 2 outputs";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn the_limits_of_models_hold_for_files() {
    let error = File::with_tensor(0, "layers.0.weight", Dtype::I32, &[2, (1 << 22) + 1]);
    assert!(matches!(error, ModelError::Width { layer: 0, .. }));
}

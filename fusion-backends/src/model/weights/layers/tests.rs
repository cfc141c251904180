//! Each kind of layer can be read; every way in which a file can be wrong has its own error.

use std::collections::HashMap;

use safetensors::tensor::TensorView;

use super::*;

/// One of each kind, with a way around.
const LAYERS: [&str; 10] = [
    r#"{"kind":"convolution","channels":2,"outputs":2,"height":4,"width":4,"kernel":3,"stride":1,"padding":1,"groups":2}"#,
    r#"{"kind":"clamp","width":32,"shift":2,"bits":4}"#,
    r#"{"kind":"add","width":32,"shift":1,"with":-1}"#,
    r#"{"kind":"max_pool","channels":2,"height":4,"width":4,"kernel":3,"stride":1,"padding":1}"#,
    r#"{"kind":"average_pool","channels":2,"height":4,"width":4,"kernel":2,"stride":2,"padding":0}"#,
    r#"{"kind":"relu","width":8,"shift":0,"from":4}"#,
    r#"{"kind":"truncate","width":8,"shift":1,"from":4}"#,
    r#"{"kind":"concat","first":8,"second":8,"from":5,"with":6}"#,
    r#"{"kind":"dense","inputs":16,"outputs":3}"#,
    r#"{"kind":"dense","inputs":3,"outputs":1}"#,
];

struct File {
    layers: String,
    tensors: Vec<(&'static str, Dtype, Vec<usize>)>,
}

fn file() -> File {
    File {
        layers: format!("[{}]", LAYERS.join(",")),
        tensors: vec![
            ("layers.0.weight", Dtype::I32, vec![2, 1, 3, 3]),
            ("layers.0.bias", Dtype::I64, vec![2]),
            ("layers.8.weight", Dtype::I32, vec![3, 16]),
            ("layers.8.bias", Dtype::I64, vec![3]),
            ("layers.9.weight", Dtype::I32, vec![1, 3]),
            ("layers.9.bias", Dtype::I64, vec![1]),
        ],
    }
}

impl File {
    /// Numbers count up from 1, in each tensor.
    fn model(&self) -> Result<Model, ModelError> {
        let data = self.tensors.iter().map(|(_, dtype, shape)| {
            let numbers = 1..=shape.iter().product::<usize>() as i64;
            let size = dtype.bitsize() / 8;
            numbers.flat_map(|number| number.to_le_bytes()[..size].to_vec()).collect()
        });
        let data: Vec<Vec<u8>> = data.collect();
        let views = self.tensors.iter().zip(&data).map(|((name, dtype, shape), data)| {
            (*name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        let metadata = [("format", "fusion-model-2"), ("layers", &self.layers)];
        let metadata: HashMap<_, _> =
            metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let bytes = safetensors::serialize(views, Some(metadata)).unwrap();
        Model::from_safetensors(&bytes)
    }

    fn with_layers(layers: &str) -> ModelError {
        File { layers: layers.to_owned(), ..file() }.model().unwrap_err()
    }

    fn with_layer(at: usize, layer: &str) -> ModelError {
        let mut layers = LAYERS;
        layers[at] = layer;
        Self::with_layers(&format!("[{}]", layers.join(",")))
    }
}

#[test]
fn every_kind_of_layer_is_read() {
    let model = file().model().unwrap();
    let nodes = model.architecture().nodes();
    let kinds: Vec<_> = nodes.iter().map(|node| node.layer.kind()).collect();
    assert_eq!(
        kinds.join(" "),
        "convolution clamp add max-pool average-pool relu truncate concat dense dense"
    );
    let sources = [(2, 1, Some(Source::Input)), (5, 4, None), (7, 5, Some(Source::Layer(6)))];
    for (layer, from, with) in sources {
        assert_eq!((nodes[layer].from, nodes[layer].with), (Source::Layer(from), with));
    }
    assert_eq!((nodes[0].from, nodes[9].from), (Source::Input, Source::Layer(8)));
    let [LayerShape::Convolution(shape), LayerShape::Clamp { width, shift, bits }] =
        [nodes[0].layer, nodes[1].layer]
    else {
        panic!("{nodes:?}");
    };
    let ConvolutionShape { channels, outputs, height, width: w, kernel, stride, padding, groups } =
        shape;
    assert_eq!(
        [channels, outputs, height, w, kernel, stride, padding, groups],
        [2, 2, 4, 4, 3, 1, 1, 2]
    );
    assert_eq!((width, shift, bits), (32, 2, 4));
    let linear = model.linear(0).unwrap();
    assert_eq!((linear.weights()[17], linear.bias()), (18, &[1, 2][..]));
    assert!(model.linear(1).is_none());
}

#[test]
fn a_list_that_is_no_list_of_objects_is_refused() {
    let deep = "[".repeat(100_000);
    for layers in ["", "{}", "[1]", "[{}", "[{}] ]", "null", "[[]]", deep.as_str()] {
        let error = File::with_layers(layers);
        assert!(matches!(error, ModelError::LayerList { .. }), "{error}");
    }
    assert!(matches!(File::with_layers("[]"), ModelError::Empty));
    let many = format!("[{}]", vec![LAYERS[1]; 1025].join(","));
    assert!(matches!(File::with_layers(&many), ModelError::TooManyLayers { found: 1025 }));
}

#[test]
fn every_field_is_needed_and_checked() {
    for (at, text) in LAYERS.into_iter().enumerate() {
        let layer: Map<String, Value> = serde_json::from_str(text).unwrap();
        let numbers = layer.keys().filter(|key| !["kind", "from", "with"].contains(&key.as_str()));
        for key in numbers {
            for value in [
                None,
                Some("-1"),
                Some("1.5"),
                Some("1e3"),
                Some("\"1\""),
                Some("null"),
                Some("18446744073709551616"),
            ] {
                let mut layer = layer.clone();
                match value {
                    None => layer.remove(key),
                    Some(value) => layer.insert(key.clone(), serde_json::from_str(value).unwrap()),
                };
                let error = File::with_layer(at, &Value::Object(layer).to_string());
                let ModelError::LayerEntry { layer, reason } = &error else { panic!("{error}") };
                assert!(*layer == at && reason.contains(&format!("`{key}`")), "{error}");
            }
        }
    }
}

#[test]
fn what_a_layer_does_not_have_is_refused() {
    for (layer, reason) in [
        ("{}", "`kind` must be a text"),
        (r#"{"kind":1}"#, "`kind` must be a text"),
        (r#"{"kind":"softmax"}"#, "there is no kind `softmax`; use dense, convolution"),
        (r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"scale":1}"#, "a clamp has no `scale`"),
        (
            r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"shift":3}"#,
            "`shift` is given twice; remove one",
        ),
        (r#"{"kind":"clamp","width":32,"shift":4294967296,"bits":4}"#, "`shift` is too large"),
        (
            r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"from":-2}"#,
            "`from` must be the number",
        ),
        (
            r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"with":"0"}"#,
            "`with` must be the number",
        ),
    ] {
        let error = File::with_layer(1, layer).to_string();
        let start = format!("the metadata entry `layers`, layer 1: {reason}");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn the_rules_of_graphs_hold_for_files() {
    let error = File::with_layer(1, r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"from":1}"#);
    assert!(matches!(error, ModelError::Source { layer: 1, of: 1 }), "{error}");
    let error = File::with_layer(1, r#"{"kind":"clamp","width":32,"shift":2,"bits":4,"with":0}"#);
    assert!(matches!(error, ModelError::Sources { layer: 1, expected: 1 }), "{error}");
    let error = File::with_layer(2, r#"{"kind":"add","width":32,"shift":1}"#);
    assert!(matches!(error, ModelError::Sources { layer: 2, expected: 2 }), "{error}");
    let error = File::with_layer(1, r#"{"kind":"clamp","width":31,"shift":2,"bits":4}"#);
    assert!(matches!(error, ModelError::Chain { layer: 1, expected: 32, found: 31 }), "{error}");
    let error = File::with_layer(1, r#"{"kind":"clamp","width":32,"shift":63,"bits":4}"#);
    assert!(matches!(error, ModelError::Shift { layer: 1, shift: 63 }), "{error}");
    let huge = r#"{"kind":"dense","inputs":9999999999999,"outputs":9999999999999}"#;
    assert!(matches!(File::with_layer(8, huge), ModelError::Width { layer: 8, .. }));
}

#[test]
fn every_tensor_is_needed_and_checked() {
    for at in 0..6 {
        let mut missing = file();
        let (name, ..) = missing.tensors.remove(at);
        let error = missing.model().unwrap_err();
        assert!(matches!(error, ModelError::MissingTensor { tensor } if tensor == name));

        let mut file = file();
        let (name, dtype, shape) = file.tensors[at].clone();
        file.tensors[at].1 = if dtype == Dtype::I32 { Dtype::I64 } else { Dtype::I32 };
        let error = file.model().unwrap_err();
        assert!(matches!(error, ModelError::WrongDtype { tensor, .. } if tensor == name));

        let transposed: Vec<_> = shape.iter().rev().copied().collect();
        let (longer, flat) = ([shape.clone(), vec![1]].concat(), vec![shape.iter().product()]);
        let more: Vec<_> = shape.iter().map(|size| size + 1).collect();
        for other in [transposed, longer, flat, more, vec![]] {
            if other != shape {
                file.tensors[at] = (name, dtype, other.clone());
                let error = file.model().unwrap_err();
                assert!(matches!(error, ModelError::WrongShape { found, .. } if found == other));
            }
        }
    }
}

#[test]
fn other_tensors_are_refused() {
    for name in ["extra", "layers.1.weight", "layers.10.weight", "layers.00.bias"] {
        let mut file = file();
        file.tensors.push((name, Dtype::I32, vec![1]));
        let error = file.model().unwrap_err();
        assert!(matches!(error, ModelError::UnknownTensor { tensor } if tensor == name));
    }
}

#[test]
fn the_list_of_layers_is_needed() {
    let metadata = HashMap::from([("format".to_owned(), "fusion-model-2".to_owned())]);
    let none = Vec::<(String, TensorView<'_>)>::new();
    let bytes = safetensors::serialize(none, Some(metadata)).unwrap();
    let error = Model::from_safetensors(&bytes).unwrap_err();
    assert!(matches!(error, ModelError::MissingMetadata { key: "layers", .. }));
}

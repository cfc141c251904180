//! Files of the second format: a valid one, and what is wrong with others.

use std::collections::HashMap;

use super::*;

const DENSE: &str = r#"{"kind":"dense","inputs":4,"outputs":2}"#;
const CONVOLUTION: &str = r#"{"kind":"convolution","channels":1,"outputs":1,"height":3,"width":3,"kernel":2,"stride":1,"padding":0,"groups":1}"#;

/// Tensors by name, type and shape, filled with ones, and the list of layers.
fn file(layers: &str, tensors: &[(&str, Dtype, &[usize])]) -> Result<Model, ModelError> {
    let ones: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, dtype, shape)| {
            let count = shape.iter().product();
            match dtype {
                Dtype::I32 => 1_i32.to_le_bytes().repeat(count),
                _ => 1_i64.to_le_bytes().repeat(count),
            }
        })
        .collect();
    let views = tensors.iter().zip(&ones).map(|((name, dtype, shape), data)| {
        (*name, TensorView::new(*dtype, shape.to_vec(), data).unwrap())
    });
    let metadata = [("format", GRAPH_FORMAT), ("layers", layers)];
    let metadata: HashMap<_, _> =
        metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Model::from_safetensors(&safetensors::serialize(views, Some(metadata)).unwrap())
}

const TENSORS: [(&str, Dtype, &[usize]); 4] = [
    ("layers.0.weight", Dtype::I32, &[1, 1, 2, 2]),
    ("layers.0.bias", Dtype::I64, &[1]),
    ("layers.2.weight", Dtype::I32, &[2, 4]),
    ("layers.2.bias", Dtype::I64, &[2]),
];

fn layers(middle: &str) -> String {
    format!("[{CONVOLUTION},{middle},{DENSE}]")
}

#[test]
fn a_graph_loads_and_runs() {
    let middle = r#"{"kind":"add","width":4,"shift":1,"from":0,"with":0}"#;
    let model = file(&layers(middle), &TENSORS).unwrap();
    // Each window of ones sums up to 4, and 1; three times that, four times, and 1.
    assert_eq!(model.infer(&[1; 9]).unwrap(), [61, 61]);
}

#[test]
fn what_is_wrong_with_layers_is_said() {
    let fails = |layers: &str| file(layers, &TENSORS).unwrap_err();
    let clamp = r#"{"kind":"clamp","width":4,"shift":1,"bits":8}"#;
    assert!(file(&layers(clamp), &TENSORS).is_ok());
    for (text, part) in [
        ("", "EOF"),
        ("{}", "invalid type"),
        (r#"[{"kind":"softmax"}]"#, "unknown variant `softmax`"),
        (r#"[{"kind":"dense","inputs":3}]"#, "missing field `outputs`"),
        (r#"[{"kind":"dense","inputs":-3,"outputs":1}]"#, "invalid value"),
    ] {
        let error = fails(text);
        assert!(matches!(error, ModelError::Layers { .. }), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(matches!(fails("[]"), ModelError::Empty));
    let many = format!("[{}{DENSE}]", format!("{DENSE},").repeat(MAX_LAYERS));
    assert!(matches!(fails(&many), ModelError::TooManyLayers { found: 1025 }));
    let later = r#"{"kind":"clamp","width":4,"shift":1,"bits":8,"from":2}"#;
    assert!(matches!(fails(&layers(later)), ModelError::Source { layer: 1, of: 2 }));
    let none = r#"{"kind":"clamp","width":4,"shift":1,"bits":8,"from":-2}"#;
    assert!(matches!(fails(&layers(none)), ModelError::Source { layer: 1, .. }));
    let alone = r#"{"kind":"add","width":4,"shift":1}"#;
    assert!(matches!(fails(&layers(alone)), ModelError::Sources { layer: 1, expected: 2 }));
    let wide = r#"{"kind":"relu","width":5,"shift":1}"#;
    assert!(matches!(fails(&layers(wide)), ModelError::Chain { layer: 1, expected: 4, found: 5 }));
}

#[test]
fn what_is_wrong_with_tensors_is_said() {
    let clamp = layers(r#"{"kind":"clamp","width":4,"shift":1,"bits":8}"#);
    let fails = |at: usize, tensor: (&'static str, Dtype, &'static [usize])| {
        let mut tensors = TENSORS;
        tensors[at] = tensor;
        file(&clamp, &tensors).unwrap_err()
    };
    for (at, shape) in [(0, &[1, 1, 2][..]), (0, &[1, 1, 2, 3]), (2, &[4, 2]), (3, &[3])] {
        let (name, dtype, _) = TENSORS[at];
        assert!(matches!(fails(at, (name, dtype, shape)), ModelError::WrongShape { .. }));
    }
    let error = fails(2, ("layers.2.weight", Dtype::I64, &[2, 4]));
    assert!(matches!(error, ModelError::WrongDtype { .. }));
    let error = fails(1, ("layers.1.bias", Dtype::I64, &[1]));
    assert!(matches!(error, ModelError::UnknownTensor { .. }));
    assert!(matches!(file(&clamp, &TENSORS[1..]).unwrap_err(), ModelError::MissingTensor { .. }));
}

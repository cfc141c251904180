//! The expansion of every shape in `tests/shapes.rs`, `tests/shapes/` and `tests/robust/generics.rs`,
//! where they also compile and run, against `snapshots/`. After a deliberate change: `SNAPSHOTS=overwrite cargo test -p fusion-macros`.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item};

#[test]
fn expansions_are_the_recorded_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests = root.join("../tests");
    let files = fs::read_dir(tests.join("shapes")).unwrap().map(|file| file.unwrap().path());
    let others = [tests.join("shapes.rs"), tests.join("robust/generics.rs")];
    let mut files: Vec<_> = files.chain(others).collect();
    files.sort();
    let mut changed = Vec::new();
    let mut count = 0;
    for file in files {
        let items = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap().items;
        // Each module is a shape, and so is what stands outside of modules.
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let modules = items.iter().filter_map(|item| match item {
            Item::Mod(module) => Some((module.ident.to_string(), module.content.clone()?.1)),
            _ => None,
        });
        let shapes: Vec<(String, Vec<Item>)> = modules.chain([(name, items.clone())]).collect();
        for (name, items) in shapes {
            let expansion: TokenStream = items.into_iter().filter_map(expand).collect();
            if expansion.is_empty() {
                continue;
            }
            let text = prettyplease::unparse(&syn::parse2(expansion).unwrap());
            let path = root.join("snapshots").join(format!("{name}.rs"));
            if env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
                fs::write(&path, &text).unwrap();
            }
            if fs::read_to_string(&path).unwrap_or_default() != text {
                changed.push(format!("{}:\n{text}", path.display()));
            }
            count += 1;
        }
    }
    assert!(count >= 20, "only {count} shapes were found");
    assert!(changed.is_empty(), "not as recorded: {}", changed.join("\n"));
}

/// The item with its `#[fusion::harden]` applied; nothing if it has none.
fn expand(mut item: Item) -> Option<TokenStream> {
    let attrs = match &mut item {
        Item::Struct(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        _ => return None,
    };
    let harden = |attr: &Attribute| attr.path().to_token_stream().to_string() == "fusion :: harden";
    let attr = attrs.remove(attrs.iter().position(harden)?);
    let args = match attr.meta {
        syn::Meta::List(list) => list.tokens,
        _ => quote!(),
    };
    Some(crate::harden_tokens(args, item.into_token_stream()))
}

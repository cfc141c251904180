//! The expansion of every shape in `tests/shapes.rs`, where they also compile and run, against
//! `snapshots/`. After a deliberate change: `SNAPSHOTS=overwrite cargo test -p fusion-macros`.

use std::{env, fs, path::Path};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Item};

#[test]
fn expansions_are_the_recorded_ones() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shapes = fs::read_to_string(root.join("../tests/shapes.rs")).unwrap();
    let mut changed = Vec::new();
    let mut count = 0;
    for item in syn::parse_file(&shapes).unwrap().items {
        let Item::Mod(module) = item else { continue };
        let expansion: TokenStream =
            module.content.unwrap().1.into_iter().filter_map(expand).collect();
        let file = syn::parse2(expansion).unwrap();
        let text = prettyplease::unparse(&file);
        let path = root.join("snapshots").join(format!("{}.rs", module.ident));
        if env::var("SNAPSHOTS").is_ok_and(|mode| mode == "overwrite") {
            fs::write(&path, &text).unwrap();
        }
        if fs::read_to_string(&path).unwrap_or_default() != text {
            changed.push(format!("{}:\n{text}", path.display()));
        }
        count += 1;
    }
    assert!(count >= 5, "only {count} shapes were found");
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

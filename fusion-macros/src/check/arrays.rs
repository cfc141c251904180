//! ndarray's arrays in batch phases: the leading axis counts the slots.

use quote::format_ident;
use syn::{GenericArgument, Path, PathArguments, Type};

/// `ArrayK<T>` or `ArrayViewK<'_, T>`.
pub(super) struct Array<'a> {
    axes: u8,
    item: &'a Type,
    pub is_view: bool,
}

/// By how the type is written.
pub(super) fn array(ty: &Type) -> Option<Array<'_>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let name = last.ident.to_string();
    let rest = name.strip_prefix("Array")?;
    let (is_view, axes) = match rest.strip_prefix("View") {
        Some(axes) => (true, axes),
        None => (false, rest),
    };
    let axes = axes.parse().ok().filter(|axes| (1..=6).contains(axes))?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let item = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })?;
    Some(Array { axes, item, is_view })
}

impl Array<'_> {
    /// Whether the array is a row of plain values, one per slot.
    pub(super) fn is_flat(&self) -> bool {
        self.axes == 1
    }

    /// What belongs to one slot.
    pub(super) fn slot(&self, krate: &Path) -> Type {
        match self.axes {
            0 | 1 => self.item.clone(),
            axes => self.named(krate, axes.saturating_sub(1)),
        }
    }

    fn named(&self, krate: &Path, axes: u8) -> Type {
        let (name, item) = (format_ident!("Array{axes}"), self.item);
        syn::parse_quote!(#krate::__private::ndarray::#name<#item>)
    }
}

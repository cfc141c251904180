//! Stage 3: what has been checked, written down. Cannot fail.

mod call;
mod declaration;
mod protocol;
mod sides;
mod state;

pub(crate) use self::{
    declaration::{aliases, declaration},
    protocol::{inherent, protocol},
};

use proc_macro2::TokenStream;
use quote::quote;

/// What stands before every generated item: its lints are ours, not the user's.
fn quiet() -> TokenStream {
    quote! {
        #[automatically_derived]
        #[allow(
            unused_variables,
            unused_mut,
            unused_qualifications,
            unused_results,
            clippy::all,
            clippy::pedantic,
            clippy::nursery,
            clippy::restriction
        )]
    }
}

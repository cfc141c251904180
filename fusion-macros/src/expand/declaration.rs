use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{GenericParam, Generics, Path};

use super::{quiet, sides};
use crate::{parse::StructHalf, plan::Declaration};

/// `impl Declared`, and the aliases of client and server.
pub(crate) fn declaration(item: &StructHalf, declaration: &Declaration) -> TokenStream {
    let declared = declared(item, declaration);
    let parties = declaration.parties.as_ref();
    let parties = parties.map(|parties| sides::of_two(item, &declaration.krate, parties));
    let aliases = aliases(item, &declaration.krate);
    quote!(#declared #parties #aliases)
}

/// The same after mistakes: phases that do not pair up are no error here.
pub(crate) fn declaration_without_promises(
    item: &StructHalf,
    declaration: &Declaration,
) -> TokenStream {
    let declared = declared(item, declaration);
    let parties = declaration.parties.as_ref();
    let parties = parties.map(|parties| sides::of_unpaired(item, &declaration.krate, parties));
    let aliases = aliases(item, &declaration.krate);
    quote!(#declared #parties #aliases)
}

fn declared(item: &StructHalf, declaration: &Declaration) -> TokenStream {
    let krate = &declaration.krate;
    let soundness = &declaration.soundness;
    let batch = declaration.batch.as_ref().map(|batch| {
        let (queries, copies, checks) = (&batch.queries, &batch.copies, &batch.checks);
        let slack = batch.slack.as_ref().map_or(quote!(0), ToTokens::to_token_stream);
        quote!(.batch(#queries, #copies, #checks, #slack))
    });
    let risks = declaration.risks.iter().map(|risk| {
        let method = format_ident!("{}", risk.key);
        let [over, under] =
            [risk.ratio.numerator(), risk.ratio.denominator()].map(Literal::u64_unsuffixed);
        quote!(.#method(#over, #under))
    });
    let privacy = declaration.privacy.as_ref().map(|word| {
        let variant = match word.to_string().as_str() {
            "malicious" => quote!(Malicious),
            "semi_honest" => quote!(SemiHonest),
            _ => quote!(Public),
        };
        quote!(.privacy(#krate::Privacy::#variant))
    });
    let executions = declaration.executions.as_ref().map(|word| {
        let variant = if word == "isolated" { quote!(Isolated) } else { quote!(Linked) };
        quote!(.executions(#krate::Executions::#variant))
    });
    let assumes = declaration.assumes.as_ref().map(|text| quote!(.assumes(#text)));
    let (generics, arguments, bounds) = item.generics.split_for_impl();
    let name = &item.ident;
    let quiet = quiet();
    quote! {
        #quiet
        impl #generics #krate::Declared for #name #arguments #bounds {
            const DECLARATION: #krate::Declaration =
                #krate::Declaration::new(#soundness) #(#risks)* #batch #privacy #executions #assumes;
        }
    }
}

fn aliases(item: &StructHalf, krate: &Path) -> TokenStream {
    let (_, arguments, _) = item.generics.split_for_impl();
    let (vis, name, params) = (&item.vis, &item.ident, unbound(&item.generics));
    let of = |party: &str, does: &str| {
        let alias = format_ident!("{name}{party}");
        let target = format_ident!("{party}");
        let doc = format!("The hardened {} of [`{name}`]: {does}.", party.to_lowercase());
        quote! {
            #[doc = #doc]
            #vis type #alias #params = #krate::#target<#name #arguments>;
        }
    };
    let client = of("Client", "mixes queries with checks and gives verified answers");
    let server = of("Server", "runs the protocol on whatever the client sends");
    quote!(#client #server)
}

/// Parameters as an alias takes them: without bounds.
fn unbound(generics: &Generics) -> TokenStream {
    let params = generics.params.iter().map(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.to_token_stream(),
        GenericParam::Type(param) => {
            let (name, default) = (&param.ident, &param.default);
            let default = default.as_ref().map(|(_, default)| quote!(= #default));
            quote!(#name #default)
        }
        other => other.to_token_stream(),
    });
    if generics.params.is_empty() { TokenStream::new() } else { quote!(<#(#params),*>) }
}

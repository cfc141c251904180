//! Rules on the struct half: the security parameters.

use fusion_soundness::{Demands, Judgement, Missed, judge};
use proc_macro2::Span;
use syn::{LitInt, Type};

use super::{
    Errors, IDENTITY_KEYS, IMPL_KEYS, STRUCT_KEYS, hooks, in_range, keys::Keys, krate, risk, types,
};
use crate::{
    parse::{Entries, StructHalf},
    plan::{Declaration, FixedBatch, Parties, Risk},
};

/// No security means anything beyond.
const MAX_SOUNDNESS: u32 = 256;
/// The macro runs without optimisation, and its time grows with the slack.
const MAX_SLACK: usize = 2000;

const SOUNDNESS: &str = "write `soundness = 40`, the bits of statistical security against a server \
    that tampers with executions";

const PRIVACY: &str = "what does the base protocol keep from the server? Write
  privacy = malicious    its view is independent of the client's input, whatever it sends:
                         a key of the client's, oblivious transfers with malicious security
  privacy = semi_honest  the input is hidden from a server that follows the rules alone;
                         one that deviates may learn it, hardened or not
  privacy = public       it sees the input: a toy, or a client that wants nothing but
                         right answers";

const EXECUTIONS: &str = "can a server make one execution depend on another? Write
  executions = isolated  nothing that it can do makes an answer depend on what another execution
                         holds: a key, a garbling, a triple or a pad per execution
  executions = linked    it can compute on the hidden inputs of several executions: one
                         encryption key for all, several slots in one ciphertext";

/// The struct half. After mistakes, what is known of it.
pub(crate) fn declaration(item: &StructHalf, entries: Entries, errors: &mut Errors) -> Declaration {
    let krate = krate(&entries.list);
    super::once(&item.again, errors);
    let two = entries.list.iter().any(|entry| entry.key == "client" || entry.key == "server");
    let known =
        if two { [&STRUCT_KEYS[..], &IDENTITY_KEYS[..]].concat() } else { STRUCT_KEYS.to_vec() };
    let elsewhere = |key: &str| match key {
        key if hooks::KEYS.contains(&key) => {
            Some("on the `impl` block that holds the client's phases")
        }
        key => IMPL_KEYS.contains(&key).then_some("on the `impl` block that holds the phases"),
    };
    let keys = Keys::read(entries, &known, &[], elsewhere, errors);
    keys.path("crate", errors);
    let parties = if two { parties(item, &keys, errors) } else { None };
    missing(item, &keys, errors);
    let soundness = at_least_one(&keys, "soundness", errors);
    if let Some(bits) = &soundness
        && bits.base10_parse::<u32>().is_ok_and(|bits| bits > MAX_SOUNDNESS)
    {
        errors.push(bits, "a soundness above 256 bits means nothing; 40 to 80 is usual");
    }
    let risks = risk::read(&keys, errors);
    let batch = fixed_batch(&keys, errors);
    if let (Some(batch), Some(soundness)) = (&batch, &soundness) {
        check_batch(batch, soundness, &risks, errors);
    }
    let privacy = keys.word("privacy", &["malicious", "semi_honest", "public"], errors);
    let executions = keys.word("executions", &["isolated", "linked"], errors);
    let assumes = keys.string("assumes", "..", errors);
    let soundness = soundness.unwrap_or_else(|| LitInt::new("1", Span::call_site()));
    Declaration { krate, soundness, risks, batch, privacy, executions, assumes, parties }
}

/// What has no default: how sure, and what nobody but the author knows about the base protocol.
fn missing(item: &StructHalf, keys: &Keys, errors: &mut Errors) {
    for (key, explanation) in
        [("soundness", SOUNDNESS), ("privacy", PRIVACY), ("executions", EXECUTIONS)]
    {
        if !keys.may_have(key) {
            errors.push(&item.ident, format!("`{key}` is missing: {explanation}"));
        }
    }
}

/// Which structs the parties are; the one that is not said is the struct itself.
fn parties(item: &StructHalf, keys: &Keys, errors: &mut Errors) -> Option<Parties> {
    let name = &item.ident;
    let (_, arguments, _) = item.generics.split_for_impl();
    let itself: Type = syn::parse_quote!(#name #arguments);
    let [client, server] = ["client", "server"].map(|key| {
        let ty = keys.ty(key, errors);
        let is_itself = ty.as_ref().is_some_and(|ty| types::same(ty, &itself));
        if let Some(ty) = ty.as_ref().filter(|_| is_itself) {
            errors.push(
                ty,
                format!(
                    "a party that is not said is `{name}` itself: leave `{key}` out (and both, if \
                     one `impl` holds the phases of both)"
                ),
            );
        }
        // Given, but not as it should be.
        if is_itself || (ty.is_none() && keys.get(key).is_some()) { None } else { Some(ty) }
    });
    let identity = super::identity::identity(keys, &itself, None, errors);
    Some(Parties { client: client?, server: server?, identity })
}

fn fixed_batch(keys: &Keys, errors: &mut Errors) -> Option<FixedBatch> {
    let [queries, copies] = ["queries", "copies"].map(|key| at_least_one(keys, key, errors));
    let [checks, slack] = ["checks", "slack"].map(|key| in_range(keys, key, errors));
    const NEEDED: [&str; 3] = ["queries", "copies", "checks"];
    let given = |key: &&str| keys.get(key).is_some();
    if let (Some(present), Some(absent)) = (
        ["slack", "queries", "copies", "checks"].iter().find_map(|key| keys.get(key)),
        NEEDED.iter().find(|key| !given(key)),
    ) {
        errors.push(
            &present.key,
            format!(
                "`{absent}` is missing: `queries`, `copies` and `checks` fix the batch together; \
                 leave all out to choose at run time"
            ),
        );
    }
    Some(FixedBatch { queries: queries?, copies: copies?, checks: checks?, slack })
}

/// The bounds themselves, in whole numbers: what is too weak does not compile.
fn check_batch(batch: &FixedBatch, soundness: &LitInt, risks: &[Risk], errors: &mut Errors) {
    let number = |literal: &LitInt| literal.base10_parse::<usize>().unwrap_or_default();
    let (queries, copies) = (number(&batch.queries), number(&batch.copies));
    let (checks, slack) = (number(&batch.checks), batch.slack.as_ref().map_or(0, number));
    let Ok(bits) = soundness.base10_parse::<u32>() else { return };
    if queries == 0 || copies == 0 || bits > MAX_SOUNDNESS {
        return;
    }
    if let (Some(literal), true) = (&batch.slack, slack > MAX_SLACK) {
        errors.push(
            literal,
            format!(
                "a slack above {MAX_SLACK} takes too long to check while compiling; leave \
                 `queries`, `copies`, `checks` and `slack` out, and the policy checks it at run time"
            ),
        );
        return;
    }
    let demands = Demands::new(bits).risk(risk::targets(risks));
    match judge(queries, copies, checks, slack, &demands) {
        Ok(Judgement::Sound(_)) => {}
        Ok(Judgement::Weak(weakness)) => {
            // Against blind tampering copies are what helps, against other servers checks.
            let is_blind = |missed| matches!(missed, Missed::Soundness { .. });
            let at = if weakness.missed().any(is_blind) { &batch.copies } else { &batch.checks };
            errors.push(at, weakness);
        }
        Err(error) => {
            let slack = batch.slack.as_ref().filter(|_| slack > checks);
            errors.push(slack.unwrap_or(&batch.queries), error);
        }
    }
}

fn at_least_one(keys: &Keys, key: &str, errors: &mut Errors) -> Option<LitInt> {
    let number = in_range(keys, key, errors)?;
    if number.base10_parse::<u32>().is_ok_and(|value| value == 0) {
        errors.push(&number, format!("`{key}` must be at least 1"));
    }
    Some(number)
}

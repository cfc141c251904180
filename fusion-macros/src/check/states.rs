//! What phases leave for later phases of the same party.

use quote::ToTokens;
use syn::{Generics, Ident, Type};

use super::{Errors, phases::Draft, types};
use crate::plan::{By, Stage, State};

/// What a phase returned.
pub(crate) struct Kept {
    pub value: Option<Type>,
    pub generics: Generics,
    /// Its place in the party's state, once a later phase reads it.
    pub index: Option<usize>,
    pub(super) method: Ident,
    pub(super) stage: Stage,
    runs_once: bool,
    column: bool,
    /// Whether a phase that runs per slot has all slots' values: then no other has only its own.
    is_whole: bool,
    taken_by: Option<Ident>,
}

impl Kept {
    pub(crate) fn new(draft: &Draft, value: Option<Type>) -> Self {
        Self {
            value,
            generics: draft.generics.clone(),
            index: None,
            method: draft.method.clone(),
            stage: draft.stage,
            runs_once: draft.runs_once(),
            column: !draft.runs_once(),
            is_whole: false,
            taken_by: None,
        }
    }

    /// Whether a parameter of this type can take this value, now that the marker says that it
    /// takes some: also `&[T]` of a `Vec<T>` and `&str` of a `String`.
    pub(crate) fn lends(&self, by: By, ty: &Type, consumer_runs_once: bool) -> bool {
        let is_one = if self.runs_once { !self.column } else { !consumer_runs_once };
        self.fits(by, ty, consumer_runs_once)
            || by != By::Value
                && is_one
                && self.value.as_ref().is_some_and(|value| types::derefs(value, ty))
    }

    /// Whether a parameter of this type means this value.
    pub(crate) fn fits(&self, by: By, ty: &Type, consumer_runs_once: bool) -> bool {
        let Some(value) = &self.value else { return false };
        match (self.runs_once, consumer_runs_once) {
            (false, false) => types::same(ty, value),
            (false, true) => is_all(by, ty, value),
            (true, true) => {
                let item = types::vec_item(value);
                types::same(ty, value) || item.is_some_and(|item| is_all(by, ty, item))
            }
            (true, false) => {
                !self.column && types::same(ty, value) || !self.is_whole && self.is_item(ty)
            }
        }
    }

    /// Gives the value its place in the state and checks that it can be handed over like this.
    pub(crate) fn hand_over(
        &mut self,
        by: By,
        ty: &Type,
        consumer: &Draft,
        next: usize,
        at: &Type,
        errors: &mut Errors,
    ) -> Option<usize> {
        if let Some(taker) = &self.taken_by {
            errors.push(
                at,
                format!(
                    "`{taker}` takes what `{}` returned by value, so nothing is left; take it by \
                     reference there",
                    self.method
                ),
            );
            return None;
        }
        if self.runs_once && !consumer.runs_once() {
            self.column |= !self.is_whole && self.is_item(ty);
            self.is_whole |= !self.column;
        }
        if by == By::Value {
            if self.stage == Stage::Setup && consumer.stage != Stage::Setup {
                errors.push(
                    at,
                    format!(
                        "`{}` runs once per connection and `{}` in every batch on it, so the value \
                         must stay; take it by reference",
                        self.method, consumer.method
                    ),
                );
                return None;
            }
            if !self.column && !consumer.runs_once() {
                errors.push(
                    at,
                    format!(
                        "`{}` runs once and `{}` for every slot, so they share the value; take it \
                         by reference",
                        self.method, consumer.method
                    ),
                );
                return None;
            }
            self.taken_by = Some(consumer.method.clone());
        }
        Some(*self.index.get_or_insert(next))
    }

    /// The container, if a later phase reads the value.
    pub(crate) fn state(&self) -> Option<State> {
        self.index?;
        let value = self.value.as_ref()?;
        let item = if self.runs_once && self.column { types::vec_item(value)? } else { value };
        Some(State {
            ty: item.to_token_stream(),
            column: self.column,
            from_setup: self.stage == Stage::Setup,
        })
    }

    /// The type, for messages.
    pub(crate) fn describe(&self) -> Option<String> {
        self.value.as_ref().map(types::shown)
    }

    /// A batched phase returns one value per slot: `Vec<T>`.
    fn is_item(&self, ty: &Type) -> bool {
        let item = self.value.as_ref().and_then(types::vec_item);
        self.stage != Stage::Setup && item.is_some_and(|item| types::same(ty, item))
    }
}

/// `&[T]`, `&mut [T]` or `Vec<T>`.
fn is_all(by: By, ty: &Type, item: &Type) -> bool {
    let of = if by == By::Value { types::vec_item(ty) } else { types::slice_item(ty) };
    of.is_some_and(|of| types::same(of, item))
}

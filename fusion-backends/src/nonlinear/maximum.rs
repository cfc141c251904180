//! The largest of some values, and which one it is: a tournament. Each of its levels takes the sign
//! of differences and selects.
//!
//! A difference wraps around like every other: the order is that of integers if all values are at
//! least -2^(l-2) and less than 2^(l-2), one bit short of what the ring holds.

#![allow(clippy::arithmetic_side_effects, reason = "counts are our own, and far from overflow")]

use std::io::{Read, Write};

use fusion_core::transcript::Role;

use super::Layers;
use super::error::{Fault, LayerError};
use super::lengths::{paired, runs};
use super::need::Need;
use super::shares::Shares;
use super::wire::{self, Outgoing};
use crate::ot::Width;

impl Need {
    /// Of [`Layers::max`] for so many groups.
    #[must_use]
    pub fn max(width: Width, group: usize, groups: usize) -> Self {
        pairs(group, groups).map(|pairs| Self::relu(width, pairs)).sum()
    }

    /// Of [`Layers::argmax`] for so many groups.
    #[must_use]
    pub fn argmax(width: Width, group: usize, groups: usize) -> Self {
        pairs(group, groups).map(|pairs| Self::relu(width, pairs) + Self::select(pairs)).sum()
    }
}

/// Members of a group that are left at each level, until there is one.
fn levels(group: usize) -> impl Iterator<Item = usize> {
    std::iter::successors(Some(group), |left| Some(left.div_ceil(2))).take_while(|left| *left > 1)
}

/// Pairs that are compared at each level, of all groups.
fn pairs(group: usize, groups: usize) -> impl Iterator<Item = usize> {
    levels(group).map(move |members| (members / 2).saturating_mul(groups))
}

/// The ring in which a label among so many fits.
fn label_width(labels: usize) -> Result<Width, Fault> {
    let last = labels.checked_sub(1).ok_or(Fault::Internal("a label among none"))?;
    let bits = usize::BITS - last.leading_zeros();
    Width::new(bits.max(1)).ok_or(Fault::Internal("a label of more than 64 bits"))
}

impl<S: Read + Write> Layers<'_, S> {
    /// The largest value of each group of so many neighbours.
    ///
    /// # Errors
    ///
    /// [`LayerError`]: the values do not make whole groups, too little is prepared, the connection
    /// failed, or the peer's message is malformed.
    pub fn max(&mut self, group: usize, values: &Shares) -> Result<Shares, LayerError> {
        let groups = groups("maximum", group, values)?;
        let (need, within) = (Need::max(values.width(), group, groups), values.width());
        self.layer("maximum", need, |layers| Ok(layers.tournament(group, within, values, None)?.0))
    }

    /// Which value of each group of so many neighbours is the largest, counted from 0; the first one
    /// wins a tie. Shares in the smallest ring that holds it, of unsigned numbers.
    ///
    /// # Errors
    ///
    /// As [`max`](Self::max).
    pub fn argmax(&mut self, group: usize, values: &Shares) -> Result<Shares, LayerError> {
        let groups = groups("argmax", group, values)?;
        let need = Need::argmax(values.width(), group, groups);
        self.layer("argmax", need, |layers| layers.places(group, values))
    }

    /// The label of each group at the client: which value is the largest. `None` at the server. The
    /// client learns no more than that: of each label the server sends its share, and before that
    /// only what is uniform.
    ///
    /// A server that deviates can make a label that does not exist. That is a `None` among the
    /// labels, a wrong answer like others, and no error: whether it happens depends on the label, and
    /// the server would see an error.
    ///
    /// # Errors
    ///
    /// As [`max`](Self::max).
    pub fn label(
        &mut self,
        group: usize,
        values: &Shares,
    ) -> Result<Option<Vec<Option<usize>>>, LayerError> {
        let groups = groups("label", group, values)?;
        let need = Need::argmax(values.width(), group, groups);
        self.layer("label", need, |layers| {
            let labels = layers.places(group, values)?;
            let label = |place| usize::try_from(place).ok().filter(|place| *place < group);
            let opened = layers.open_to_client(&labels)?;
            Ok(opened.map(|places| places.into_iter().map(label).collect()))
        })
    }

    /// Opens values to the client, as signed numbers. `None` at the server.
    ///
    /// # Security
    ///
    /// The client learns all of them: logits tell more about a model than a label does.
    ///
    /// # Errors
    ///
    /// [`LayerError`]: the connection failed, or the peer's message is malformed.
    pub fn reveal(&mut self, values: &Shares) -> Result<Option<Vec<i64>>, LayerError> {
        self.layer("opening", Need::default(), |layers| {
            let opened = layers.open_to_client(values)?;
            let signed = |value| values.width().signed(value);
            Ok(opened.map(|opened| opened.into_iter().map(signed).collect()))
        })
    }

    fn places(&mut self, group: usize, values: &Shares) -> Result<Shares, Fault> {
        let width = label_width(group)?;
        let client = self.material.role() == Role::Client;
        let place = |at: usize| if client { (at % group) as u64 } else { 0 };
        let places = Shares::new(width, (0..values.len()).map(place));
        let (_, places) = self.tournament(group, values.width(), values, Some(places))?;
        places.ok_or(Fault::Internal("a tournament lost the places"))
    }

    /// The largest of each group, and what goes with it. Differences of values fit the ring `within`.
    pub(super) fn tournament(
        &mut self,
        group: usize,
        within: Width,
        values: &Shares,
        places: Option<Shares>,
    ) -> Result<(Shares, Option<Shares>), Fault> {
        let (mut values, mut places) = (values.gather(0..values.len()), places);
        for members in levels(group) {
            let all = values.len();
            let left = |at: &usize| (at % members).is_multiple_of(2) && at % members + 1 < members;
            let first = |shares: &Shares| shares.gather((0..all).filter(left));
            let second = |shares: &Shares| shares.gather((0..all).filter(left).map(|at| at + 1));
            let difference = first(&values).minus(&second(&values));
            let negative = self.sign(difference.reduced(within, &mut None))?;
            let keep = self.not(&negative);
            let next = |shares: &Shares, selected: &Shares| {
                let winners = second(shares).plus(selected);
                // Who has no partner goes on.
                let odd =
                    (0..all).filter(|at| !members.is_multiple_of(2) && at % members == members - 1);
                interleave(winners, members / 2, &shares.gather(odd))
            };
            if let Some(of) = &mut places {
                let of_places = first(of).minus(&second(of));
                let [larger, place] = self.select([(&keep, &difference), (&keep, &of_places)])?;
                (values, *of) = (next(&values, &larger)?, next(of, &place)?);
            } else {
                let [larger] = self.select([(&keep, &difference)])?;
                values = next(&values, &larger)?;
            }
        }
        Ok((values, places))
    }

    fn open_to_client(&mut self, values: &Shares) -> Result<Option<Vec<u64>>, Fault> {
        if self.material.role() == Role::Server {
            let mut outgoing = Outgoing::default();
            outgoing.numbers(values.width(), values.values());
            outgoing.send(self.stream)?;
            return Ok(None);
        }
        let theirs = wire::numbers(self.stream, values.width(), values.len())?;
        let opened = paired(&theirs, values.values())?;
        Ok(Some(opened.map(|(a, b)| a.wrapping_add(*b) & values.width().mask()).collect()))
    }
}

fn groups(layer: &'static str, group: usize, values: &Shares) -> Result<usize, LayerError> {
    match values.len().checked_div(group) {
        Some(groups) if groups * group == values.len() => Ok(groups),
        _ => Err(LayerError::Shape { layer, reason: "the values do not make whole groups" }),
    }
}

/// `run` of `many`, then one of `few`, and so on; `many` alone if there are no `few`.
fn interleave(many: Shares, run: usize, few: &Shares) -> Result<Shares, Fault> {
    if few.is_empty() {
        return Ok(many);
    }
    let runs = paired(runs(many.values(), run, few.len())?, few.values())?;
    let values = runs.flat_map(|(run, last)| run.iter().chain([last]).copied());
    Ok(Shares::new(many.width(), values))
}

//! What the user sees: progress on stderr, results on stdout.

use std::{iter, time::Duration};

use fusion::{Observer, Phase, Rejection, Report};
use fusion_backends::additive::Dealt;
use indicatif::{ProgressBar, ProgressStyle};

use crate::data::{DARKEST, Data, Image, SIDE};

/// One bar per phase, gone when the phase is over; nothing if stderr is not a terminal.
#[derive(Default)]
pub(crate) struct Progress(Option<ProgressBar>);

impl Observer for Progress {
    fn phase(&mut self, phase: &Phase, calls: usize) {
        self.clear();
        let template = if calls > 1 {
            "{spinner} {msg} [{bar:30}] {pos}/{len} executions, {elapsed}"
        } else {
            "{spinner} {msg}, {elapsed}"
        };
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(calls as u64).with_style(style).with_message(phase.to_string());
        bar.enable_steady_tick(Duration::from_millis(100));
        self.0 = Some(bar);
    }

    fn call_done(&mut self) {
        self.0.iter().for_each(|bar| bar.inc(1));
    }
}

impl Progress {
    fn clear(&mut self) {
        self.0.take().iter().for_each(ProgressBar::finish_and_clear);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// The first digits as pictures, then each answer next to the truth.
pub(crate) fn answers(queries: &[Image], answers: impl Iterator<Item = Option<usize>>) {
    const PICTURES: usize = 4;
    pictures(queries.get(..PICTURES).unwrap_or(queries));
    println!("\n  query  answer  truth");
    let mut right = 0;
    for (index, (image, answer)) in iter::zip(queries, answers).enumerate() {
        let differs = if answer == Some(image.label) { "" } else { "  <- the model is wrong" };
        right += usize::from(differs.is_empty());
        let digit = answer.map_or_else(|| "-".into(), |digit| digit.to_string());
        println!("  {index:>5}  {digit:>6}  {:>5}{differs}", image.label);
    }
    println!("\n{right} of {} answers are the right digit.", queries.len());
}

/// Side by side, two characters a pixel.
fn pictures(images: &[Image]) {
    const SHADES: [&str; 6] = ["  ", "..", "::", "++", "##", "@@"];
    let darkest = SHADES.len() - 1;
    for row in 0..SIDE {
        let mut line = String::new();
        for image in images {
            let pixels = image.pixels.iter().skip(row * SIDE).take(SIDE);
            let shades = pixels.map(|&pixel| {
                let shade = usize::try_from(pixel * darkest as i64 / DARKEST).unwrap_or(0);
                SHADES.get(shade).copied().unwrap_or_default()
            });
            line.push_str("  ");
            line.extend(shades);
        }
        println!("{}", line.trim_end());
    }
}

/// How good the reference model is: the bound on what an honest server can do.
pub(crate) fn model(data: &Data) {
    let right = data.checks.iter().filter(|image| image.is_recognised()).count();
    println!(
        "The reference model answers {right} of {} check images with the right digit. The checks\n\
         compare with its exact answers, so an honest server passes all of them.",
        data.checks.len()
    );
}

/// Swapped executions that go unnoticed were two copies of one digit.
pub(crate) fn harmless() {
    println!(
        "The server misbehaved, but changed no answer: it mixed up two copies of the same digit."
    );
}

/// What a dealer sent: neither party's costs contain it.
pub(crate) fn dealt(dealt: &Dealt) {
    let Dealt { to_client, to_server } = dealt;
    println!(
        "Dealer's side, not in the tables above\n  sent {to_client} B to the client and \
         {:.1} MB to the server, before the digits were known\n",
        *to_server as f64 / 1e6
    );
}

/// What a rejection means, and what to do now.
pub(crate) fn rejection(reason: &Rejection, report: &Report) {
    println!("REJECTED: {reason}\n");
    println!("  {}\n", meaning(reason));
    println!(
        "  No answer is released: not even those that look right can be trusted. Do not ask the\n  \
         same digits of this server again: that you do tells it your verdict, and with it one bit\n  \
         about your digits. Take another server.\n"
    );
    println!("{report}");
}

/// What it means that a run ended before the verdict, and what to do now.
pub(crate) fn early_end(why: &str) {
    println!("ENDED EARLY: {why}\n");
    println!(
        "  The server sent what no honest server sends. It may have chosen when, so do not ask the same\n  \
         digits of this server again. No answer is released. Take another server.\n"
    );
}

fn meaning(reason: &Rejection) -> &'static str {
    match reason {
        Rejection::Disagreement { .. } => {
            "Copies of one digit got different answers. An honest server answers the same each time."
        }
        Rejection::Accuracy(_) => {
            "Check images did not get the answers that the promised model gives: this is another\n  \
             model, or some of its answers were changed."
        }
        Rejection::Transcript { .. } => {
            "Someone changed messages on their way, or the server says that it sent something else."
        }
        _ => "Over many batches, the checks say that the server is worse than it claims.",
    }
}

//! What the user sees: a table, and a plot beside the peers.

use std::{fmt::Write as _, fs, path::Path};

use fusion_backends::model::{LayerShape, PoolShape};
use plotters::prelude::*;

use crate::{
    Link, Result,
    child::{Cost, Layer, Linear, Run},
    networks::Which,
};

pub(crate) const ABOUT: &str = "\
Client and server are two processes on one machine and share its cores. Times are the client's, of the
second run (weights are prepared once, before: the column says how long that took; transformed ones take
up to 4 GiB). Setup is once for a connection. Bytes are both ways, with frames. MiB are the peaks of both
processes. A plain run has no guarantee against a server that deviates; a hardened one has 2^-40, and
`executions` says how many it pays. Labels equal the reference's. The LAN (3 Gbit/s, 0.3 ms round trip)
and the WAN (400 Mbit/s, 40 ms) are emulated.
";

const PEERS_ABOUT: &str = "\
Beside our plain runs over the loopback, on two cores shared by both parties. SPU 0.9.5 (Cheetah, 64 bits)
ran on the same machine and day, its second run counts; OpenCheetah and MP-SPDZ's MASCOT ran on
such a machine at another time. SPU and OpenCheetah are semi-honest and approximate; MASCOT is secure against
malicious parties.
";

const TAX_ABOUT: &str = "\
A batch with soundness 40, and as many plain executions in one batch after it: single runs, so times of the
same work differ by a tenth. The exact tax is in the bytes; `cargo xtask bench` measures that of time.
";

const LAYERS_ABOUT: &str = "\
# Private inference, layer by layer

`cargo xtask bench-inference` writes this page: one query over the loopback, online. Ring: results are in
Z_2^l with this l. Set: the parameters of the encryption. Path: how weights are multiplied
([linear layers](linear.md) explains all three). Hiding: to how many bits the weights are hidden from the
client, statistically, in one use. Margin: by how many bits the noise could be larger in the worst case,
and the result still be right. Times are the client's, waiting for the server included.
";

pub(crate) const HEADER: &str = "\
| network | queries | link | executions | setup s | offline s | online s | s per query | MB setup | MB offline | MB online | MB per query | rounds | hiding bits | weights s | MiB client, server |
| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// One run.
pub(crate) fn row(run: &Run) -> String {
    let Run { job, executions, setup, offline, online, prepare, peak, .. } = run;
    let hiding = run.linear.iter().fold(f64::INFINITY, |least, layer| least.min(layer.hiding));
    let queries = job.slots as f64;
    let kind = if job.hardened { "hardened" } else { "plain" };
    let megabytes = |cost: &Cost| cost.bytes / 1e6;
    format!(
        "| {} {kind} | {} | {} | {executions} | {:.2} | {:.3} | {:.3} | {:.4} | {:.2} | {:.2} | {:.2} | {:.3} | {} | {hiding:.1} | {prepare:.2} | {:.0}, {:.0} |",
        job.network.name(),
        job.slots,
        job.link.name(),
        setup.seconds,
        offline.seconds,
        online.seconds,
        run.seconds() / queries,
        megabytes(setup),
        megabytes(offline),
        megabytes(online),
        run.bytes() / 1e6 / queries,
        offline.rounds + online.rounds,
        peak[0],
        peak[1],
    )
}

impl Run {
    /// Offline and online.
    fn seconds(&self) -> f64 {
        self.offline.seconds + self.online.seconds
    }

    fn bytes(&self) -> f64 {
        self.offline.bytes + self.online.bytes
    }
}

/// The plain run of so many executions, if there is one.
fn plain(runs: &[Run], network: Which, link: Link, executions: usize) -> Option<&Run> {
    runs.iter().find(|Run { job, executions: count, .. }| {
        (job.network, job.link, *count) == (network, link, executions) && !job.hardened
    })
}

/// Hardened batches beside as many plain executions.
pub(crate) fn tax(runs: &[Run]) -> String {
    let mut text = String::from(
        "| network | link | queries | executions | s per query | MB per query | time, over plain | bytes, over plain |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for run in runs.iter().filter(|run| run.job.hardened) {
        let plain = plain(runs, run.job.network, run.job.link, run.executions);
        let Some(plain) = plain else { continue };
        let queries = run.job.slots as f64;
        let _ = writeln!(
            text,
            "| {} | {} | {queries} | {} | {:.4} | {:.3} | {:.3} | {:.5} |",
            run.job.network.name(),
            run.job.link.name(),
            run.executions,
            run.seconds() / queries,
            run.bytes() / 1e6 / queries,
            run.seconds() / plain.seconds(),
            run.bytes() / plain.bytes(),
        );
    }
    text
}

/// Kinds of layers of each network, online: seconds and bytes of all layers of a kind.
pub(crate) fn kinds(runs: &[Run]) -> String {
    let mut text = String::from(
        "| network | queries | link | kind of layer | layers | online s | MB online |\n\
         | --- | ---: | --- | --- | ---: | ---: | ---: |\n",
    );
    let plain = runs.iter().filter(|run| run.job.link == Link::Loopback && !run.layers.is_empty());
    for run in plain {
        let mut kinds: Vec<(&String, usize, Cost)> = Vec::new();
        for Layer { kind, cost, .. } in &run.layers {
            let at = kinds.iter().position(|(other, ..)| *other == kind).unwrap_or_else(|| {
                kinds.push((kind, 0, Cost::default()));
                kinds.len() - 1
            });
            let (_, count, sum) = &mut kinds[at];
            *count += 1;
            sum.seconds += cost.seconds;
            sum.bytes += cost.bytes;
        }
        for (kind, count, Cost { seconds, bytes, .. }) in kinds {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {kind} | {count} | {seconds:.3} | {:.3} |",
                run.job.network.name(),
                run.job.slots,
                run.job.link.name(),
                bytes / 1e6
            );
        }
    }
    text
}

/// Every layer of each network for one query, online, with what protects the linear ones.
pub(crate) fn layers(runs: &[Run]) -> String {
    let mut text = String::from(
        "| network | layer | kind | what | ring | set | path | hiding, bits | margin, bits | online ms | MB online |\n\
         | --- | ---: | --- | --- | ---: | --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    let single = |run: &&Run| run.job.link == Link::Loopback && run.executions == 1;
    for run in runs.iter().filter(single) {
        let architecture = run.job.network.architecture();
        let nodes = architecture.nodes();
        for Layer { layer, kind, cost } in &run.layers {
            let what = nodes.get(*layer).map_or_else(String::new, |node| what(&node.layer));
            let linear = run.linear.iter().find(|linear| linear.layer == *layer);
            let linear = linear.map_or_else(
                || " | | | |".into(),
                |Linear { words, hiding, margin, .. }| {
                    format!("{} | {hiding:.1} | {margin:.1}", words.join(" | "))
                },
            );
            let _ = writeln!(
                text,
                "| {} | {layer} | {kind} | {what} | {linear} | {:.2} | {:.3} |",
                run.job.network.name(),
                cost.seconds * 1e3,
                cost.bytes / 1e6
            );
        }
    }
    text
}

/// The sizes of a layer, in short.
fn what(layer: &LayerShape) -> String {
    match layer {
        LayerShape::Dense { inputs, outputs } => format!("{inputs} to {outputs}"),
        LayerShape::Convolution(of) => {
            let [kernel, stride] = [of.kernel, of.stride];
            let [channels, outputs, height, width] = [of.channels, of.outputs, of.height, of.width];
            format!(
                "{kernel} x {kernel} / {stride}, {channels} to {outputs}, of {height} x {width}"
            )
        }
        LayerShape::MaxPool(of) | LayerShape::AveragePool(of) => {
            let PoolShape { channels, height, width, kernel, stride, .. } = of;
            format!("{kernel} x {kernel} / {stride}, {channels} of {height} x {width}")
        }
        _ => format!("{} values", layer.outputs()),
    }
}

/// What peers take, both parties together: name, network, queries, seconds, MB. All are semi-honest but
/// the last. SPU was measured on the same machine and day, the others on such a machine.
const PEERS: [(&str, Which, usize, f64, f64); 10] = [
    ("SPU", Which::Dnn784, 1, 0.305, 1.40),
    ("SPU", Which::Dnn784, 8, 0.701, 1.71),
    ("SPU", Which::Dnn784, 64, 0.860, 4.09),
    ("SPU", Which::Lenet5, 1, 0.577, 3.25),
    ("SPU", Which::Lenet5, 8, 1.372, 9.85),
    ("SPU", Which::Lenet5, 64, 8.32, 64.5),
    ("SPU", Which::Minionn, 1, 6.56, 28.9),
    ("OpenCheetah", Which::Squeezenet, 1, 45.4, 503.0),
    ("OpenCheetah", Which::Resnet50, 1, 143.7, 2380.0),
    ("MASCOT, malicious", Which::Dnn784, 1, 44.7, 8150.0),
];

/// The peers, with how many times as long and as many bytes they take as the plain runs beside them.
fn peers(runs: &[Run]) -> String {
    let mut text = String::from(
        "| peer | network | queries | s | MB | time, over ours | bytes, over ours |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (name, network, queries, seconds, megabytes) in PEERS {
        let over = plain(runs, network, Link::Loopback, queries).map_or_else(
            || " | ".into(),
            |run| {
                let bytes = megabytes * 1e6 / run.bytes();
                format!("{:.1} | {bytes:.2}", seconds / run.seconds())
            },
        );
        let _ = writeln!(
            text,
            "| {name} | {} | {queries} | {seconds} | {megabytes} | {over} |",
            network.name()
        );
    }
    text
}

/// Writes inference.md, layers of networks, and the plot.
pub(crate) fn write(folder: &Path, runs: &[Run], refused: &[String]) -> Result {
    let rows: Vec<String> = runs.iter().map(row).collect();
    let refused = refused.join("\n");
    let text = format!(
        "# Private inference, measured\n\n`cargo xtask bench-inference` writes this page and the plot.\n\n{ABOUT}\n\
         ![Seconds for a batch, beside the peers](inference.svg)\n\n{HEADER}\n{}\n\n\
         ## Peers\n\n{PEERS_ABOUT}\n{}\n\
         ## The tax of hardening\n\n{TAX_ABOUT}\n{}\n\
         ## What does not fit\n\nWith 6 GiB for a party, beside the weights:\n\n\
         | network | queries | refusal |\n| --- | ---: | --- |\n{refused}\n\n\
         ## Online, by kind of layer\n\n[Every layer](inference-layers.md) of each network, with what protects it.\n\n{}",
        rows.join("\n"),
        peers(runs),
        tax(runs),
        kinds(runs),
    );
    fs::write(folder.join("inference.md"), text)?;
    fs::write(folder.join("inference-layers.md"), format!("{LAYERS_ABOUT}\n{}", layers(runs)))?;
    plot(&folder.join("inference.svg"), runs)
}

/// Where the plot begins, in seconds.
const SHORTEST: f64 = 0.001;

/// Bars of seconds, on a logarithmic scale: runs on the loopback, each with the peers after it.
fn plot(path: &Path, runs: &[Run]) -> Result {
    let mut bars: Vec<(String, f64, RGBColor)> = Vec::new();
    let ours = runs.iter().filter(|run| run.job.link == Link::Loopback);
    for run in ours {
        let (network, queries) = (run.job.network, run.job.slots);
        let label = |who: &str| format!("{} x {queries}, {who}", network.name());
        if run.job.hardened {
            bars.push((label("hardened"), run.seconds(), RGBColor(0, 90, 181)));
            continue;
        }
        bars.push((label("plain"), run.seconds(), RGBColor(100, 160, 220)));
        for (name, of, count, seconds, _) in PEERS {
            if of == network && count == queries {
                bars.push((label(name), seconds, RGBColor(220, 130, 50)));
            }
        }
    }
    let largest = bars.iter().fold(1.0_f64, |largest, (_, seconds, _)| largest.max(*seconds));
    let height = u32::try_from(bars.len())? * 22 + 90;
    let area = SVGBackend::new(path, (900, height)).into_drawing_area();
    area.fill(&WHITE)?;
    let last = i32::try_from(bars.len())?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Seconds for a batch, offline and online, loopback", ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(260)
        .build_cartesian_2d((SHORTEST..largest * 2.0).log_scale(), (0..last).into_segmented())?;
    let name = |at: &SegmentValue<i32>| {
        let SegmentValue::CenterOf(at) = at else { return String::new() };
        let at = usize::try_from(last - 1 - at).ok();
        at.and_then(|at| bars.get(at)).map_or_else(String::new, |bar| bar.0.clone())
    };
    chart
        .configure_mesh()
        .disable_y_mesh()
        .y_labels(bars.len() + 1)
        .y_label_formatter(&name)
        .x_desc("seconds")
        .draw()?;
    chart.draw_series(bars.iter().zip((0..last).rev()).map(|((_, seconds, colour), at)| {
        let [low, high] = [at, at + 1].map(SegmentValue::Exact);
        let mut bar = Rectangle::new([(SHORTEST, low), (*seconds, high)], colour.filled());
        bar.set_margin(3, 3, 0, 0);
        bar
    }))?;
    area.present()?;
    Ok(())
}

//! Measures attacks against the theory: batches on the pure core (the real shuffle and verdict), for
//! every strategy that the theory covers, beside the exact probability of survival; and honest
//! servers, on the pure core and through a real backend. Writes docs/attacks.md and docs/attacks.svg.
//!
//!     cargo xtask attacks

use std::{error::Error, fmt::Write as _, fs, path::PathBuf, thread, time::Instant};

use clap::Parser;
use fusion::{
    AccuracyTargets, Check, Client, Connection, Parameters, Policy, Server,
    testing::{Ending, Strategy, simulate},
};
use fusion_backends::{
    additive::Additive,
    conformance::Backend,
    model::{Architecture, LayerShape, Model},
};
use indicatif::ProgressBar;
use plotters::prelude::*;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// Attacks on the pure core, against their exact probabilities.
#[derive(Parser)]
struct Options {
    /// Simulated batches for each strategy in each setting
    #[arg(long, default_value_t = 1_000_000)]
    batches: u64,

    /// Honest batches through the backend `additive`
    #[arg(long, default_value_t = 1000)]
    honest: u64,

    /// Where attacks.md and attacks.svg go
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/docs"))]
    out: PathBuf,
}

/// Queries, copies, checks, slack: bounds on blind tampering from 2^-2 to 2^-12.
const SETTINGS: [[usize; 4]; 10] = [
    [1, 2, 2, 0],
    [2, 1, 6, 0],
    [2, 2, 3, 1],
    [3, 2, 4, 0],
    [2, 3, 4, 1],
    [2, 3, 4, 0],
    [4, 3, 6, 1],
    [2, 4, 6, 0],
    [3, 4, 8, 0],
    [2, 5, 6, 0],
];

/// Two ways to spend about as many executions: 42 bits against blind tampering, or many checks.
const BALANCE: [[usize; 4]; 2] = [[16, 9, 8, 0], [16, 2, 100, 0]];

/// One strategy in one setting.
struct Row {
    batch: Parameters,
    strategy: Strategy,
    batches: u64,
    survived: u64,
    exact: f64,
}

impl Row {
    fn observed(&self) -> f64 {
        self.survived as f64 / self.batches as f64
    }

    /// Wilson's interval at 99.9%.
    fn interval(&self) -> (f64, f64) {
        const Z: f64 = 3.290_526_731;
        let (n, p) = (self.batches as f64, self.observed());
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        ((middle - half).max(0.0), middle + half)
    }

    fn agrees(&self) -> bool {
        let (low, high) = self.interval();
        (low..=high).contains(&self.exact)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let start = Instant::now();
    let rows = attacks(options.batches)?;
    let pure = honest_on_the_core(options.batches.div_ceil(10))?;
    let backend = honest_through_a_backend(options.honest)?;

    let agree = rows.iter().filter(|row| row.agrees()).count();
    println!(
        "{agree} of {} observed rates contain the exact probability in their 99.9% interval",
        rows.len()
    );
    println!("{pure}\n{backend}");
    fs::write(options.out.join("attacks.md"), report(&rows, agree, &pure, &backend)?)?;
    plot(&rows, &options.out.join("attacks.svg"))?;
    println!("{:.0?}; wrote attacks.md and attacks.svg", start.elapsed());
    // One in a thousand may lie outside by chance; far more means that something is wrong.
    if rows.len() - agree > 3 + rows.len() / 100 {
        return Err("the observed rates are not those of the theory".into());
    }
    Ok(())
}

/// Every number of wrong slots, and the other strategies, in every setting; the best of all servers
/// in these and in two that are in use.
fn attacks(batches: u64) -> Result<Vec<Row>, Box<dyn Error>> {
    let mut rows = Vec::new();
    for [queries, copies, checks, slack] in SETTINGS {
        let batch = Parameters::new(queries, copies, checks, slack)?;
        let model = |slots, inputs| Strategy::Model { slots, inputs };
        let mut others = vec![Strategy::Each(0.1), Strategy::Each(0.5)];
        others.extend([model(1.0, 0.05), model(1.0, 0.2), model(0.5, 0.3), model(0.9, 0.3)]);
        // With single copies a swap is a wrong answer or none.
        others.extend((copies > 1).then_some(Strategy::Swap));
        others.extend([true, false].map(|any| Strategy::tokens(batch, any)));
        let strategies = (1..=batch.slots()).map(Strategy::Slots).chain(others);
        rows.extend(strategies.map(|strategy| Row {
            batch,
            strategy,
            batches,
            survived: 0,
            exact: strategy.probability(batch),
        }));
    }
    for [queries, copies, checks, slack] in BALANCE {
        let batch = Parameters::new(queries, copies, checks, slack)?;
        let strategies = [true, false].map(|any| Strategy::tokens(batch, any));
        // Each of these batches takes ten times as long.
        rows.extend(strategies.map(|strategy| Row {
            batch,
            strategy,
            batches: batches.div_ceil(10),
            survived: 0,
            exact: strategy.probability(batch),
        }));
    }
    let progress = ProgressBar::new(rows.len() as u64);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let share = rows.len().div_ceil(threads);
    thread::scope(|scope| {
        for (part, rows) in rows.chunks_mut(share).enumerate() {
            let progress = &progress;
            scope.spawn(move || {
                let mut rng = StdRng::seed_from_u64(part as u64);
                for row in rows {
                    let survives =
                        |_: &u64| simulate(row.strategy, row.batch, &mut rng) == Ending::Survived;
                    row.survived = (0..row.batches).filter(survives).count() as u64;
                    progress.inc(1);
                }
            });
        }
    });
    progress.finish_and_clear();
    Ok(rows)
}

/// An honest server that is exactly as accurate as it claims, with labelled checks.
fn honest_on_the_core(batches: u64) -> Result<String, Box<dyn Error>> {
    let targets = AccuracyTargets::new("95%".parse()?, "80%".parse()?, 7, 7)?;
    let test = targets.least_test().ok_or("no test")?;
    let batch = Parameters::new(4, 2, test.checks(), test.slack())?;
    let mut rng = StdRng::seed_from_u64(99);
    let honest = Strategy::Honest(0.95);
    let rejected = (0..batches).filter(|_| simulate(honest, batch, &mut rng) == Ending::Caught);
    let row = Row {
        batch,
        strategy: honest,
        batches,
        survived: rejected.count() as u64,
        exact: honest.probability(batch),
    };
    let (low, high) = row.interval();
    Ok(format!(
        "An honest server of accuracy 95%, with {} labelled checks and slack {}: {} of {batches} \
         batches rejected, {:.3e} ({low:.3e} to {high:.3e}); exact {:.3e}, promised at most 2^-7 = \
         {:.3e}.",
        test.checks(),
        test.slack(),
        row.survived,
        row.observed(),
        row.exact,
        2f64.powi(-7)
    ))
}

/// Batches of the backend `additive` with exact checks: none may be rejected.
fn honest_through_a_backend(batches: u64) -> Result<String, Box<dyn Error>> {
    let architecture = Architecture::new(vec![
        LayerShape::Dense { inputs: 4, outputs: 6 },
        LayerShape::Relu { width: 6, shift: 8 },
        LayerShape::Dense { inputs: 6, outputs: 3 },
    ])?;
    let mut rng = StdRng::seed_from_u64(7);
    let model = Model::random(&architecture, 1 << 12, &mut rng);
    let mut input = || -> Vec<i64> { (0..4).map(|_| rng.random_range(-4096..4096)).collect() };
    let (queries, samples): (Vec<_>, Vec<_>) =
        ((0..16).map(|_| input()).collect(), (0..40).map(|_| input()).collect());
    let expected = model.infer_batch(&queries)?;
    let checks = samples.iter().cloned().zip(model.infer_batch(&samples)?);
    let checks = checks.map(|(x, y)| Check::model_answer(x, y)).collect();
    let policy = Policy::against_blind_tampering(40, queries.len())?;

    let (client, server) = Additive::parties(1);
    let (mut here, mut there) = Connection::pair();
    let progress = ProgressBar::new(batches);
    let wrong = thread::scope(|scope| {
        let model = &model;
        scope.spawn(move || {
            let mut server = Server::<Additive>::with(server);
            let mut rng = StdRng::seed_from_u64(2);
            (0..batches).all(|_| server.serve(&mut there, model, &mut rng).is_ok())
        });
        let mut client = Client::<Additive>::with(client, policy, checks);
        let mut rng = StdRng::seed_from_u64(3);
        let mut wrong = 0;
        for _ in 0..batches {
            let answers = client.infer(&mut here, &architecture, &queries, &mut rng);
            wrong += u64::from(answers.is_ok_and(|answers| *answers == expected)) ^ 1;
            client.unlatch();
            progress.inc(1);
        }
        wrong
    });
    progress.finish_and_clear();
    if wrong > 0 {
        return Err(format!("{wrong} of {batches} honest batches of `additive` failed").into());
    }
    Ok(format!(
        "The backend `additive`, 16 queries at soundness 40: {batches} honest batches, none rejected, \
         every answer equal to the reference."
    ))
}

fn report(
    rows: &[Row],
    agree: usize,
    pure: &str,
    backend: &str,
) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "# Attacks, measured\n\n\
         Written by `cargo xtask attacks`. Every row is a strategy of the server on the pure core (the\n\
         real shuffle and the real verdict), beside the exact probability that a wrong answer is\n\
         accepted. *s slots* is the strategy of guarantee E, for every s; the largest of a setting is\n\
         the bound, in bold. *Each* makes each slot wrong on its own; *model* runs, in a part of the\n\
         slots, a second model that is wrong on a part of the inputs (no copies help against it: see\n\
         [security.md](security.md)); *swap* exchanges two answers. *z tokens* is the best of all servers,\n\
         for any query of the batch or for a given one: the exact value is the bound on any server, in\n\
         italics.\n\n\
         ![observed against exact](attacks.svg)\n\n",
    );
    writeln!(
        text,
        "{agree} of {} rows have the exact probability in their 99.9% interval (Wilson).\n\n{pure}\n\n\
         {backend}\n",
        rows.len()
    )?;
    let mut batch = None;
    for row in rows {
        if batch != Some(row.batch) {
            batch = Some(row.batch);
            writeln!(text, "\n## {}\n", row.batch)?;
            writeln!(
                text,
                "| strategy | batches | survived | observed | 99.9% interval | exact |"
            )?;
            writeln!(text, "| --- | --- | --- | --- | --- | --- |")?;
        }
        let of_slots = rows.iter().filter(|other| {
            other.batch == row.batch && matches!(other.strategy, Strategy::Slots(_))
        });
        let bound = of_slots.map(|row| row.exact).fold(0.0, f64::max);
        let is_bound = matches!(row.strategy, Strategy::Slots(_)) && row.exact == bound;
        let (low, high) = row.interval();
        let exact = format!("{:.4e}", row.exact);
        writeln!(
            text,
            "| {} | {} | {} | {:.4e} | {low:.4e} to {high:.4e}{} | {} |",
            name(row.strategy),
            row.batches,
            row.survived,
            row.observed(),
            if row.agrees() { "" } else { " (outside)" },
            if is_bound {
                format!("**{exact} = 2^{:.2}**", bound.log2())
            } else if matches!(row.strategy, Strategy::Tokens { .. }) {
                format!("*{exact}*")
            } else {
                exact
            },
        )?;
    }
    Ok(text)
}

fn name(strategy: Strategy) -> String {
    match strategy {
        Strategy::Slots(count) => format!("{count} slots"),
        Strategy::Each(rate) => format!("each with {rate}"),
        Strategy::Model { slots, inputs } => format!("model on {slots}, wrong on {inputs}"),
        Strategy::Swap => "swap".into(),
        Strategy::Tokens { bad, any: true } => format!("{bad} tokens, any query"),
        Strategy::Tokens { bad, any: false } => format!("{bad} tokens, a given query"),
        other => format!("{other:?}"),
    }
}

/// Observed against exact, both in bits; on the diagonal they are equal.
fn plot(rows: &[Row], path: &std::path::Path) -> Result<(), Box<dyn Error>> {
    let (ink, best) = (RGBColor(90, 90, 90), RGBColor(200, 60, 40));
    let root = SVGBackend::new(path, (720, 540)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .margin(16)
        .caption("probability that a wrong answer is accepted", ("sans-serif", 18))
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(-20f64..0f64, -20f64..0f64)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("exact, log2")
        .y_desc("observed, log2, with its 99.9% interval")
        .draw()?;
    chart.draw_series(LineSeries::new([(-20.0, -20.0), (0.0, 0.0)], &ink.mix(0.4)))?;
    for row in rows.iter().filter(|row| row.exact > 1e-6 && row.survived > 0) {
        let color = if matches!(row.strategy, Strategy::Slots(_)) { ink } else { best };
        let (low, high) = row.interval();
        let (x, y) = (row.exact.log2(), row.observed().log2());
        let bar = [(x, low.max(1e-6).log2()), (x, high.log2())];
        chart.draw_series(LineSeries::new(bar, &color.mix(0.6)))?;
        chart.draw_series([Circle::new((x, y), 3, color.filled())])?;
    }
    for (color, text, y) in [(ink, "wrong in s slots", -1.0), (best, "each, model, tokens", -2.0)] {
        chart.draw_series([Circle::new((-19.3, y), 4, color.filled())])?;
        chart.draw_series([Text::new(text, (-19.0, y + 0.25), ("sans-serif", 14))])?;
    }
    root.present()?;
    Ok(())
}

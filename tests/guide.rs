//! The guide, docs/annotating.md, says what is so: its diffs are the ones between the files, its
//! snippets are lines of code that compiles and runs, its messages are the recorded ones.

// At home each prototype is a crate of its own.
#![allow(clippy::unwrap_used, unreachable_pub)]

extern crate fusion as mixcheck;

#[path = "../examples/prototypes/ot.rs"]
mod ot;

#[path = "guide/prototypes.rs"]
mod prototypes;
#[path = "guide/shapes.rs"]
mod shapes;

use std::{collections::BTreeSet, fs, path::Path};

const GUIDE: &str = include_str!("../docs/annotating.md");
const PROTOTYPES: [&str; 3] = ["logistic", "garbled", "lookup"];

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The blocks of a language, each with the line it begins in.
fn blocks(language: &str) -> Vec<(usize, Vec<&'static str>)> {
    let fence = format!("```{language}");
    let mut lines = GUIDE.lines().zip(1..);
    let mut blocks = Vec::new();
    while let Some((line, number)) = lines.next() {
        if line == fence {
            let block = lines.by_ref().map(|(line, _)| line).take_while(|line| *line != "```");
            blocks.push((number, block.collect()));
        } else if line.starts_with("```") {
            // To the end of a block in another language.
            lines.by_ref().find(|(line, _)| *line == "```").unwrap();
        }
    }
    blocks
}

/// What a unified diff makes of a file, and how many lines it adds.
fn patched(before: &str, diff: &[&str]) -> (String, usize) {
    let mut before = before.lines();
    let (mut after, mut added, mut line) = (Vec::new(), 0, 1);
    for row in diff {
        let (mark, text) = row.split_at_checked(1).unwrap_or((" ", ""));
        match mark {
            "@" => {
                let at = row.strip_prefix("@@ -").unwrap().split([',', ' ']).next().unwrap();
                let at: usize = at.parse().unwrap();
                after.extend(before.by_ref().take(at - line));
                line = at;
            }
            "+" => {
                after.push(text);
                added += 1;
            }
            " " => {
                let kept = before.next().unwrap();
                assert_eq!(kept, text);
                after.push(kept);
                line += 1;
            }
            _ => panic!("the guide says that no line is changed, and shows {row:?}"),
        }
    }
    after.extend(before);
    (after.join("\n") + "\n", added)
}

#[test]
fn diffs_lead_from_before_to_after() {
    let diffs = blocks("diff");
    assert_eq!(diffs.len(), PROTOTYPES.len());
    for (name, (at, diff)) in PROTOTYPES.into_iter().zip(diffs) {
        let path = |which| format!("examples/prototypes/{name}/{which}.rs");
        let [from, to, hunks @ ..] = &diff[..] else { panic!("line {at}: no diff") };
        assert_eq!(from.strip_prefix("--- "), Some(&*path("before")));
        assert_eq!(to.strip_prefix("+++ "), Some(&*path("after")));
        let (after, added) = patched(&read(&path("before")), hunks);
        assert!(after == read(&path("after")), "line {at}: take `diff -U1` of the two files");
        let count = format!("{added} lines added, none changed");
        let said = GUIDE.lines().skip(at).find(|line| line.contains("lines added"));
        assert!(said.unwrap().contains(&count), "{name}: {count}, and not {said:?}");
        let row = GUIDE.lines().find(|line| line.starts_with(&format!("| [{name}]"))).unwrap();
        assert!(row.ends_with(&format!("| {added} | 0 |")), "{name}: {added} lines, and not {row}");
    }
}

/// Whether the lines of a snippet stand in the source. After `{ .. }` and `// ..` some may be left
/// out; indentation does not count.
fn stands_in(snippet: &[&str], source: &[&str]) -> bool {
    (0..source.len()).any(|start| follows(snippet, source.get(start..).unwrap_or_default(), false))
}

fn follows(snippet: &[&str], source: &[&str], may_skip: bool) -> bool {
    let [line, rest @ ..] = snippet else { return true };
    if line.is_empty() {
        return follows(rest, source, may_skip);
    }
    if *line == "// .." {
        return follows(rest, source, true);
    }
    let (wanted, gap) = match line.strip_suffix(" .. }") {
        Some(head) => (head, true),
        None => (*line, false),
    };
    match source {
        [] => false,
        [found, more @ ..] if *found == wanted => {
            // The body that is left out ends with its own brace.
            follows(rest, more, gap) || (may_skip && follows(snippet, more, true))
        }
        [found, more @ ..] => (may_skip || found.is_empty()) && follows(snippet, more, may_skip),
    }
}

#[test]
fn snippets_compile() {
    let sources = ["tests/guide/shapes.rs", "tests/guide/prototypes.rs", "tests/shapes/lanes.rs"];
    let sources = sources.map(String::from);
    let after = PROTOTYPES.map(|name| format!("examples/prototypes/{name}/after.rs"));
    let before = PROTOTYPES.map(|name| format!("examples/prototypes/{name}/before.rs"));
    let sources: Vec<String> =
        sources.iter().chain(&after).chain(&before).map(|path| read(path)).collect();
    let sources: Vec<Vec<&str>> =
        sources.iter().map(|source| source.lines().map(str::trim).collect()).collect();
    let snippets = blocks("rust");
    assert!(snippets.len() > 20, "{}", snippets.len());
    let strangers = snippets.iter().filter(|(_, snippet)| {
        let snippet: Vec<&str> = snippet.iter().map(|line| line.trim()).collect();
        !sources.iter().any(|source| stands_in(&snippet, source))
    });
    let strangers: Vec<usize> = strangers.map(|(line, _)| *line).collect();
    assert!(strangers.is_empty(), "not taken from code that compiles: lines {strangers:?}");
}

#[test]
fn messages_are_the_recorded_ones() {
    let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let files = fs::read_dir(ui).unwrap().map(|entry| entry.unwrap().path());
    let recorded: String = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "stderr"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    let recorded: BTreeSet<&str> = recorded.lines().collect();
    let messages = blocks("text").into_iter().flat_map(|(_, lines)| lines);
    let mut messages = messages.filter(|line| line.starts_with("error")).peekable();
    assert!(messages.peek().is_some());
    for message in messages {
        // A long one is cut off.
        let found = match message.strip_suffix(" ..") {
            Some(start) => recorded.iter().any(|line| line.starts_with(start)),
            None => recorded.contains(message),
        };
        assert!(found, "nothing says {message:?}");
    }
}

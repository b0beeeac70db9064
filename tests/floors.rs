//! The plan of the house, kept: a file imports from lower floors and from its own folder, some crates and some words are
//! walled in, and nobody panics without saying why it cannot happen. It reads the sources as text and knows nothing of
//! what they do.

use std::fs;
use std::path::{Path, PathBuf};

/// Who stands on which floor (`ARCHITECTURE.md`).
const FLOORS: [(&str, u8); 26] = [
    ("main", 9),
    ("cli", 9),
    ("app", 8),
    ("proxy", 7),
    ("wizard", 6),
    ("gate", 5),
    ("session", 4),
    ("assertion", 4),
    ("method", 3),
    ("methods", 3),
    ("directory", 3),
    ("account", 2),
    ("audit", 2),
    ("throttle", 2),
    ("ticket", 2),
    ("post", 2),
    ("store", 1),
    ("gateway", 1),
    ("telemetry", 1),
    ("clock", 0),
    ("config", 0),
    ("error", 0),
    ("secret", 0),
    ("types", 0),
    // The crate's own root, and what a steered build adds to it.
    ("lib", 0),
    ("steer", 0),
];

/// The only arrows within a floor, floor 0 apart.
const ARROWS: [(&str, &str); 2] = [("methods", "method"), ("directory", "method")];

/// Crates that are named in one part of the tree only; a prefix of the path, and why.
const CRATE_WALLS: [(&str, &str, &str); 7] = [
    ("pingora", "src/proxy", "everything but the proxy must work, and be tested, without a socket"),
    ("h2", "src/proxy", "it is Pingora's: what speaks HTTP/2 stands behind the same wall"),
    ("tonic", "src/proxy/forward_auth", "one dialect is a call of gRPC: nothing else is"),
    ("prost", "src/proxy/forward_auth", "its messages are made and read beside it"),
    ("sled", "src/store/sled", "another engine must fit behind the same five verbs"),
    ("figment", "src/config", "what is written and what is built are two stages"),
    ("maud", "templates/", "markup is made in one place, where it is escaped"),
];

/// Words that only some files may say: what, in which files, and why.
const WORD_WALLS: [(&str, &[&str], &str); 5] = [
    ("Proof::mint(", &["src/method", "src/directory"], "only a checked answer is a proof"),
    ("Permit::mint(", &["src/gate"], "only a verdict forwards"),
    ("Permit {", &["src/gate"], "only a verdict forwards"),
    ("print!(", &["src/cli", "src/main"], "everything else speaks through the log, which escapes"),
    ("println!(", &["src/cli", "src/main"], "everything else speaks through the log, which escapes"),
];

/// A source file, with its path from the root of the repository.
struct Source {
    path: String,
    text: String,
    /// Whether all of it is a test.
    is_test: bool,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_test = name == "tests.rs" || path.contains("/tests/") || text.contains("#![cfg(test)]");
        Self { path: path.to_owned(), text: text.to_owned(), is_test }
    }

    /// The module of the first level it belongs to: `src/store/sled.rs` is of `store`. None outside `src`.
    fn module(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        Some(inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs"))
    }

    /// The files it declares as modules that only a test build has: each without its ending.
    fn test_modules(&self) -> Vec<String> {
        let folder = match self.path.rsplit_once('/') {
            Some((folder, "lib.rs" | "main.rs")) => folder.to_owned(),
            _ => self.path.trim_end_matches(".rs").to_owned(),
        };
        let bare = without_comments_and_strings(&self.text);
        let in_test = test_lines(&bare);
        let lines = bare.lines().enumerate().filter(|(n, _)| in_test.contains(&(n + 1)));
        lines.filter_map(|(_, line)| Some(format!("{folder}/{}", declared_module(line)?))).collect()
    }

    /// The lines of the product: without comments, strings' contents and what only a test build has, each with its
    /// number from 1 and the line as it was written.
    fn code(&self) -> Vec<(usize, String, &str)> {
        let bare = without_comments_and_strings(&self.text);
        let mut lines: Vec<_> = bare
            .lines()
            .zip(self.text.lines())
            .enumerate()
            .map(|(n, (bare, raw))| (n + 1, bare.to_owned(), raw))
            .collect();
        let in_test = test_lines(&bare);
        lines.retain(|(number, _, _)| !in_test.contains(number) && !self.is_test);
        lines
    }
}

/// Blanks out comments and the contents of strings, line by line as they were, so that words in them accuse nobody.
fn without_comments_and_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    let here = |at: usize, what: &str| what.chars().enumerate().all(|(n, it)| characters.get(at + n) == Some(&it));
    let blank = |it: char| if it == '\n' { '\n' } else { ' ' };
    while let Some(&character) = characters.get(at) {
        let hashes =
            if character == 'r' { characters[at + 1..].iter().take_while(|it| **it == '#').count() } else { 0 };
        let starts_word = at == 0 || !(characters[at - 1].is_alphanumeric() || characters[at - 1] == '_');
        let starts_raw = starts_word || (characters[at - 1] == 'b' && at < 2);
        if here(at, "//") {
            while at < characters.len() && characters[at] != '\n' {
                out.push(' ');
                at += 1;
            }
        } else if here(at, "/*") {
            while at < characters.len() && !here(at, "*/") {
                out.push(blank(characters[at]));
                at += 1;
            }
            out.push_str("  ");
            at += 2;
        } else if (starts_raw || characters[at - 1] == 'b')
            && character == 'r'
            && characters.get(at + 1 + hashes) == Some(&'"')
        {
            let end = format!("\"{}", "#".repeat(hashes));
            at += 2 + hashes;
            out.push('"');
            while at < characters.len() && !here(at, &end) {
                out.push(blank(characters[at]));
                at += 1;
            }
            out.push('"');
            at += 1 + hashes;
        } else if character == '"' {
            out.push('"');
            at += 1;
            while at < characters.len() && characters[at] != '"' {
                if characters[at] == '\\' {
                    out.push(' ');
                    at += 1;
                }
                if let Some(&inside) = characters.get(at) {
                    out.push(blank(inside));
                }
                at += 1;
            }
            out.push('"');
            at += 1;
        } else if character == '\'' && characters.get(at + 1) == Some(&'\\') {
            let end = (at + 3..characters.len()).find(|end| characters[*end] == '\'').unwrap_or(characters.len() - 1);
            out.push_str(&" ".repeat(end + 1 - at));
            at = end + 1;
        } else if character == '\'' && characters.get(at + 2) == Some(&'\'') {
            out.push_str("   ");
            at += 3;
        } else {
            out.push(character);
            at += 1;
        }
    }
    out
}

/// The name in `mod name;`, however visible it is.
fn declared_module(line: &str) -> Option<&str> {
    let (before, name) = line.trim().strip_suffix(';')?.split_once("mod ")?;
    (before.is_empty() || before.starts_with("pub")).then_some(name)
}

/// The lines of items that stand behind `#[cfg(test)]` and its like, from the attribute to the closing brace.
fn test_lines(bare: &str) -> Vec<usize> {
    let lines: Vec<&str> = bare.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].trim_start();
        let only_tests = ["#[cfg(test)", "#[cfg(all(test", "#[cfg(any(test", "#[test]", "#[tokio::test"];
        if !only_tests.iter().any(|start| line.starts_with(start)) {
            at += 1;
            continue;
        }
        let (mut depth, mut opened) = (0_i32, false);
        while at < lines.len() {
            found.push(at + 1);
            for character in lines[at].chars() {
                depth += match character {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                opened |= character == '{';
            }
            let ended = if opened { depth <= 0 } else { lines[at].trim_end().ends_with(';') };
            at += 1;
            if ended {
                break;
            }
        }
    }
    found
}

/// Every module of the first level that a text names as `crate::x`, nested braces opened, with the line of the path.
fn imports(code: &[(usize, String, &str)]) -> Vec<(usize, String)> {
    let mut text = String::new();
    let mut line_at = Vec::new();
    for (number, bare, _) in code {
        for character in bare.chars().chain(['\n']) {
            text.push(character);
            line_at.extend(std::iter::repeat_n(*number, character.len_utf8()));
        }
    }
    let mut found = Vec::new();
    for prefix in ["crate::", "vestibule::"] {
        for (at, _) in text.match_indices(prefix) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|it| it.is_alphanumeric() || matches!(it, '_' | ':' | '$')) {
                continue;
            }
            let rest = &text[at + prefix.len()..];
            let names = match rest.strip_prefix('{') {
                Some(inside) => first_names(inside),
                None => vec![word(rest)],
            };
            found.extend(names.into_iter().filter(|name| !name.is_empty()).map(|name| (line_at[at], name.to_owned())));
        }
    }
    found
}

/// The first word of each element of a braced list, whatever is nested in it.
fn first_names(inside: &str) -> Vec<&str> {
    let mut names = vec![word(inside.trim_start())];
    let mut depth = 0;
    for (at, character) in inside.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(word(inside[at + 1..].trim_start())),
            _ => {}
        }
    }
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|it: char| !(it.is_alphanumeric() || it == '_')).unwrap_or(text.len());
    &text[..end]
}

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

/// Arrows that go up or sideways.
fn wrong_floors(source: &Source) -> Vec<String> {
    let Some(from) = source.module() else { return Vec::new() };
    let Some(from_floor) = floor(from) else {
        return vec![format!("{}: `{from}` stands on no floor: give it one here and in ARCHITECTURE.md", source.path)];
    };
    let mut wrong = Vec::new();
    for (line, to) in imports(&source.code()) {
        // A name that is no module is an item of the crate's root.
        let Some(to_floor) = floor(&to) else { continue };
        let allowed = from == to
            || (to_floor < from_floor)
            || (from_floor == 0 && to_floor == 0)
            // The program calls the command line, and nothing else on its floor.
            || (from == "main" && to == "cli")
            || ARROWS.contains(&(from, to.as_str()));
        if !allowed {
            wrong.push(format!(
                "{}:{line}: `{from}` (floor {from_floor}) imports `{to}` (floor {to_floor})",
                source.path
            ));
        }
    }
    wrong
}

/// Crates and words outside their walls.
fn over_the_wall(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for (line, bare, _) in source.code() {
        for (name, home, why) in CRATE_WALLS {
            let own = source.text.lines().any(|line| declared_module(line) == Some(name));
            if !own && !source.path.starts_with(home) && names_crate(&bare, name) {
                wrong.push(format!("{}:{line}: `{name}` is named only in {home}*: {why}", source.path));
            }
        }
        for (what, homes, why) in WORD_WALLS {
            let made = bare.match_indices(what).any(|(at, _)| makes(&bare[..at], what));
            if made && !homes.iter().any(|home| is_home(&source.path, home)) {
                wrong.push(format!("{}:{line}: `{what}` stands only in {homes:?}: {why}", source.path));
            }
        }
        if !source.path.starts_with("tests/")
            && bare.split(|it: char| !(it.is_alphanumeric() || it == '_')).any(|it| it == "unsafe")
        {
            wrong.push(format!("{}:{line}: `unsafe` stands nowhere", source.path));
        }
    }
    wrong
}

/// `src/method` is the home of `src/method.rs`, of `src/method/…` and of nothing that merely begins like it.
fn is_home(path: &str, home: &str) -> bool {
    path.strip_prefix(home).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Whether what follows is made here: a type of that name that is declared, matched against or returned is not.
fn makes(before: &str, what: &str) -> bool {
    let before = before.trim_end();
    let other_name = before.chars().next_back().is_some_and(|it| it.is_alphanumeric() || it == '_');
    let word_before = before.rsplit(|it: char| !(it.is_alphanumeric() || it == '_')).next().unwrap_or_default();
    if !what.ends_with('{') {
        return true;
    }
    let declared = matches!(word_before, "struct" | "enum" | "impl" | "for" | "let" | "trait");
    let returned = before.ends_with("->");
    !(declared || returned || (other_name && !matches!(word_before, "return" | "in" | "else" | "match")))
}

fn names_crate(bare: &str, name: &str) -> bool {
    let mut words = bare.match_indices(name);
    words.any(|(at, _)| {
        let (before, after) = (&bare[..at], &bare[at + name.len()..]);
        // A path that begins with the crate: `pingora::`, `pingora_core::`, `use sled;`, `extern crate sled`.
        let begins =
            !before.chars().next_back().is_some_and(|it| it.is_alphanumeric() || matches!(it, '_' | ':' | '.'));
        let rest = after.trim_start_matches(|it: char| it.is_alphanumeric() || it == '_');
        let family = after.is_empty() || after.starts_with("::") || (after.starts_with('_') && rest.starts_with("::"));
        let whole = matches!(before.trim(), "use" | "pub use" | "extern crate")
            && !after.starts_with(|it: char| it.is_alphanumeric());
        begins && ((family && !after.is_empty()) || whole)
    })
}

/// `unwrap()` and `expect(` without the sentence above that says why it cannot fail.
fn unexplained_panics(source: &Source) -> Vec<String> {
    let raw: Vec<&str> = source.text.lines().collect();
    let mut wrong = Vec::new();
    for (line, bare, _) in source.code() {
        let panics = [".unwrap()", ".expect(", "panic!(", "unreachable!(", "todo!(", "unimplemented!("];
        let Some(what) = panics.into_iter().find(|what| bare.contains(what)) else { continue };
        // The comment stands above the call, or above the statement that the call ends.
        let explained = raw[..line - 1].iter().rev().take(8).find_map(|above| {
            let above = above.trim();
            if above.starts_with("//") && !above.starts_with("///") && !above.starts_with("//!") {
                return Some(true);
            }
            let continues = above.starts_with('.') || !above.ends_with([';', '{', '}']);
            (!continues).then_some(false)
        });
        if explained != Some(true) {
            wrong.push(format!("{}:{line}: `{what}` and no comment above that says why it cannot fail", source.path));
        }
    }
    wrong
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folders: &[&str]) -> Vec<Source> {
    fn walk(folder: &Path, out: &mut Vec<Source>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let short = path.strip_prefix(root()).unwrap().display().to_string();
                out.push(Source::new(&short, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    for folder in folders {
        walk(&root().join(folder), &mut out);
    }
    let tests: Vec<String> = out.iter().flat_map(Source::test_modules).collect();
    for source in &mut out {
        source.is_test |= tests.iter().any(|test| is_home(&source.path, test));
    }
    out.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(!out.is_empty(), "no sources in {folders:?}");
    out
}

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn files_import_from_lower_floors_and_their_own_folder() {
    none(sources(&["src"]).iter().flat_map(wrong_floors).collect());
}

#[test]
fn crates_and_words_stay_behind_their_walls() {
    none(sources(&["src", "templates/src"]).iter().flat_map(over_the_wall).collect());
}

#[test]
fn every_panic_says_why_it_cannot_happen() {
    none(sources(&["src", "templates/src"]).iter().flat_map(unexplained_panics).collect());
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    let silent = |source: &Source| !source.text.starts_with("//!") && !source.is_test;
    none(
        sources(&["src", "templates/src"])
            .into_iter()
            .filter(silent)
            .map(|it| it.path + ": no `//!` paragraph")
            .collect(),
    );
}

#[test]
fn no_file_is_called_mod() {
    none(
        sources(&["src", "templates/src"])
            .into_iter()
            .map(|it| it.path)
            .filter(|path| path.ends_with("/mod.rs"))
            .collect(),
    );
}

#[test]
fn no_release_can_be_steered() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let default = manifest.lines().find(|line| line.trim_start().starts_with("default ="));
    assert!(!default.is_some_and(|line| line.contains("steer")), "`steer` must not be a default feature");
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    assert!(lib.contains(r#"#[cfg(all(feature = "steer", not(debug_assertions)))]"#), "the guard of `steer` is gone");
    for recipe in ["Makefile", "docker/Dockerfile", ".ci/run"] {
        let text = fs::read_to_string(root().join(recipe)).unwrap_or_default();
        let wrong = text
            .lines()
            .find(|line| line.contains("--release") && (line.contains("steer") || line.contains("--all-features")));
        assert_eq!(wrong, None, "{recipe} would build a release that can be steered");
    }
}

#[test]
fn the_image_is_built_with_the_toolchain_of_the_repository() {
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    let image = fs::read_to_string(root().join("docker/Dockerfile")).unwrap();
    assert!(image.contains(&format!("FROM rust:{channel}-")), "docker/Dockerfile does not use {channel}");
}

mod the_test_itself {
    use super::*;

    #[test]
    fn it_knows_what_only_a_test_build_has() {
        let parent =
            Source::new("src/store.rs", "#[cfg(test)]\npub(crate) mod suite;\n#[cfg(test)]\nmod tests;\nmod sled;\n");
        assert_eq!(parent.test_modules(), ["src/store/suite", "src/store/tests"]);
        assert!(is_home("src/store/suite.rs", "src/store/suite") && !is_home("src/store/suites.rs", "src/store/suite"));
    }

    #[test]
    fn it_sees_arrows_that_go_up_or_sideways() {
        let up = Source::new(
            "src/store/sled.rs",
            "//! x\nuse crate::{\n    error::Problems,\n    session::{Session, id::{A, B}},\n};\n",
        );
        assert_eq!(wrong_floors(&up), ["src/store/sled.rs:2: `store` (floor 1) imports `session` (floor 4)"]);
        let sideways = Source::new("src/method.rs", "fn x() { crate::directory::local::check() }");
        assert_eq!(wrong_floors(&sideways), ["src/method.rs:1: `method` (floor 3) imports `directory` (floor 3)"]);
        assert_eq!(wrong_floors(&Source::new("src/wizard.rs", "use crate::proxy;")).len(), 1);
        assert_eq!(wrong_floors(&Source::new("src/manager.rs", "")).len(), 1, "a module without a floor");
    }

    #[test]
    fn it_lets_pass_what_is_allowed() {
        for (path, text) in [
            ("src/methods/totp.rs", "use crate::method::Method;"),
            ("src/directory/local.rs", "use crate::{method::Proof, account};"),
            ("src/config/load.rs", "use crate::error::Problems;"),
            ("src/store.rs", "// use crate::session;\nconst X: &str = \"crate::session\";\n/* crate::gate */"),
            ("src/store.rs", "#[cfg(test)]\nmod tests {\n    use crate::session;\n    fn x() { \"{\"; }\n}\n"),
            ("src/main.rs", "use vestibule::cli;"),
        ] {
            assert_eq!(wrong_floors(&Source::new(path, text)), [""; 0], "{path}");
        }
    }

    #[test]
    fn it_sees_what_climbs_a_wall() {
        for (path, text) in [
            ("src/wizard.rs", "use pingora::proxy::Session;"),
            ("src/session.rs", "fn x(a: pingora_core::Error) {}"),
            ("src/store.rs", "use sled::Db;"),
            ("src/store.rs", "use sled;"),
            ("src/wizard/page.rs", "let x = maud::html! {};"),
            ("src/methods/totp.rs", "Ok(Proof::mint(user))"),
            ("src/proxy.rs", "let permit = Permit { site };"),
            ("src/clock.rs", "unsafe { now() }"),
            ("src/app.rs", "eprintln!(\"{agent}\");"),
        ] {
            assert_eq!(over_the_wall(&Source::new(path, text)).len(), 1, "{path}: {text}");
        }
        for (path, text) in [
            ("src/proxy/head.rs", "use pingora::http::RequestHeader;"),
            ("src/store/sled.rs", "use sled::Db;"),
            ("src/store.rs", "mod sled;\npub use sled::Sled;\nuse crate::store::sled::Sled;"),
            ("src/method/check.rs", "Proof::mint(user)"),
            ("src/gate.rs", "pub struct Permit { site: u8 } fn f() -> Permit { Permit { site: 1 } }"),
            ("src/proxy.rs", "fn permit() -> Permit { gate() }"),
            ("src/proxy.rs", "// pingora::x, unsafe, Permit {\nlet forward = Verdict::Forward;"),
        ] {
            assert_eq!(over_the_wall(&Source::new(path, text)), [""; 0], "{path}: {text}");
        }
    }

    #[test]
    fn it_sees_a_panic_without_a_reason() {
        let wrong = |text: &str| unexplained_panics(&Source::new("src/x.rs", text)).len();
        assert_eq!(wrong("fn x() {\n    y.unwrap();\n}"), 1);
        assert_eq!(wrong("/// Doc.\nfn x() { y.expect(\"z\") }"), 1);
        assert_eq!(wrong("// Above.\nlet a = 1;\nlet b = y.unwrap();"), 1, "that comment is another line's");
        assert_eq!(wrong("// It was checked above.\ny.unwrap();"), 0);
        assert_eq!(wrong("let x = y\n    .z()\n    // It cannot be empty.\n    .expect(\"z\");"), 0);
        assert_eq!(wrong("// It cannot be empty.\nlet x = y\n    .z()\n    .expect(\"z\");"), 0);
        assert_eq!(wrong("#[expect(clippy::x, reason = \"y\")]\nfn x() {}"), 0);
        assert_eq!(wrong("#[cfg(test)]\nmod tests {\n    fn x() { y.unwrap() }\n}"), 0);
        assert_eq!(wrong("let x = \".unwrap()\"; // y.unwrap()"), 0);
    }
}

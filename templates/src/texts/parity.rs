//! The catalogues beside each other: nothing missing, nothing left in English, nothing put together from pieces. What is
//! compared is what the files say, so that a message no page shows is held to it too.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast;

use super::*;

/// Values that are numbers, and so may choose a plural.
const NUMBERS: [&str; 4] = ["count", "minutes", "least", "days"];

/// What may read the same in another language: names, borrowed words, and messages that are nothing but values.
const SAME: [&str; 9] = [
    "{page} – {site}",
    "Error: {page} – {site}",
    "{browser}, {address}",
    "YubiKey",
    "Account",
    "Code",
    "Later",
    "Mailbox",
    "SMS",
];

/// The plural forms a language has (CLDR, cardinals). French, Spanish and Portuguese have one more for millions, which
/// nothing here counts in.
fn plurals(lang: &str) -> &'static [&'static str] {
    match lang {
        "ar" => &["few", "many", "one", "other", "two", "zero"],
        "ja" | "zh-CN" => &["other"],
        _ => &["one", "other"],
    }
}

/// One message as it was written.
#[derive(Default)]
struct Said {
    /// With `{name}` where a value goes, and every variant of a plural after the other.
    text: String,
    values: BTreeSet<String>,
    /// The value that chooses, and the plural forms there are.
    selects: BTreeMap<String, BTreeSet<String>>,
}

impl Said {
    fn pattern(&mut self, pattern: &ast::Pattern<&str>) {
        for element in &pattern.elements {
            match element {
                ast::PatternElement::TextElement { value } => self.text.push_str(value),
                ast::PatternElement::Placeable { expression: ast::Expression::Inline(inline) } => self.inline(inline),
                ast::PatternElement::Placeable { expression: ast::Expression::Select { selector, variants } } => {
                    self.select(selector, variants);
                }
            }
        }
    }

    fn inline(&mut self, inline: &ast::InlineExpression<&str>) {
        match inline {
            ast::InlineExpression::VariableReference { id } => {
                self.values.insert(id.name.to_owned());
                self.text.push_str(&format!("{{{}}}", id.name));
            }
            // Marks of direction have no other way into a file that people edit.
            ast::InlineExpression::StringLiteral { .. } => {}
            other => panic!("a message is whole, and made of no other: {other:?}"),
        }
    }

    fn select(&mut self, selector: &ast::InlineExpression<&str>, variants: &[ast::Variant<&str>]) {
        let ast::InlineExpression::VariableReference { id } = selector else { panic!("only a value chooses") };
        self.values.insert(id.name.to_owned());
        let mut forms = BTreeSet::new();
        for variant in variants {
            if let ast::VariantKey::Identifier { name } = variant.key {
                forms.insert(name.to_owned());
            }
            self.pattern(&variant.value);
        }
        assert!(self.selects.insert(id.name.to_owned(), forms).is_none(), "one choice by {}", id.name);
    }
}

fn read(source: &'static str) -> BTreeMap<String, Said> {
    let resource = fluent_syntax::parser::parse(source).map_err(|(_, errors)| errors).expect("every message parses");
    let mut messages = BTreeMap::new();
    for entry in resource.body {
        match entry {
            ast::Entry::Message(message) => {
                let key = message.id.name.to_owned();
                assert!(message.attributes.is_empty(), "{key} has attributes, which nobody shows");
                let mut said = Said::default();
                said.pattern(message.value.as_ref().expect("a message says something"));
                assert!(messages.insert(key.clone(), said).is_none(), "{key} stands twice");
            }
            ast::Entry::Comment(_) | ast::Entry::GroupComment(_) | ast::Entry::ResourceComment(_) => {}
            other => panic!("neither terms nor junk: {other:?}"),
        }
    }
    messages
}

fn others() -> impl Iterator<Item = (&'static str, BTreeMap<String, Said>)> {
    LANGUAGES.iter().skip(1).map(|(lang, _, source)| (*lang, read(source)))
}

#[test]
fn every_language_says_everything_with_the_same_values() {
    let english = read(LANGUAGES[0].2);
    let mut wrong = Vec::new();
    for (lang, messages) in others() {
        for key in english.keys().filter(|key| !messages.contains_key(*key)) {
            wrong.push(format!("{lang} lacks {key}"));
        }
        for (key, said) in &messages {
            match english.get(key) {
                None => wrong.push(format!("{lang} has {key}, which English has not")),
                Some(ours) if ours.values != said.values => {
                    wrong.push(format!("{lang}: {key} has the values {:?}, not {:?}", said.values, ours.values));
                }
                Some(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_counted_has_all_the_plurals_of_its_language() {
    let english = read(LANGUAGES[0].2);
    let mut wrong = Vec::new();
    for (lang, messages) in others().chain([("en", read(LANGUAGES[0].2))]) {
        let wanted: BTreeSet<String> = plurals(lang).iter().map(|form| (*form).to_owned()).collect();
        for (key, said) in &messages {
            for (value, forms) in &said.selects {
                if !NUMBERS.contains(&value.as_str()) {
                    wrong.push(format!("{lang}: {key} chooses by {value}, which is no number"));
                } else if *forms != wanted {
                    wrong.push(format!("{lang}: {key} has the forms {forms:?}, not {wanted:?}"));
                }
            }
            let counted = english.get(key).map(|said| said.selects.keys().collect::<Vec<_>>()).unwrap_or_default();
            for value in counted.into_iter().filter(|_| wanted.len() > 1) {
                if !said.selects.contains_key(value) {
                    wrong.push(format!("{lang}: {key} does not look at {value}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_left_in_english() {
    let english = read(LANGUAGES[0].2);
    let mut left = Vec::new();
    for (lang, messages) in others() {
        // In another script, a message without a letter of it was forgotten.
        let foreign = matches!(lang, "ar" | "ja" | "zh-CN");
        for (key, said) in &messages {
            let same = english.get(key).is_some_and(|ours| ours.text == said.text);
            let latin = foreign && said.text.is_ascii();
            let allowed = SAME.contains(&said.text.as_str()) || key.starts_with("format-") || key == "voice-language";
            if (same || latin) && !allowed {
                left.push(format!("{lang}: {key} = {}", said.text));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn no_catalogue_has_a_word_that_only_looks_right() {
    for (lang, _, source) in LANGUAGES {
        for (key, said) in read(source) {
            let text = &said.text;
            assert!(!text.contains("  ") || text.contains('\n'), "{lang}: {key} has two spaces in a row");
            assert!(!text.contains(['\t', '\u{200b}', '\u{feff}']), "{lang}: {key} has invisible characters");
            // A value is put in as it is: markup around it would be shown.
            assert!(!text.contains(['<', '>']), "{lang}: {key} has markup");
        }
    }
}

/// Words nobody shows are words nobody reads again. A key is written out where it is used, or is one of a method's.
#[test]
fn every_message_is_asked_for_somewhere() {
    let sources: Vec<String> = ["/src", "/../src"]
        .iter()
        .flat_map(|folder| super::tests::sources(&format!("{}{folder}", env!("CARGO_MANIFEST_DIR"))))
        .map(|(_, source)| source)
        .collect();
    // `Card::id` chooses these.
    let of_a_method =
        |key: &str| key.starts_with("method-") && ["-enrol-title", "-label"].iter().any(|end| key.ends_with(end));
    let asked = |key: &str| sources.iter().any(|source| source.contains(&format!("\"{key}\"")));
    assert!(asked("login-title") && !asked(concat!("nobody", "-asks")), "it can tell one from the other");
    let dead: Vec<_> = read(LANGUAGES[0].2).into_keys().filter(|key| !of_a_method(key) && !asked(key)).collect();
    assert!(dead.is_empty(), "nobody shows {dead:?}");
}

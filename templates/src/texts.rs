//! The message catalogues: every word a person reads, by key, each catalogue in one language.
//!
//! No sentence is put together from pieces: a message is whole, with named placeholders, so that another language may
//! order it as it needs. A value that enters a message is data: it can neither break a line nor turn the direction of
//! the text around it. A key that a language lacks is said in English, one that does not exist shows itself, and the tests
//! accept neither.

#[cfg(test)]
mod parity;

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// What fills a placeholder: `"text".into()` or `3u64.into()`. Numbers choose the plural.
pub use fluent_bundle::FluentValue as Value;

/// One language's messages. A clone shares them.
#[derive(Clone)]
pub struct Texts(Arc<Catalogue>);

struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    lang: &'static str,
    direction: &'static str,
}

/// Tag (BCP 47), direction and source of each language, in the order of the switch; English first.
const LANGUAGES: [(&str, &str, &str); 9] = [
    ("en", "ltr", include_str!("../texts/en.ftl")),
    ("de", "ltr", include_str!("../texts/de.ftl")),
    ("es", "ltr", include_str!("../texts/es.ftl")),
    ("fr", "ltr", include_str!("../texts/fr.ftl")),
    ("nl", "ltr", include_str!("../texts/nl.ftl")),
    ("pt-BR", "ltr", include_str!("../texts/pt-BR.ftl")),
    ("ar", "rtl", include_str!("../texts/ar.ftl")),
    ("ja", "ltr", include_str!("../texts/ja.ftl")),
    ("zh-CN", "ltr", include_str!("../texts/zh-CN.ftl")),
];

/// The tag of [`Texts::marked`]: English, for private use.
#[cfg(test)]
const MARKED: &str = "en-x-marked";

/// Read once, when the first text is asked for.
static CATALOGUES: LazyLock<Vec<Texts>> =
    LazyLock::new(|| LANGUAGES.iter().map(|(lang, direction, source)| Texts::new(lang, direction, source)).collect());

impl Texts {
    /// English, the catalogue all others are measured against.
    pub fn english() -> Self {
        CATALOGUES[0].clone() // the list has nine
    }

    /// Every language there is, in the order of the switch.
    pub fn all() -> &'static [Self] {
        &CATALOGUES
    }

    /// English with every message between marks, to see what is made of how many.
    #[cfg(test)]
    pub(crate) fn marked() -> Self {
        Self::new(MARKED, "ltr", LANGUAGES[0].2)
    }

    fn new(lang: &'static str, direction: &'static str, source: &str) -> Self {
        // A message that cannot be read is left out, and the rest keeps working: a login page with one key on it beats
        // no login page. The tests accept neither.
        let messages = match FluentResource::try_new(source.to_owned()) {
            Ok(messages) | Err((messages, _)) => messages,
        };
        let mut bundle = FluentBundle::new_concurrent(vec![lang.parse().unwrap_or_default()]);
        bundle.set_use_isolating(false); // done here, by value: see `isolated`
        let _twice = bundle.add_resource(messages);
        Self(Arc::new(Catalogue { bundle, lang, direction }))
    }

    /// The language tag (BCP 47), for `lang`.
    pub fn lang(&self) -> &'static str {
        self.0.lang
    }

    /// What the language calls itself.
    pub fn name(&self) -> String {
        self.text("language-name")
    }

    /// `ltr` or `rtl`, for `dir`.
    pub fn direction(&self) -> &'static str {
        self.0.direction
    }

    /// Whether there is such a message.
    pub fn has(&self, key: &str) -> bool {
        self.0.bundle.get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// A message without placeholders.
    pub fn text(&self, key: &str) -> String {
        self.write(key, &FluentArgs::new())
    }

    /// A message for a page. Values that could turn the direction of the text are isolated (Unicode FSI … PDI).
    pub fn text_with(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        let direction = self.0.direction;
        self.write(key, &arguments(values, |text| isolated(text, direction)))
    }

    /// A message for a mail, a phone or a log line, where invisible marks would be shown or counted.
    pub fn plain_with(&self, key: &str, values: &[(&str, Value<'_>)]) -> String {
        self.write(key, &arguments(values, |text| text))
    }

    fn write(&self, key: &str, arguments: &FluentArgs<'_>) -> String {
        let mut errors = Vec::new();
        let lacks = |texts: &Self| !texts.has(key);
        #[cfg(test)]
        assert!(!lacks(self), "{}: message {key}", self.lang());
        if lacks(self) && self.lang() != "en" {
            return Self::english().write(key, arguments);
        }
        let text = self
            .0
            .bundle
            .get_message(key)
            .and_then(|message| message.value())
            .map(|pattern| self.0.bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned());
        #[cfg(test)]
        assert!(text.is_some() && errors.is_empty(), "message {key}: {errors:?}");
        #[cfg(test)]
        if self.lang() == MARKED {
            return text.map(|text| format!("⟦{text}⟧")).unwrap_or_default();
        }
        text.unwrap_or_else(|| key.to_owned())
    }
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Texts").field(&self.0.lang).finish()
    }
}

fn arguments<'a>(values: &'a [(&'a str, Value<'a>)], finish: impl Fn(String) -> String) -> FluentArgs<'a> {
    let mut arguments = FluentArgs::with_capacity(values.len());
    for (name, value) in values {
        let value = match value {
            Value::String(text) => Value::String(Cow::Owned(finish(one_line(text)))),
            other => other.clone(),
        };
        arguments.set(*name, value);
    }
    arguments
}

/// One line, without control or direction characters. An attacker who may name a device or a browser would otherwise
/// write a line of our mail, or make the sentence around the name read backwards.
pub fn one_line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control() && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect()
}

/// ASCII in a left-to-right sentence needs no marks, and reads and searches better without.
fn isolated(text: String, direction: &str) -> String {
    if text.is_ascii() && direction == "ltr" { text } else { format!("\u{2068}{text}\u{2069}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_named_in_the_source_exists() {
        let texts = Texts::english();
        let mut seen = 0;
        for (file, source) in sources(concat!(env!("CARGO_MANIFEST_DIR"), "/src")) {
            for call in [".text(", "text_with(", "plain_with("] {
                for (_, rest) in source.match_indices(call).map(|(at, _)| source.split_at(at + call.len())) {
                    let Some(key) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                        continue; // a key chosen by a match: rendering the gallery finds those
                    };
                    assert!(texts.has(key), "{file}: no message {key}");
                    seen += 1;
                }
            }
        }
        assert!(seen > 50, "the walk found only {seen} keys");
    }

    /// What is shipped of each file below a folder: its name and its code, without the tests.
    pub(super) fn sources(folder: &str) -> Vec<(String, String)> {
        let mut folders = vec![std::path::PathBuf::from(folder)];
        let mut sources = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the source lies here") {
                let path = entry.expect("a readable entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|kind| kind == "rs") {
                    let source = std::fs::read_to_string(&path).expect("UTF-8");
                    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
                    sources.push((path.display().to_string(), code));
                }
            }
        }
        sources
    }

    #[test]
    fn a_value_can_neither_break_a_line_nor_turn_the_text() {
        let texts = Texts::english();
        let hostile = "a\r\nBcc: x\u{202e}b\u{2069}";
        let mail = texts.plain_with("header-signing-in", &[("name", hostile.into())]);
        assert!(!mail.contains(['\r', '\n', '\u{202e}', '\u{2069}', '\u{2068}']), "{mail:?}");
        let page = texts.text_with("header-signing-in", &[("name", "ü\u{2069}\u{202e}".into())]);
        assert!(page.contains("\u{2068}ü\u{2069}"), "{page:?}");
        let plain = texts.text_with("header-signing-in", &[("name", "alice".into())]);
        assert_eq!(plain, "Signing in as alice");
    }

    #[test]
    fn numbers_choose_the_plural_of_their_language() {
        let ago = |lang: &str, count: u64| {
            let texts = Texts::all().iter().find(|texts| texts.lang() == lang).expect("it is there");
            texts.text_with("ago-days", &[("count", count.into())])
        };
        let arabic = [1, 2, 3, 11, 100].map(|count| ago("ar", count));
        assert!(arabic.iter().enumerate().all(|(at, one)| !arabic[at + 1..].contains(one)), "{arabic:?}");
        assert!(ago("ar", 2).contains("يومين") && ago("ar", 5).contains("أيام"));
        assert_eq!((ago("pt-BR", 1), ago("pt-BR", 2)), ("há 1 dia".to_owned(), "há 2 dias".to_owned()));
        assert_eq!((ago("fr", 1), ago("de", 1)), ("il y a 1 jour".to_owned(), "vor 1 Tag".to_owned()));
        assert_eq!((ago("ja", 1), ago("zh-CN", 2)), ("1 日前".to_owned(), "2 天前".to_owned()));
    }

    #[test]
    fn in_a_sentence_from_right_to_left_every_value_keeps_its_own_direction() {
        let arabic = Texts::all().iter().find(|texts| texts.direction() == "rtl").expect("Arabic is there");
        let said = arabic.text_with("delivery-sent", &[("target", "+31 ** *** **67".into())]);
        assert!(said.contains("\u{2068}+31 ** *** **67\u{2069}"), "{said:?}");
    }
}

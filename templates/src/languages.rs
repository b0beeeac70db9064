//! Which language somebody is answered in: the one chosen on a page, else the first the browser wishes for that is
//! offered, else the one the configuration names. What a browser wishes for is a stranger's bytes: it is read within
//! bounds, and whatever of it cannot be read is no wish. It must never fail, only fall back.

use std::cmp::Reverse;
use std::sync::Arc;

use maud::{Markup, html};

use crate::icon;
use crate::texts::Texts;

/// What is read of all `Accept-Language` fields, in bytes, and in how many wishes: browsers send a dozen at most.
const MOST_BYTES: usize = 1024;
const MOST_WISHES: usize = 32;
/// The longest tag that is looked at (RFC 5646 section 4.4.1).
const LONGEST_TAG: usize = 35;
/// The weight 1, in thousandths (RFC 9110 section 12.4.2).
const WHOLE: u16 = 1000;

/// The languages that are offered. A clone shares them.
#[derive(Clone, Debug)]
pub struct Languages {
    /// In the order of the switch.
    offered: Arc<[Texts]>,
    fallback: Texts,
}

/// There is no catalogue of this language, or it is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownLanguage {
    /// The one to fall back to.
    Fallback,
    /// The one at this place of the list.
    Offered(usize),
    /// The one at this place of the list stands there before.
    Twice(usize),
}

impl Languages {
    /// All there are, English for those who wish for none of them.
    pub fn all() -> Self {
        Self { offered: Texts::all().into(), fallback: Texts::english() }
    }

    /// `fallback` for those who wish for none of `offered`; an empty list offers all there are.
    ///
    /// # Errors
    /// A tag that has no catalogue, or a fallback that is not offered.
    pub fn new(fallback: &str, offered: &[String]) -> Result<Self, UnknownLanguage> {
        let all = Self::all();
        let named = offered.iter().enumerate();
        let listed = named.map(|(at, tag)| all.named(tag).cloned().ok_or(UnknownLanguage::Offered(at)));
        let listed = listed.collect::<Result<Vec<_>, _>>()?;
        let is_twice = |at: &usize| listed[..*at].iter().any(|before| before.lang() == listed[*at].lang());
        if let Some(at) = (0..listed.len()).find(is_twice) {
            return Err(UnknownLanguage::Twice(at));
        }
        let offered = if listed.is_empty() { all.offered } else { listed.into() };
        let found = offered.iter().find(|texts| texts.lang().eq_ignore_ascii_case(fallback)).cloned();
        Ok(Self { fallback: found.ok_or(UnknownLanguage::Fallback)?, offered })
    }

    /// For those who wish for none of them, and for nobody in particular.
    pub fn fallback(&self) -> &Texts {
        &self.fallback
    }

    /// The tags, in the order of the switch.
    pub fn tags(&self) -> impl Iterator<Item = &'static str> {
        self.offered.iter().map(Texts::lang)
    }

    /// The language of exactly this tag, if it is offered.
    pub fn named(&self, tag: &str) -> Option<&Texts> {
        self.offered.iter().find(|texts| texts.lang().eq_ignore_ascii_case(tag))
    }

    /// `chosen`: the tag picked on a page, as it came back; `wishes`: the `Accept-Language` fields as they came.
    pub fn choose<'a>(&self, chosen: Option<&str>, wishes: impl Iterator<Item = &'a [u8]>) -> &Texts {
        let chosen = chosen.and_then(|tag| self.named(tag));
        chosen.or_else(|| read(wishes).iter().find_map(|wish| self.look_up(wish))).unwrap_or(&self.fallback)
    }

    /// Lookup (RFC 4647 section 3.4): the wish is shortened from its end until something offered fits. A bare language is
    /// met by any region of it: who reads `pt` reads `pt-BR` rather than English.
    fn look_up(&self, wish: &str) -> Option<&Texts> {
        let mut wish = wish;
        if wish == "*" {
            return Some(&self.fallback);
        }
        loop {
            let begins = |texts: &&Texts| {
                let tag = texts.lang().as_bytes();
                tag.get(..wish.len()).is_some_and(|start| start.eq_ignore_ascii_case(wish.as_bytes()))
                    && matches!(tag.get(wish.len()), None | Some(b'-'))
            };
            if let Some(found) = self.named(wish).or_else(|| self.offered.iter().find(begins)) {
                return Some(found);
            }
            wish = wish.rsplit_once('-')?.0;
            // A single letter introduces what follows it, and goes with that.
            if let Some((rest, last)) = wish.rsplit_once('-')
                && last.len() == 1
            {
                wish = rest;
            }
        }
    }
}

/// The wishes of these fields, dearest first; equally dear ones in their order.
fn read<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Vec<&'a str> {
    let mut left = MOST_BYTES;
    let mut wishes = Vec::new();
    for field in fields {
        // What stands across the bound would be half a tag.
        let whole = field.len() <= left;
        let field = &field[..field.len().min(left)];
        left -= field.len();
        let mut parts: Vec<&[u8]> = field.split(|byte| *byte == b',').collect();
        if !whole {
            parts.pop();
        }
        wishes.extend(parts.into_iter().filter_map(wish).take(MOST_WISHES - wishes.len()));
    }
    wishes.sort_by_key(|(_, weight)| Reverse(*weight));
    wishes.into_iter().map(|(tag, _)| tag).collect()
}

/// One tag and its weight; `None` for what is none or must not be given.
fn wish(part: &[u8]) -> Option<(&str, u16)> {
    let part = std::str::from_utf8(part).ok()?;
    let (tag, weight) = match part.split_once(';') {
        Some((tag, weight)) => (tag.trim(), thousandths(weight.trim())?),
        None => (part.trim(), WHOLE),
    };
    let tag_like = tag.len() <= LONGEST_TAG && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (weight > 0 && !tag.is_empty() && (tag_like || tag == "*")).then_some((tag, weight))
}

/// `q=0.8` (RFC 9110 section 12.4.2).
fn thousandths(text: &str) -> Option<u16> {
    let value = text.strip_prefix("q=").or_else(|| text.strip_prefix("Q="))?;
    let (whole, part) = value.split_once('.').unwrap_or((value, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(part),
        "1" if part == 0 => Some(WHOLE),
        _ => None,
    }
}

/// The switch of a page: a form of buttons, one for each language in its own words, so that somebody who cannot read the
/// page still finds it.
#[derive(Clone)]
pub struct Switch {
    /// Where it posts `language` and `back`.
    pub action: String,
    /// The path of the page it stands on.
    pub back: String,
    pub languages: Languages,
}

impl Switch {
    pub(crate) fn render(&self, texts: &Texts) -> Markup {
        html! {
            @if self.languages.offered.len() > 1 {
                details.languages {
                    summary { (icon::globe()) (texts.text_with("language-now", &[("name", texts.name().into())])) }
                    form method="post" action=(self.action) {
                        input type="hidden" name="back" value=(self.back);
                        @for other in self.languages.offered.iter() {
                            button.link type="submit" name="language" value=(other.lang()) lang=(other.lang())
                                dir=(other.direction())
                                aria-current=[(other.lang() == texts.lang()).then_some("true")] { (other.name()) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(wishes: &str) -> &'static str {
        Languages::all().choose(None, [wishes.as_bytes()].into_iter()).lang()
    }

    #[test]
    fn the_dearest_wish_that_can_be_met_is() {
        for (wishes, lang) in [
            ("", "en"),
            ("de", "de"),
            ("DE-at", "de"),
            ("fr;q=0.5, nl;q=0.7, en;q=0.1", "nl"),
            ("xx, tlh;q=0.9, ja;q=0.2", "ja"),
            ("de;q=0, fr;q=0.001", "fr"),
            ("de;q=0.80,fr;q=0.8", "de"),
            ("pt-PT", "pt-BR"),
            ("zh-Hans-SG", "zh-CN"),
            ("zh", "zh-CN"),
            ("zh-TW-x-private, en", "zh-CN"),
            ("ar-EG,ar;q=0.9", "ar"),
            ("*", "en"),
            ("es-419;q=1.000", "es"),
            ("e", "en"),
        ] {
            assert_eq!(chosen(wishes), lang, "{wishes}");
        }
        let fields = [b"xx".as_slice(), b"ar".as_slice()];
        assert_eq!(Languages::all().choose(None, fields.into_iter()).lang(), "ar", "fields are joined");
    }

    #[test]
    fn junk_is_no_wish_and_costs_nothing() {
        let long = "a".repeat(10_000);
        let many = "xx,".repeat(5_000) + "de";
        for junk in
            ["q=1", ";;;", "de;q=2", "de;q=-1", "de;q=0.1234", "de;level=1", "../de", "d e", "de\u{e4}", &long, &many]
        {
            assert_eq!(chosen(junk), "en", "{junk:.40}");
        }
        let bytes: Vec<u8> = (0..=255).cycle().take(10_240).collect();
        assert_eq!(Languages::all().choose(None, [bytes.as_slice()].into_iter()).lang(), "en");
        let edge = format!("{},de-CH-1996,{}", "xx,".repeat(20), "y".repeat(2000));
        assert_eq!(chosen(&edge), "de", "what stands before the bound counts");
    }

    #[test]
    fn what_was_chosen_goes_before_wishes_as_long_as_it_is_offered() {
        let languages = Languages::new("fr", &["fr".into(), "DE".into()]).expect("both are known");
        let german = || [b"de".as_slice()].into_iter();
        assert_eq!(languages.choose(Some("fr"), german()).lang(), "fr");
        assert_eq!(languages.choose(Some("ja"), german()).lang(), "de", "no longer offered");
        assert_eq!(languages.choose(Some("de\r\nx"), [].into_iter()).lang(), "fr");
        assert_eq!(languages.tags().collect::<Vec<_>>(), ["fr", "de"]);
    }

    #[test]
    fn a_language_that_is_not_there_is_named() {
        let err = |fallback: &str, offered: &[&str]| {
            let offered: Vec<String> = offered.iter().map(|tag| (*tag).to_owned()).collect();
            Languages::new(fallback, &offered).err()
        };
        assert_eq!(err("en", &[]), None);
        assert_eq!(err("tlh", &[]), Some(UnknownLanguage::Fallback));
        assert_eq!(err("en", &["de"]), Some(UnknownLanguage::Fallback), "not among the offered");
        assert_eq!(err("de", &["de", "klingon"]), Some(UnknownLanguage::Offered(1)));
    }
}

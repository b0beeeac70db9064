//! What a page loads: one stylesheet, one script, one picture. The address carries a hash of the content, so that a
//! browser may keep it for ever and still never shows yesterday's. Nothing here may name another origin.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::colour::Colour;

pub(crate) const STYLESHEET: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";
const MARK: &str = include_str!("../assets/vestibule.svg");
/// The colour of the mark.
const ACCENT: &str = "#2346a8";

/// One file, served at [`Asset::path`] as `immutable`.
#[derive(Clone, Debug)]
pub struct Asset {
    pub name: &'static str,
    /// The first 16 hexadecimal digits of SHA-256 over `bytes`.
    pub hash: String,
    pub content_type: &'static str,
    pub bytes: Cow<'static, [u8]>,
}

impl Asset {
    pub(crate) fn new(name: &'static str, content_type: &'static str, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        let bytes = bytes.into();
        let digest = Sha256::digest(&bytes);
        let hash = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name, hash, content_type, bytes }
    }

    /// The address on every host that serves our pages.
    pub fn path(&self) -> String {
        format!("/.vestibule/assets/{}/{}", self.hash, self.name)
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    let script = unremarked(include_str!("../assets/vestibule.js"));
    [
        Asset::new("vestibule.css", STYLESHEET, compact(include_str!("../assets/vestibule.css")).into_bytes()),
        Asset::new("vestibule.js", "text/javascript; charset=utf-8", script.into_bytes()),
        Asset::new("vestibule.svg", PICTURE, MARK.as_bytes()),
    ]
});

/// Every file a page may load.
pub fn assets() -> &'static [Asset] {
    &*ASSETS
}

pub(crate) fn stylesheet() -> &'static Asset {
    &ASSETS[0]
}

pub(crate) fn script() -> &'static Asset {
    &ASSETS[1]
}

pub(crate) fn picture() -> &'static Asset {
    &ASSETS[2]
}

/// Our mark in another colour.
pub(crate) fn mark_in(colour: Colour) -> Asset {
    Asset::new("mark.svg", PICTURE, MARK.replace(ACCENT, &colour.to_string()).into_bytes())
}

/// A stylesheet without its comments and its indentation.
fn compact(css: &str) -> String {
    let mut text = String::with_capacity(css.len());
    for (n, piece) in css.split("/*").enumerate() {
        text.push_str(if n == 0 { piece } else { piece.split_once("*/").map_or("", |(_, rest)| rest) });
    }
    unindented(&text)
}

/// A script without its comments, which are lines of their own, and its indentation.
fn unremarked(script: &str) -> String {
    let lines = script.lines().filter(|line| !line.trim_start().starts_with("//"));
    unindented(&lines.flat_map(|line| [line, "\n"]).collect::<String>())
}

fn unindented(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_name_no_other_origin_and_stay_small() {
        for asset in assets() {
            let text = std::str::from_utf8(&asset.bytes).expect("UTF-8");
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://") && !text.contains("@import"), "{}", asset.name);
            assert_eq!(asset.hash.len(), 16);
        }
        let names = [stylesheet(), script(), picture()].map(|asset| asset.name.rsplit('.').next().expect("a kind"));
        assert_eq!(names, ["css", "js", "svg"]);
        assert!(assets().iter().map(|asset| asset.bytes.len()).sum::<usize>() < 24 * 1024);
    }

    #[test]
    fn a_stylesheet_loses_its_comments_and_nothing_else() {
        assert_eq!(compact("/* a\n b */\na {\n  b: c; /* d */\n}\n"), "a {\nb: c;\n}\n");
        let whole = compact(include_str!("../assets/vestibule.css"));
        assert!(whole.matches('{').count() == whole.matches('}').count() && !whole.contains("/*"));
    }

    #[test]
    fn the_mark_takes_another_colour() {
        let mark = mark_in(Colour(0x8a, 0x15, 0x38));
        let text = std::str::from_utf8(&mark.bytes).expect("UTF-8");
        assert!(text.contains("#8a1538") && !text.contains(ACCENT));
    }
}

//! Colours and how well they are told apart: relative luminance and contrast as WCAG 2.2 defines them. A colour that an
//! operator gives is measured against every ground it will stand on; it must never be taken on trust.

use std::fmt;

/// What text needs (WCAG 2.2, 1.4.3).
pub const TEXT: f64 = 4.5;

/// What a colour of our own making has: on a dark page, what just passes looks dull.
const EASY: f64 = 6.0;

/// Red, green and blue, in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

/// What a colour stands on, by day or by night.
struct Grounds {
    ground: Colour,
    card: Colour,
    /// Text on the main button.
    on_accent: Colour,
    /// Where more contrast lies.
    away: Colour,
    /// How much of the accent is in a pale ground made of it, and how far it moves under the pointer.
    tint: f64,
    deep: f64,
}

/// As in the stylesheet: a test compares.
const BY_DAY: Grounds = Grounds {
    ground: Colour(0xee, 0xf1, 0xf6),
    card: Colour(0xff, 0xff, 0xff),
    on_accent: Colour(0xff, 0xff, 0xff),
    away: Colour(0, 0, 0),
    tint: 0.1,
    deep: 0.27,
};
const BY_NIGHT: Grounds = Grounds {
    ground: Colour(0x0e, 0x13, 0x1b),
    card: Colour(0x17, 0x1e, 0x29),
    on_accent: Colour(0x0d, 0x18, 0x30),
    away: Colour(0xff, 0xff, 0xff),
    tint: 0.15,
    deep: 0.33,
};

/// Cannot be read on our pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unreadable {
    /// Its contrast where it is worst.
    pub ratio: f64,
    /// The nearest of its kind that can be read.
    pub instead: Colour,
}

/// One colour for what can be used: links, buttons, the ring around what has the focus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    day: Colour,
    night: Colour,
}

impl Colour {
    /// `#2346a8`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let part = |at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        // `from_str_radix` takes a sign, and no colour has one.
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(())?;
        Some(Self(part(0)?, part(2)?, part(4)?))
    }

    /// Between 1 and 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// `part` of the other in it, from 0 to 1.
    fn mixed(self, other: Self, part: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "lies between two bytes")]
        let mix = |one: u8, two: u8| (f64::from(one) + (f64::from(two) - f64::from(one)) * part).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl Grounds {
    fn tint(&self, accent: Colour) -> Colour {
        self.card.mixed(accent, self.tint)
    }

    fn deep(&self, accent: Colour) -> Colour {
        accent.mixed(self.away, self.deep)
    }

    /// The contrast of this accent where it is worst. Whatever can be read is more than enough for the ring around what
    /// has the focus and for the edges of buttons, which need 3 (WCAG 2.2, 1.4.11).
    fn worst(&self, accent: Colour) -> f64 {
        let under = [self.ground, self.card, self.tint(accent), self.on_accent];
        under.into_iter().map(|under| accent.contrast(under)).fold(f64::INFINITY, f64::min)
    }

    /// The nearest that has this contrast everywhere.
    fn readable(&self, accent: Colour, least: f64) -> Colour {
        let steps = (0..=100).map(|step| accent.mixed(self.away, f64::from(step) / 100.0));
        steps.into_iter().find(|one| self.worst(*one) >= least).unwrap_or(self.away)
    }

    fn judge(&self, accent: Colour) -> Result<Colour, Unreadable> {
        let ratio = self.worst(accent);
        if ratio >= TEXT { Ok(accent) } else { Err(Unreadable { ratio, instead: self.readable(accent, TEXT) }) }
    }

    fn properties(&self, accent: Colour) -> String {
        format!("--accent:{accent};--accent-deep:{};--tint:{}", self.deep(accent), self.tint(accent))
    }
}

impl Accent {
    /// The accent by day; by night the same, as much lighter as it must be.
    ///
    /// # Errors
    /// It cannot be read by day.
    pub fn new(day: Colour) -> Result<Self, Unreadable> {
        Ok(Self { day: BY_DAY.judge(day)?, night: BY_NIGHT.readable(day, EASY) })
    }

    /// With one of its own for the night.
    ///
    /// # Errors
    /// It cannot be read by night.
    pub fn with_night(self, night: Colour) -> Result<Self, Unreadable> {
        Ok(Self { night: BY_NIGHT.judge(night)?, ..self })
    }

    pub fn day(self) -> Colour {
        self.day
    }

    /// What is laid over our stylesheet.
    pub(crate) fn stylesheet(self) -> String {
        let (day, night) = (BY_DAY.properties(self.day), BY_NIGHT.properties(self.night));
        format!(":root{{{day}}}@media (prefers-color-scheme:dark){{:root{{{night}}}}}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSS: &str = include_str!("../assets/vestibule.css");

    /// The colours of the stylesheet, by day and by night.
    fn palettes() -> [(&'static str, impl Fn(&str) -> Colour); 2] {
        let of = |from: &'static str| {
            let block = CSS.split(from).nth(1).expect("a palette").split("--shadow").next().expect("it ends");
            move |name: &str| {
                let value = block.split(&format!("--{name}: ")).nth(1).expect(name);
                Colour::parse(value.split(';').next().expect("a value ends")).expect(name)
            }
        };
        [("day", of("color-scheme: light dark;")), ("night", of("@media (prefers-color-scheme: dark) {"))]
    }

    #[test]
    fn every_pair_of_the_palette_can_be_told_apart() {
        for (when, colour) in palettes() {
            let pairs = |tops: &[&str], grounds: &[&str], least: f64| {
                for (top, ground) in tops.iter().flat_map(|top| grounds.iter().map(move |ground| (top, ground))) {
                    let ratio = colour(top).contrast(colour(ground));
                    assert!(ratio >= least, "{top} on {ground} by {when}: {ratio:.2}");
                }
            };
            pairs(&["ink"], &["ground", "card", "sunk", "tint"], TEXT);
            pairs(&["soft"], &["ground", "card", "sunk", "tint"], TEXT);
            pairs(&["accent"], &["ground", "card", "tint"], TEXT);
            pairs(&["accent-deep"], &["ground", "card"], TEXT);
            pairs(&["on-accent"], &["accent", "accent-deep"], TEXT);
            pairs(&["good"], &["good-tint"], TEXT);
            pairs(&["calm"], &["calm-tint"], TEXT);
            pairs(&["warn"], &["warn-tint"], TEXT);
            pairs(&["bad"], &["bad-tint", "card"], TEXT);
            pairs(&["edge", "calm"], &["card", "ground"], 3.0);
        }
    }

    #[test]
    fn what_means_something_never_has_the_operators_colour() {
        for rule in
            [":focus-visible {", ".badge {", ".notice {", ".risky, button.link.risky {", ".error {", ".field.wrong {"]
        {
            let rule = CSS.split(&format!("\n{rule}")).nth(1).expect(rule).split('}').next().expect("it ends");
            assert!(!["--accent", "--on-accent", "--tint"].iter().any(|name| rule.contains(name)), "{rule}");
        }
    }

    #[test]
    fn an_accent_is_measured_on_the_grounds_it_stands_on() {
        let grounds = [BY_DAY, BY_NIGHT];
        for ((when, colour), grounds) in palettes().into_iter().zip(grounds) {
            assert_eq!(colour("ground"), grounds.ground, "{when}");
            assert_eq!(colour("card"), grounds.card, "{when}");
            assert_eq!(colour("on-accent"), grounds.on_accent, "{when}");
        }
    }

    #[test]
    fn contrast_is_what_the_standard_says() {
        let (black, white) = (Colour(0, 0, 0), Colour(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The grey that just passes on white, and the one that just fails.
        assert!(Colour(0x76, 0x76, 0x76).contrast(white) >= TEXT);
        assert!(Colour(0x77, 0x77, 0x77).contrast(white) < TEXT);
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_one_that_can() {
        let refused = Accent::new(Colour(0xff, 0xcc, 0x00)).expect_err("yellow on white");
        assert!(refused.ratio < 1.6, "{}", refused.ratio);
        assert!(Accent::new(refused.instead).is_ok());
        let accent = Accent::new(Colour(0x8a, 0x15, 0x38)).expect("a dark red");
        let refused = accent.with_night(Colour(0x33, 0x00, 0x11)).expect_err("dark on dark");
        assert!(accent.with_night(refused.instead).is_ok());
    }

    #[test]
    fn whatever_can_be_read_by_day_has_shades_that_can_be_read() {
        let inks = palettes().map(|(_, colour)| colour("ink"));
        for red in (0..=255).step_by(51) {
            for green in (0..=255).step_by(51) {
                for blue in (0..=255).step_by(51) {
                    let Ok(accent) = Accent::new(Colour(red, green, blue)) else { continue };
                    let grounds = [(BY_DAY, accent.day), (BY_NIGHT, accent.night)];
                    for ((grounds, accent), ink) in grounds.into_iter().zip(inks) {
                        let (deep, tint) = (grounds.deep(accent), grounds.tint(accent));
                        assert!(grounds.worst(accent) >= TEXT, "{accent}");
                        for (one, two) in [(deep, grounds.card), (deep, grounds.ground), (deep, grounds.on_accent)] {
                            assert!(one.contrast(two) >= TEXT, "{accent}: {one} on {two}");
                        }
                        assert!(ink.contrast(tint) >= TEXT, "{accent}: text on {tint}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_colour_is_six_digits() {
        assert_eq!(Colour::parse("#2346A8"), Some(Colour(0x23, 0x46, 0xa8)));
        for text in ["", "#fff", "2346a8", "#2346a", "#2346a8;", "red", "#+1+1+1", "#é2345", "url(x)"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }
}

//! The operator's name, logo and colours, out of `[branding]`: files are read and everything is measured before any page
//! is shown. What a browser could take for more than a picture, and what nobody could read, is refused here.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use url::Url;
use vestibule_templates::colour::{TEXT, Unreadable};
use vestibule_templates::picture::MOST_BYTES;
use vestibule_templates::{Accent, Brand, Colour, Picture, Support, one_line};

use crate::config::{BrandingSection, SiteSection};
use crate::error::Problems;

/// In characters: more would push the form off a phone's screen.
const LONGEST_NAME: usize = 60;
const LONGEST_SUPPORT: usize = 200;

/// Adds a problem for every key that cannot be used.
pub fn build(section: &BrandingSection, problems: &mut Problems) -> Arc<Brand> {
    let name = words("branding.name", &section.name, LONGEST_NAME, problems);
    let mut brand = Brand::new(name, support(section, problems));
    if let Some(accent) = accent(section, problems) {
        brand = brand.with_accent(accent);
    }
    let night = picture("branding.logo_dark_file", &section.logo_dark_file, problems);
    match picture("branding.logo_file", &section.logo_file, problems) {
        Some(day) => brand = brand.with_logo(day, night),
        None if section.logo_file.is_empty() && !section.logo_dark_file.is_empty() => {
            problems.add("branding.logo_dark_file", "there is no logo by day", "set branding.logo_file too");
        }
        None => {}
    }
    Arc::new(brand)
}

/// Adds a problem for every site whose name cannot be shown.
pub fn check_names(sites: &[SiteSection], problems: &mut Problems) {
    for (index, site) in sites.iter().enumerate() {
        words(&format!("site[{index}].name"), &site.name, LONGEST_NAME, problems);
    }
}

/// One line of text, as it is shown.
fn words(key: &str, text: &str, longest: usize, problems: &mut Problems) -> String {
    // What turns the direction of the text would turn whatever stands after it on the page.
    if one_line(text) != text {
        problems.add(key, "has characters that cannot be seen", "write it in one line, without control characters");
    } else if text.chars().count() > longest {
        problems.add(
            key,
            format!("is longer than {longest} characters"),
            "make it shorter: it stands above every form",
        );
    }
    text.trim().to_owned()
}

fn support(section: &BrandingSection, problems: &mut Problems) -> Option<Support> {
    let words = words("branding.support", &section.support, LONGEST_SUPPORT, problems);
    let href = (!section.support_url.is_empty()).then(|| section.support_url.clone());
    if let Some(href) = &href {
        // `javascript:` and its like would run as ours.
        let leads = Url::parse(href).is_ok_and(|url| match url.scheme() {
            "https" => url.username().is_empty() && url.password().is_none(),
            "mailto" | "tel" => !url.path().is_empty(),
            _ => false,
        });
        if !leads {
            let what = format!("{href:?} is no address that helps");
            let remedy = "write \"https://help.example.com\", \"mailto:help@example.com\" or \"tel:+31201234567\"";
            problems.add("branding.support_url", what, remedy);
        }
        if words.is_empty() {
            problems.add("branding.support_url", "there are no words to lead there", "set branding.support too");
        }
    }
    (!words.is_empty()).then_some(Support { words, href })
}

fn accent(section: &BrandingSection, problems: &mut Problems) -> Option<Accent> {
    let mut colour = |key: &str, text: &str| {
        let read = Colour::parse(text);
        if read.is_none() && !text.is_empty() {
            problems.add(key, format!("{text:?} is no colour"), "write six digits, such as \"#2346a8\"");
        }
        read
    };
    let day = colour("branding.accent", &section.accent);
    let night = colour("branding.accent_dark", &section.accent_dark);
    let mut unreadable = |key: &str, colour: Colour, by: &str, Unreadable { ratio, instead }: Unreadable| {
        let what = format!("{colour} has a contrast of {ratio:.1}:1 {by}, and text needs {TEXT}:1 (WCAG 2.2)");
        problems.add(key, what, format!("write \"{instead}\", the nearest that can be read, or another"));
    };
    let Some(day) = day else {
        if section.accent.is_empty() && !section.accent_dark.is_empty() {
            problems.add("branding.accent_dark", "there is no colour by day", "set branding.accent too");
        }
        return None;
    };
    let accent = Accent::new(day).map_err(|why| unreadable("branding.accent", day, "on the light page", why)).ok()?;
    match night {
        None => Some(accent),
        Some(night) => accent
            .with_night(night)
            .map_err(|why| unreadable("branding.accent_dark", night, "on the dark page", why))
            .ok(),
    }
}

fn picture(key: &str, path: &str, problems: &mut Problems) -> Option<Picture> {
    if path.is_empty() {
        return None;
    }
    let remedy = format!("name a PNG, JPEG or WebP picture of at most {} KiB", MOST_BYTES / 1024);
    let read = read(Path::new(path)).map_err(|error| format!("{path}: cannot be read ({error})"));
    match read.and_then(|bytes| Picture::read(bytes).map_err(|why| format!("{path}: {why}"))) {
        Ok(picture) => Some(picture),
        Err(what) => {
            problems.add(key, what, remedy);
            None
        }
    }
}

/// A little more than may be served, so that what is too much is known to be.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    // A pipe would hold up the start until somebody writes to it.
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGO: &str = "templates/examples/logo.png";

    /// The keys that are refused, each with what is wrong.
    fn refused(section: &BrandingSection) -> Vec<(String, String)> {
        let mut problems = Problems::default();
        build(section, &mut problems);
        problems.iter().map(|problem| (problem.key.clone(), problem.what.clone())).collect()
    }

    fn section(change: impl FnOnce(&mut BrandingSection)) -> BrandingSection {
        let mut section = BrandingSection::default();
        change(&mut section);
        section
    }

    #[test]
    fn whoever_brands_nothing_has_our_pages() {
        let mut problems = Problems::default();
        let brand = build(&BrandingSection::default(), &mut problems);
        assert!(problems.is_empty());
        assert_eq!(brand.assets().count(), 0);
    }

    #[test]
    fn a_whole_brand_is_taken() {
        let section = BrandingSection {
            name: "University of Examples".to_owned(),
            logo_file: LOGO.to_owned(),
            logo_dark_file: "templates/examples/logo-dark.png".to_owned(),
            accent: "#8a1538".to_owned(),
            accent_dark: "#ffb3c7".to_owned(),
            support: "The service desk helps".to_owned(),
            support_url: "mailto:help@example.com".to_owned(),
        };
        let mut problems = Problems::default();
        let brand = build(&section, &mut problems);
        assert!(problems.is_empty(), "{problems}");
        let names: Vec<&str> = brand.assets().map(|asset| asset.name).collect();
        assert_eq!(names, ["logo", "logo-dark", "brand.css", "mark.svg"]);
    }

    #[test]
    fn a_colour_that_cannot_be_read_is_refused_with_its_contrast() {
        let found = refused(&section(|section| section.accent = "#ffcc00".to_owned()));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, "branding.accent");
        assert!(found[0].1.starts_with("#ffcc00 has a contrast of 1."), "{found:?}");
        let found = refused(&section(|section| {
            section.accent = "#8a1538".to_owned();
            section.accent_dark = "#8a1538".to_owned();
        }));
        assert!(found[0].0 == "branding.accent_dark" && found[0].1.contains("on the dark page"), "{found:?}");
        assert_eq!(refused(&section(|section| section.accent = "red".to_owned()))[0].1, "\"red\" is no colour");
        let night_alone = section(|section| section.accent_dark = "#ffb3c7".to_owned());
        assert_eq!(refused(&night_alone)[0].0, "branding.accent_dark");
    }

    #[test]
    fn a_logo_that_is_no_picture_is_refused_by_its_name() {
        let logo = |path: &str| refused(&section(|section| section.logo_file = path.to_owned()));
        for (path, what) in [
            ("templates/assets/vestibule.svg", "is markup"),
            ("Cargo.toml", "is no picture"),
            ("Cargo.lock", "is larger than 8 KiB"),
            ("templates/no-such-file.png", "cannot be read"),
            ("templates", "it is no file"),
        ] {
            let found = logo(path);
            assert_eq!(found.len(), 1, "{path}: {found:?}");
            assert!(found[0].0 == "branding.logo_file" && found[0].1.contains(what), "{found:?}");
            assert!(found[0].1.contains(path), "{found:?}");
        }
        let night_alone = section(|section| section.logo_dark_file = LOGO.to_owned());
        assert_eq!(refused(&night_alone)[0].0, "branding.logo_dark_file");
        assert_eq!(logo(LOGO), []);
    }

    #[test]
    fn words_lead_only_where_help_can_be() {
        let led = |url: &str| {
            refused(&section(|section| {
                section.support = "Help".to_owned();
                section.support_url = url.to_owned();
            }))
        };
        for good in ["https://help.example.com/a?b=c", "mailto:help@example.com", "tel:+31201234567"] {
            assert_eq!(led(good), [], "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,x",
            "http://help.example.com",
            "/help",
            "//help",
            "mailto:",
            "https://user:word@help.example.com",
        ] {
            assert_eq!(led(bad)[0].0, "branding.support_url", "{bad}");
        }
        let wordless = section(|section| section.support_url = "https://help.example.com".to_owned());
        assert_eq!(refused(&wordless)[0].0, "branding.support_url");
    }

    #[test]
    fn a_name_is_one_short_line_that_turns_nothing_round() {
        for name in ["a\nb", "a\u{202e}b", &"x".repeat(61)] {
            assert_eq!(refused(&section(|section| section.name = name.to_owned()))[0].0, "branding.name", "{name:?}");
        }
        assert_eq!(refused(&section(|section| section.name = "جامعة <b>".to_owned())), []);
        let mut problems = Problems::default();
        let named = |name: &str| SiteSection { name: name.to_owned(), ..SiteSection::default() };
        check_names(&[named("The wiki"), named("a\u{202e}b"), named("")], &mut problems);
        assert_eq!(problems.iter().map(|problem| problem.key.as_str()).collect::<Vec<_>>(), ["site[1].name"]);
    }
}

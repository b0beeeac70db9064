//! Whose pages these are, in the operator's name: a name, a logo, a colour, and where help is. All of it is the
//! operator's; nothing of it comes from a visitor, and nothing of it leaves the pages' own origin. Pictures and colours
//! are served as assets, so the pages carry no inline style for them.

use maud::{Markup, html};

use crate::assets::{self, Asset};
use crate::colour::{Accent, Colour};
use crate::icon;
use crate::picture::Picture;

/// What is the operator's on every page; the default is ours.
#[derive(Clone, Debug, Default)]
pub struct Brand {
    /// What people call the place; empty: the site's name.
    pub(crate) name: String,
    pub(crate) support: Option<Support>,
    logo: Option<Logo>,
    stylesheet: Option<Asset>,
    /// Our mark in the operator's colour.
    mark: Option<Asset>,
}

/// Where people get help, in the operator's words.
#[derive(Clone, Debug)]
pub struct Support {
    pub words: String,
    /// Where the words lead: `https:`, `mailto:` or `tel:`.
    pub href: Option<String>,
}

#[derive(Clone, Debug)]
struct Logo {
    day: Asset,
    night: Option<Asset>,
    width: u32,
    height: u32,
}

impl Brand {
    pub fn new(name: String, support: Option<Support>) -> Self {
        Self { name, support, ..Self::default() }
    }

    pub fn with_accent(mut self, accent: Accent) -> Self {
        self.stylesheet = Some(Asset::new("brand.css", assets::STYLESHEET, accent.stylesheet().into_bytes()));
        self.mark = Some(assets::mark_in(accent.day()));
        self
    }

    /// `night`: for readers whose system is dark.
    pub fn with_logo(mut self, day: Picture, night: Option<Picture>) -> Self {
        let (width, height) = (day.width, day.height);
        let asset = |name, picture: Picture| Asset::new(name, picture.kind.content_type(), picture.bytes);
        self.logo =
            Some(Logo { day: asset("logo", day), night: night.map(|night| asset("logo-dark", night)), width, height });
        self
    }

    /// What is served for it, beside our own.
    pub fn assets(&self) -> impl Iterator<Item = &Asset> {
        let logo = self.logo.iter().flat_map(|logo| [Some(&logo.day), logo.night.as_ref()]).flatten();
        logo.chain(&self.stylesheet).chain(&self.mark)
    }

    pub(crate) fn name_or<'a>(&'a self, site: &'a str) -> &'a str {
        if self.name.is_empty() { site } else { &self.name }
    }

    /// What a page's head loads.
    pub(crate) fn links(&self) -> Markup {
        let logo = self.logo.as_ref().map(|logo| &logo.day);
        let icon = logo.or(self.mark.as_ref()).unwrap_or(assets::picture());
        html! {
            link rel="icon" type=(icon.content_type) href=(icon.path());
            link rel="stylesheet" href=(assets::stylesheet().path());
            @if let Some(colours) = &self.stylesheet { link rel="stylesheet" href=(colours.path()); }
        }
    }

    /// The logo, or our mark. It decorates: the name stands beside it.
    pub(crate) fn sign(&self) -> Markup {
        html! {
            @match &self.logo {
                None => (icon::mark()),
                Some(logo) => {
                    // A logo made for a light ground keeps one by night.
                    picture.logo.plate[logo.night.is_none()] {
                        @if let Some(night) = &logo.night {
                            source media="(prefers-color-scheme: dark)" srcset=(night.path());
                        }
                        img src=(logo.day.path()) alt="" width=(logo.width) height=(logo.height);
                    }
                }
            }
        }
    }
}

impl Support {
    pub(crate) fn render(&self) -> Markup {
        html! {
            p.support dir="auto" {
                @match &self.href {
                    Some(href) => a href=(href) { (self.words) },
                    None => (self.words),
                }
            }
        }
    }
}

impl Brand {
    pub(crate) fn sample() -> Self {
        let read = |bytes: &[u8]| Picture::read(bytes.to_vec()).ok();
        let words = "Stuck? The service desk helps: 020 555 01 23, weekdays from 8 to 18.".to_owned();
        let support = Support { words, href: Some("https://help.example.com/signing-in".into()) };
        let brand = Self::new("University of Examples".into(), Some(support));
        let night = read(include_bytes!("../examples/logo-dark.png"));
        let brand = match read(include_bytes!("../examples/logo.png")) {
            Some(day) => brand.with_logo(day, night),
            None => brand,
        };
        match Accent::new(Colour(0x0f, 0x6b, 0x5c)) {
            Ok(accent) => brand.with_accent(accent),
            Err(_) => brand,
        }
    }
}

//! What a page loads: one stylesheet, one script, one picture. The address carries a hash of the content, so that a
//! browser may keep it for ever and still never shows yesterday's. Nothing here may name another origin.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// One file, served at [`Asset::path`] as `immutable`.
#[derive(Debug)]
pub struct Asset {
    pub name: &'static str,
    /// The first 16 hexadecimal digits of SHA-256 over `bytes`.
    pub hash: String,
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

impl Asset {
    fn new(name: &'static str, content_type: &'static str, bytes: &'static [u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let hash = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name, hash, content_type, bytes }
    }

    /// The address on every host that serves our pages.
    pub fn path(&self) -> String {
        format!("/.vestibule/assets/{}/{}", self.hash, self.name)
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("vestibule.css", "text/css; charset=utf-8", include_bytes!("../assets/vestibule.css")),
        Asset::new("vestibule.js", "text/javascript; charset=utf-8", include_bytes!("../assets/vestibule.js")),
        Asset::new("vestibule.svg", "image/svg+xml", include_bytes!("../assets/vestibule.svg")),
    ]
});

/// Every file a page may load.
pub fn assets() -> &'static [Asset] {
    &*ASSETS
}

pub(crate) fn stylesheet() -> String {
    ASSETS[0].path()
}

pub(crate) fn script() -> String {
    ASSETS[1].path()
}

pub(crate) fn picture() -> String {
    ASSETS[2].path()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_name_no_other_origin_and_stay_small() {
        for asset in assets() {
            let text = std::str::from_utf8(asset.bytes).expect("UTF-8");
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://") && !text.contains("@import"), "{}", asset.name);
            assert_eq!(asset.hash.len(), 16);
        }
        assert!(stylesheet().ends_with(".css") && script().ends_with(".js") && picture().ends_with(".svg"));
        assert!(assets().iter().map(|asset| asset.bytes.len()).sum::<usize>() < 24 * 1024);
    }
}

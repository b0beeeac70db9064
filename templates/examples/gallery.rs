//! Writes every page with its assets into a folder, to be opened in a browser: `cargo run --example gallery DIR`.

use std::path::PathBuf;
use std::{env, fs, io};

use vestibule_templates::{Texts, assets, gallery};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "gallery".into()));
    fs::create_dir_all(&folder)?;
    let brand = gallery::brand();
    let assets: Vec<_> = assets::assets().iter().chain(brand.assets()).collect();
    for asset in &assets {
        fs::write(folder.join(asset.name), &asset.bytes)?;
    }
    for sample in gallery::samples(&Texts::english()) {
        let mut page = sample.page.into_string();
        for asset in &assets {
            page = page.replace(&asset.path(), asset.name);
        }
        fs::write(folder.join(format!("{}.html", sample.name)), page)?;
    }
    Ok(())
}

//! Every page from its sample, served as the gate serves its own: under the same policy, with the same assets. For what
//! must hold on all of them, in states that a walk through the gate seldom meets.

use std::net::SocketAddr;
use std::path::PathBuf;

use vestibule_templates::assets::{Asset, assets};
use vestibule_templates::{Texts, gallery};

use crate::http_server::serve;

/// As `templates/src/lib.rs` promises.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// One that nobody's passkey answers.
const CHALLENGE: &str =
    r#"{"challenge":"c2lnbmVk","options":"{\"publicKey\":{\"challenge\":\"AQIDBA\",\"rpId\":\"localhost\"}}"}"#;

pub struct Gallery {
    address: SocketAddr,
    names: Vec<String>,
    longest: String,
}

impl Gallery {
    pub fn open(texts: &Texts) -> Self {
        let pages: Vec<(String, String)> =
            gallery::samples(texts).into_iter().map(|sample| (sample.name, sample.page.into_string())).collect();
        let names = pages.iter().map(|(name, _)| name.clone()).collect();
        let longest = pages.iter().max_by_key(|(_, page)| page.len()).expect("there are pages").0.clone();
        let brand = gallery::brand();
        let files: Vec<Asset> = assets().iter().chain(brand.assets()).cloned().collect();
        let address = serve(move |request| {
            let path = request.line.split(' ').nth(1).unwrap_or_default();
            let file = files.iter().find(|file| file.path() == path);
            // What the script of the login page asks for by itself.
            if path.ends_with("/challenge") {
                return answer("200 OK", "application/json", CHALLENGE.as_bytes());
            }
            let page = pages.iter().find(|(name, _)| path.strip_prefix('/') == Some(name));
            match (file, page) {
                (Some(file), _) => answer("200 OK", file.content_type, &file.bytes),
                (_, Some((_, page))) => answer("200 OK", "text/html; charset=utf-8", page.as_bytes()),
                _ => answer("404 Not Found", "text/plain", b""),
            }
        });
        Self { address, names, longest }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The page with the most bytes of its own.
    pub fn longest(&self) -> &str {
        &self.longest
    }

    pub fn url(&self, name: &str) -> String {
        // By name: a browser holds keys' ceremonies on no bare address.
        format!("http://localhost:{}/{name}", self.address.port())
    }
}

fn answer(status: &str, kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nContent-Security-Policy: {POLICY}\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// Where pictures are left for human eyes.
pub fn screenshots() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("screenshots");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

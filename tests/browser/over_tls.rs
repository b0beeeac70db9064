//! The gate's own TLS in front of a real browser: HTTP/2, and cookies that only https has.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::driver::Browser;
use crate::harness::{Authority, Client, Gate, free_address};
use crate::person::{Person, application};

#[test]
fn a_login_over_https_and_http2() {
    let echo = application();
    let (authority, folder, https) = (Authority::make(), tempfile::tempdir().expect("a folder"), free_address());
    let made = authority.sign("localhost");
    let [cert, key] = ["tls.crt", "tls.key"].map(|name| folder.path().join(name));
    std::fs::write(&cert, &made.pem).and_then(|()| std::fs::write(&key, &made.key_pem)).expect("written");
    let listen = format!("https = [\"{https}\"]\ncertificates = [{{ cert_file = {cert:?}, key_file = {key:?} }}]");
    let site = format!("url = \"https://localhost:{}\"\nupstreams = [\"UPSTREAM\"]", https.port());
    let mut gate = Gate::before(&echo).listen(&listen).site(&site).start();
    let clear = gate.address;
    gate.address = Client::new(https, "localhost", &authority).tunnel();
    let user = gate.given_user("alice");

    // Nobody's list has the authority of this test: the browser is told this one key.
    let der = CertificateDer::from_pem_file(&cert).expect("a certificate");
    let (_, leaf) = X509Certificate::from_der(&der).expect("a certificate");
    let pin = data_encoding::BASE64.encode(&Sha256::digest(leaf.public_key().raw));
    let browser = Browser::start_with(&[&format!("--ignore-certificate-errors-spki-list={pin}")]);
    let alice = Person { browser, gate: &gate };

    // She types the address without its scheme, and comes by the old door.
    alice.browser.open(&format!("http://localhost:{}/wiki/page", clear.port()));
    alice.browser.arrive("/.vestibule/login");
    assert_eq!(alice.browser.url().origin().ascii_serialization(), gate.origin);
    alice.browser.requests();
    alice.signs_in(&user, "/wiki/page");
    alice.sees_the_application_as("alice");
    assert_eq!(echo.last().field("x-forwarded-proto"), Some("https"));
    let script = "performance.getEntriesByType('navigation')[0].nextHopProtocol";
    let spoken = alice.browser.devtools("Runtime.evaluate", serde_json::json!({ "expression": script }));
    assert_eq!(spoken["result"]["value"], "h2");
    let cookies = alice.browser.devtools("Network.getAllCookies", serde_json::json!({}));
    let cookies = cookies["cookies"].as_array().expect("there are cookies");
    assert!(cookies.iter().any(|cookie| cookie["name"] == "__Host-vestibule"));
    assert!(cookies.iter().all(|cookie| cookie["secure"] == true && cookie["httpOnly"] == true), "{cookies:?}");
    alice.signs_out();
}

//! The certificate as a browser would judge it, how long it still holds, and whether versions of TLS are spoken that
//! nobody should speak any more (RFC 8996).

use std::error::Error;
use std::net::SocketAddr;

use rustls::CertificateError as Bad;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;
use x509_parser::prelude::{FromDer, X509Certificate};

use super::ask::{Reply, Unanswered};
use super::{Finding, PATIENCE, connect};
use crate::app::Machine;

/// A certificate that ends sooner should have been replaced by now, in days.
const SOON: i64 = 14;

/// How the rest can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handshake {
    Good,
    /// By who takes a certificate that no browser takes.
    Doubtful,
    /// Not at all: there is no TLS.
    None,
}

/// `first`: the first answer by https, or why there was none.
pub async fn examine(
    url: &Url,
    addresses: &[SocketAddr],
    first: &Result<Reply, Unanswered>,
    findings: &mut Vec<Finding>,
) -> Handshake {
    let handshake = match first {
        Ok(reply) => {
            findings.push(accepted(reply));
            Handshake::Good
        }
        Err(why) => {
            let bad = certificate_error(&why.0);
            findings.push(refused(url, why, bad));
            match bad {
                Some(_) => Handshake::Doubtful,
                None => return Handshake::None,
            }
        }
    };
    let host = url.domain().unwrap_or_default();
    findings.push(match speaks_old(addresses, host).await {
        true => Finding::failure(
            "versions",
            "TLS 1.1 or 1.0 is spoken",
            "allow TLS 1.2 and 1.3 alone (nginx: ssl_protocols TLSv1.2 TLSv1.3;)",
        ),
        false => Finding::ok("versions", "TLS 1.1 and older are refused"),
    });
    handshake
}

/// A certificate that a browser takes, and for how long it still does.
fn accepted(reply: &Reply) -> Finding {
    let version = match reply.tls {
        Some(reqwest::tls::Version::TLS_1_3) => "TLS 1.3",
        Some(reqwest::tls::Version::TLS_1_2) => "TLS 1.2",
        _ => "TLS",
    };
    let days = reply.certificate.as_deref().and_then(|der| days_left(der, Machine::real().clock.wall().secs()));
    let remedy = "have it renewed by itself; Vestibule and the servers in front read new files without a restart, or on \
                  reload";
    match days {
        Some(days) if days < SOON => Finding::warning("tls", format!("the certificate ends in {days} days"), remedy),
        Some(days) => Finding::ok("tls", format!("{version}; the certificate holds for {days} days")),
        None => Finding::ok("tls", format!("{version}; the certificate is good")),
    }
}

/// What is wrong with the certificate, if that is it.
fn refused(url: &Url, why: &Unanswered, bad: Option<&Bad>) -> Finding {
    let host = url.host_str().unwrap_or_default();
    let Some(bad) = bad else {
        let remedy = "look whether this port speaks https, and at the log of what listens there";
        return Finding::failure("tls", why.to_string(), remedy);
    };
    let (what, remedy) = match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => ("the certificate has expired".to_owned(), "renew it"),
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            ("the certificate is not valid yet".to_owned(), "look at the clocks of both machines")
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            (format!("the certificate is not for {host}"), "give the server one with this name")
        }
        // A signature is also bad where another authority has the same name.
        Bad::UnknownIssuer | Bad::BadSignature => (
            "nobody this machine trusts signed the certificate".to_owned(),
            "serve the whole chain; for an authority of your own, name its file in SSL_CERT_FILE",
        ),
        // As `openssl req -x509` makes them.
        other if other.to_string().contains("CaUsedAsEndEntity") => (
            "the certificate is an authority's own, and browsers take none of these for a server's".to_owned(),
            "sign one for the server with it, and name the authority's file in SSL_CERT_FILE here",
        ),
        other => (format!("the certificate is refused: {other}"), "give the server another one"),
    };
    Finding::failure("tls", what, remedy)
}

/// The reason of the library that judged, wherever it is wrapped.
fn certificate_error(error: &reqwest::Error) -> Option<&Bad> {
    let mut next: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = next {
        if let Some(rustls::Error::InvalidCertificate(bad)) = error.downcast_ref() {
            return Some(bad);
        }
        // What an error of the system wraps is not its source, but the source of that would be.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn days_left(der: &[u8], now: i64) -> Option<i64> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Some((certificate.validity().not_after.timestamp() - now).div_euclid(86_400))
}

/// Whether somebody there goes on with a greeting in TLS 1.1.
async fn speaks_old(addresses: &[SocketAddr], host: &str) -> bool {
    let talk = async {
        let mut stream = connect(addresses).await.ok()?;
        stream.write_all(&old_hello(host)).await.ok()?;
        let mut answer = [0; 6];
        stream.read_exact(&mut answer).await.ok()?;
        // A record of type handshake with a ServerHello in it (RFC 4346 sections 6.2.1 and 7.4): anything else is a no.
        Some(answer[0] == 22 && answer[5] == 2)
    };
    matches!(tokio::time::timeout(PATIENCE, talk).await, Ok(Some(true)))
}

/// A ClientHello that offers nothing newer than TLS 1.1 (RFC 4346 section 7.4.1.2), with the name (RFC 6066 section 3).
fn old_hello(host: &str) -> Vec<u8> {
    const VERSION: [u8; 2] = [3, 2];
    // AES with CBC and SHA-1, with every key exchange of that time, and 3DES.
    const SUITES: [u8; 14] = [0xc0, 0x13, 0xc0, 0x14, 0xc0, 0x09, 0xc0, 0x0a, 0x00, 0x2f, 0x00, 0x35, 0x00, 0x0a];
    // P-256, P-384 and X25519, as points not compressed (RFC 8422 section 5.1).
    const GROUPS: [u8; 12] = [0, 10, 0, 8, 0, 6, 0, 23, 0, 24, 0, 29];
    const POINTS: [u8; 6] = [0, 11, 0, 2, 1, 0];
    // Not of that time, but there are servers that hang up without it: SHA-256 and SHA-1, RSA and ECDSA.
    const SIGNATURES: [u8; 14] = [0, 13, 0, 10, 0, 8, 4, 1, 4, 3, 2, 1, 2, 3];
    let mut extensions = [GROUPS.as_slice(), &POINTS, &SIGNATURES].concat();
    if !host.is_empty() {
        let name = [&[0][..], &with_length(host.as_bytes(), 2)].concat();
        extensions.extend([0, 0]);
        extensions.extend(with_length(&with_length(&name, 2), 2));
    }
    let mut hello = VERSION.to_vec();
    // Nobody's secrets depend on it: the greeting is all that is ever sent.
    hello.extend([0x56; 32]);
    hello.push(0);
    hello.extend(with_length(&SUITES, 2));
    hello.extend([1, 0]);
    hello.extend(with_length(&extensions, 2));
    let message = [&[1][..], &with_length(&hello, 3)].concat();
    [&[22, 3, 1][..], &with_length(&message, 2)].concat()
}

/// Behind its length in `width` bytes.
fn with_length(bytes: &[u8], width: usize) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    [&length[length.len() - width..], bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
        wanted.not_after = rcgen::date_time_ymd(2026, 3, 1);
        let der = wanted.self_signed(&key).unwrap().der().to_vec();
        let end = 1_772_323_200; // 2026-03-01
        assert_eq!(days_left(&der, end - 10 * 86_400), Some(10));
        assert_eq!(days_left(&der, end + 1), Some(-1));
        assert_eq!(days_left(b"junk", 0), None);
    }

    /// By rustls, which reads greetings strictly.
    #[test]
    fn the_old_greeting_is_well_formed() {
        let bytes = old_hello("a.test");
        let mut acceptor = rustls::server::Acceptor::default();
        acceptor.read_tls(&mut bytes.as_slice()).unwrap();
        let accepted = acceptor.accept().unwrap_or_else(|(error, _)| panic!("{error}")).expect("a whole greeting");
        assert_eq!(accepted.client_hello().server_name(), Some("a.test"));
    }
}

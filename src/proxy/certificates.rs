//! The certificates of `listen.https`: read with all that can be wrong with them, chosen by the name a client asks for,
//! and read again when their files change (`watched.rs`). A pair that cannot be used is never shown.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::sign::CertifiedKey;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::pem::{self, Half};
use super::watched::{Look, Watched};
use crate::clock::Time;
use crate::config::CertificateFiles;
use crate::error::Problems;
use crate::telemetry::metrics;
use crate::types::HostPattern;

/// A certificate is told to be near its end this long before, or in the last third of its life where that is shorter:
/// whatever renews certificates has done so by then.
const NEAR_END: Duration = Duration::from_secs(14 * 86_400);
/// How often that is said again.
const REMINDER: Duration = Duration::from_secs(86_400);

/// All of them, in the order of the configuration.
#[derive(Debug, Default)]
pub struct Certificates(Vec<Slot>);

/// The place of one certificate.
#[derive(Debug)]
struct Slot {
    files: CertificateFiles,
    pair: Watched<Pair>,
    /// When it was last said that its end is near.
    reminded: Mutex<Option<Time>>,
}

/// A certificate in force.
#[derive(Debug)]
pub struct Pair {
    pub key: Arc<CertifiedKey>,
    /// The names and addresses it is good for.
    names: Vec<HostPattern>,
    begins: Time,
    ends: Time,
}

impl Pair {
    fn read(files: &CertificateFiles, now: Time) -> Result<Self, (Half, String)> {
        let file = &files.cert_file;
        let identity = pem::identity(file, &files.key_file)?;
        let trouble = |what: String| (Half::Certificate, format!("{file} {what}"));
        let leaf = X509Certificate::from_der(&identity.chain[0]).map(|(_, leaf)| leaf);
        let leaf = leaf.map_err(|_| trouble("holds a certificate that cannot be read".to_owned()))?;
        let names = leaf.subject_alternative_name().ok().flatten();
        let names: Vec<_> = names.iter().flat_map(|names| &names.value.general_names).filter_map(pattern).collect();
        let validity = leaf.validity();
        let begins = Time::from_secs(validity.not_before.timestamp());
        let ends = Time::from_secs(validity.not_after.timestamp());
        if names.is_empty() {
            return Err(trouble("holds a certificate without names (subjectAltName): no browser takes it".to_owned()));
        }
        if now < begins {
            return Err(trouble(format!("holds a certificate that is not valid before {begins}")));
        }
        if now > ends {
            return Err(trouble(format!("holds a certificate that expired at {ends}")));
        }
        Ok(Self { key: Arc::new(identity.pair), names, begins, ends })
    }

    /// Whether it is good for this canonical host.
    pub fn covers(&self, host: &str) -> bool {
        self.names.iter().any(|name| name.covers(host))
    }

    fn is_same(&self, other: &Self) -> bool {
        self.key.cert == other.key.cert
    }

    fn is_near_end(&self, now: Time) -> bool {
        now.until(self.ends) < NEAR_END.min(self.begins.until(self.ends) / 3)
    }
}

impl Certificates {
    /// Reads all of them; every problem is named by its key.
    pub fn read(files: &[CertificateFiles], now: Time, problems: &mut Problems) -> Self {
        let mut slots = Vec::with_capacity(files.len());
        for (n, files) in files.iter().enumerate() {
            match Slot::read(files, now) {
                Ok(slot) => slots.push(slot),
                Err((half, what)) => {
                    let (key, remedy) = match half {
                        Half::Certificate => {
                            ("cert_file", "name a PEM file with a certificate that is in force, and the chain below it")
                        }
                        Half::Key => ("key_file", "name the PEM file with its key"),
                    };
                    problems.add(format!("listen.certificates[{n}].{key}"), what, remedy);
                }
            }
        }
        Self(slots)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The one for a client that asks for this name; the first for one that asks for none. `None`: nobody here has that
    /// name, and whoever looks for it is not to be shown another.
    pub fn choose(&self, name: Option<&str>) -> Option<Arc<Pair>> {
        let mut pairs = self.0.iter().map(|slot| slot.pair.load());
        let Some(name) = name else { return pairs.next() };
        let pairs: Vec<_> = pairs.filter(|pair| pair.covers(name)).collect();
        let exact = HostPattern::Exact(name.to_owned());
        pairs.iter().find(|pair| pair.names.contains(&exact)).or_else(|| pairs.first()).cloned()
    }

    /// Whether any of them is good for all hosts of this pattern.
    pub fn cover(&self, host: &HostPattern) -> bool {
        match host {
            HostPattern::Any => true,
            HostPattern::Exact(name) => self.choose(Some(name)).is_some(),
            HostPattern::Wildcard(_) => self.0.iter().any(|slot| slot.pair.load().names.contains(host)),
        }
    }

    /// Looks after the files; to be called each second. It reads, so it may take a while.
    pub fn look(&self, now: Time) {
        self.0.iter().for_each(|slot| slot.look(now));
    }
}

impl Slot {
    fn read(files: &CertificateFiles, now: Time) -> Result<Self, (Half, String)> {
        let pair = Watched::read(vec![files.cert_file.clone(), files.key_file.clone()], || Pair::read(files, now))?;
        Ok(Self { files: files.clone(), pair, reminded: Mutex::default() })
    }

    fn look(&self, now: Time) {
        let file = &self.files.cert_file;
        let look = self.pair.look(|| Pair::read(&self.files, now).map_err(|(_, why)| why), Pair::is_same);
        let pair = self.pair.load();
        let mut reminded = self.reminded.lock().unwrap_or_else(PoisonError::into_inner);
        match look {
            Look::Same => {}
            Look::New => {
                tracing::info!(file, until = %pair.ends, "a new certificate is in force");
                *reminded = None;
            }
            Look::Trouble(why) => {
                tracing::error!(file, why, "a certificate cannot be renewed, the old one stays in force");
            }
        }
        if pair.is_near_end(now) && reminded.is_none_or(|last| now.since(last) >= REMINDER) {
            *reminded = Some(now);
            tracing::warn!(file, until = %pair.ends, "a certificate is near its end, or past it");
        }
        metrics().certificate(file, pair.ends.secs() - now.secs());
    }
}

/// A name in a certificate as hosts are compared. `*` alone is no name of anybody's.
fn pattern(name: &GeneralName<'_>) -> Option<HostPattern> {
    match name {
        GeneralName::DNSName(name) => HostPattern::parse(name).ok().filter(|pattern| *pattern != HostPattern::Any),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(four) => HostPattern::parse(&std::net::Ipv4Addr::from(four).to_string()).ok(),
            Err(_) => {
                let six = std::net::Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?);
                HostPattern::parse(&format!("[{six}]")).ok()
            }
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const NOW: Time = Time::from_secs(1_768_478_400);

    /// Writes a pair for these names, valid from and for so many days around [`NOW`].
    fn write(folder: &Path, names: &[&str], from: i64, days: i64) -> CertificateFiles {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted =
            rcgen::CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
        let at = |days: i64| (std::time::UNIX_EPOCH + Duration::from_secs((NOW.secs() + days * 86_400) as u64)).into();
        (wanted.not_before, wanted.not_after) = (at(from), at(from + days));
        let file = |name: &str, text: &str| {
            let file = folder.join(name);
            // As whatever renews certificates does it.
            std::fs::write(folder.join("new"), text).unwrap();
            std::fs::rename(folder.join("new"), &file).unwrap();
            file.display().to_string()
        };
        CertificateFiles {
            cert_file: file("cert.pem", &wanted.self_signed(&key).unwrap().pem()),
            key_file: file("key.pem", &key.serialize_pem()),
        }
    }

    fn read(files: &[CertificateFiles]) -> (Certificates, String) {
        let mut problems = Problems::default();
        let certificates = Certificates::read(files, NOW, &mut problems);
        (certificates, problems.to_string())
    }

    #[test]
    fn a_certificate_is_chosen_by_name_the_exact_one_first() {
        let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
        let names: [&[&str]; 3] = [&["*.a.test", "192.0.2.7", "::1"], &["b.a.test", "B.test"], &["c.test"]];
        let files: Vec<_> = std::iter::zip(&folders, names).map(|(f, names)| write(f.path(), names, -1, 90)).collect();
        let (certificates, problems) = read(&files);
        assert_eq!(problems, "");
        let chosen = |name| {
            let pair = certificates.choose(name)?;
            certificates.0.iter().position(|slot| slot.pair.load().is_same(&pair))
        };
        assert_eq!(chosen(None), Some(0));
        assert_eq!(chosen(Some("x.a.test")), Some(0));
        assert_eq!(chosen(Some("b.a.test")), Some(1));
        assert_eq!(chosen(Some("b.test")), Some(1));
        assert_eq!(chosen(Some("c.test")), Some(2));
        assert_eq!(chosen(Some("a.test")), None);
        assert_eq!(chosen(Some("x.y.a.test")), None);
        let first = certificates.choose(None).unwrap();
        assert!(first.covers("192.0.2.7") && first.covers("[::1]") && !first.covers("192.0.2.8"));
    }

    /// CF-11
    #[test]
    fn what_cannot_be_used_is_named_at_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let other = tempfile::tempdir().unwrap();
        let (good, stranger) = (write(folder.path(), &["a.test"], -1, 90), write(other.path(), &["a.test"], -1, 90));
        assert_eq!(read(std::slice::from_ref(&good)).1, "");
        let of = |cert: &str, key: &str| CertificateFiles { cert_file: cert.to_owned(), key_file: key.to_owned() };
        for (files, key, what) in [
            (of("/gone.pem", &good.key_file), "cert_file", "/gone.pem cannot be read"),
            (of(&good.cert_file, "/gone.pem"), "key_file", "/gone.pem cannot be read"),
            (of(&good.key_file, &good.key_file), "cert_file", "holds no certificate"),
            (of(&good.cert_file, &good.cert_file), "key_file", "holds no private key"),
            (of(&good.cert_file, &stranger.key_file), "key_file", "is not the key of"),
        ] {
            let told = read(&[files]).1;
            assert!(told.contains(&format!("listen.certificates[0].{key}: ")) && told.contains(what), "{told}");
            assert!(!told.contains("PRIVATE"), "{told}");
        }
        for (names, from, days, what) in [
            (&["a.test"][..], -90, 89, "expired at"),
            (&["a.test"], 1, 90, "not valid before"),
            (&[], -1, 90, "without names"),
        ] {
            let told = read(&[write(folder.path(), names, from, days)]).1;
            assert!(told.contains("cert_file") && told.contains(what), "{told}");
        }
    }

    #[test]
    fn a_new_pair_is_taken_and_a_bad_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = write(folder.path(), &["a.test"], -1, 90);
        let certificates = read(std::slice::from_ref(&files)).0;
        let names = || certificates.choose(None).unwrap().names.clone();
        let is = |name: &str| vec![HostPattern::parse(name).unwrap()];
        write(folder.path(), &["b.test"], -1, 90);
        certificates.look(NOW);
        assert_eq!(names(), is("b.test"));
        // Neither what is not valid yet, nor what has no key, nor nothing.
        write(folder.path(), &["c.test"], 1, 90);
        certificates.look(NOW);
        assert_eq!(names(), is("b.test"));
        certificates.look(NOW + Duration::from_secs(2 * 86_400));
        assert_eq!(names(), is("c.test"), "its time has come");
        std::fs::remove_file(&files.key_file).unwrap();
        write(folder.path(), &["d.test"], -1, 90);
        std::fs::remove_file(&files.key_file).unwrap();
        certificates.look(NOW);
        assert_eq!(names(), is("c.test"));
        write(folder.path(), &["d.test"], -1, 90);
        certificates.look(NOW);
        assert_eq!(names(), is("d.test"));
    }

    #[test]
    fn an_end_is_near_by_the_length_of_a_life() {
        let folder = tempfile::tempdir().unwrap();
        for (days, left, near) in [(90, 13, true), (90, 15, false), (6, 3, false), (6, 1, true)] {
            let pair = Pair::read(&write(folder.path(), &["a.test"], -1, days), NOW).unwrap();
            let now = pair.ends - Duration::from_secs(left * 86_400);
            assert_eq!(pair.is_near_end(now), near, "{left} of {days}");
        }
    }
}

//! A validation server (Yubico's protocol, version 2.0) and the keys it knows. The encrypted part of a code is here a
//! counter and a MAC over it, which says as much as a block of AES to whoever does not hold the device's key.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};

use super::http_server::{Request, of, serve};

pub const CLIENT: &str = "87";
/// What server and client sign with.
pub const KEY: &[u8; 20] = b"a key of the two of ";

static KEYS: AtomicU64 = AtomicU64::new(0);

/// A key with a name of its own.
pub struct YubiKey {
    name: String,
    pub counter: u64,
}

impl YubiKey {
    pub fn new() -> Self {
        let number = KEYS.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        Self { name: modhex(&number[2..]), counter: 0x0100 }
    }

    /// A touch: the next code.
    pub fn touch(&mut self) -> String {
        self.counter += 1;
        let counter = self.counter.to_be_bytes();
        format!("{}{}{}", self.name, modhex(&counter), modhex(&mac(&self.name, &counter)))
    }
}

fn mac(name: &str, counter: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(b"in the device").expect("a key");
    mac.update(name.as_bytes());
    mac.update(counter);
    mac.finalize().into_bytes()[..8].to_vec()
}

fn modhex(bytes: &[u8]) -> String {
    let digits = b"cbdefghijklnrtuv";
    let two = |byte: &u8| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]].map(char::from);
    bytes.iter().flat_map(two).collect()
}

fn counter_of(otp: &str) -> Option<(&str, u64)> {
    let place = |letter: u8| b"cbdefghijklnrtuv".iter().position(|&digit| digit == letter);
    let (name, encrypted) = otp.split_at_checked(otp.len().checked_sub(32)?)?;
    let digits: Option<Vec<usize>> = encrypted.bytes().map(place).collect();
    let bytes: Vec<u8> = digits?.chunks(2).map(|two| (two[0] << 4 | two[1]) as u8).collect();
    let counter: [u8; 8] = bytes[..8].try_into().ok()?;
    (mac(name, &counter) == bytes[8..]).then(|| (name, u64::from_be_bytes(counter)))
}

pub type Pairs = BTreeMap<String, String>;

/// Its address. `twist` may change what is said, before it is signed.
pub fn start(twist: impl Fn(&mut Pairs) + Send + Sync + 'static) -> SocketAddr {
    start_with(move |said| {
        twist(said);
        sign(said);
    })
}

/// The same, changed after the signature as well.
pub fn start_with(finish: impl Fn(&mut Pairs) + Send + Sync + 'static) -> SocketAddr {
    let seen: Mutex<BTreeMap<String, (u64, String)>> = Mutex::default();
    serve(move |request: &Request| {
        let query = request.line.split_once('?').map_or("", |(_, query)| query);
        let mut asked: Pairs =
            serde_urlencoded::from_str::<Vec<(String, String)>>(query).expect("a query").into_iter().collect();
        let given = asked.remove("h").unwrap_or_default();
        let mut checked = asked.clone();
        sign(&mut checked);
        let (otp, nonce) = (asked["otp"].clone(), asked["nonce"].clone());
        let mut said = Pairs::from([("t".to_owned(), "2027-01-15T08:00:00Z0123".to_owned())]);
        said.extend([("otp".to_owned(), otp.clone()), ("nonce".to_owned(), nonce.clone())]);
        let mut seen = seen.lock().expect("a lock");
        let status = match counter_of(&otp) {
            _ if checked["h"] != given || asked["id"] != CLIENT => "BAD_SIGNATURE",
            None => "BAD_OTP",
            Some((name, counter)) => match seen.get(name) {
                Some((last, before)) if counter == *last && *before == nonce => "REPLAYED_REQUEST",
                Some((last, _)) if counter <= *last => "REPLAYED_OTP",
                _ => {
                    seen.insert(name.to_owned(), (counter, nonce));
                    said.insert("sessioncounter".to_owned(), (counter >> 8).to_string());
                    said.insert("sessionuse".to_owned(), (counter & 255).to_string());
                    "OK"
                }
            },
        };
        said.insert("status".to_owned(), status.to_owned());
        finish(&mut said);
        let lines: String = said.iter().map(|(name, value)| format!("{name}={value}\r\n")).collect();
        of("200 OK", &lines)
    })
}

pub fn sign(said: &mut Pairs) {
    said.remove("h");
    let text: Vec<String> = said.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(KEY).expect("a key");
    mac.update(text.join("&").as_bytes());
    said.insert("h".to_owned(), data_encoding::BASE64.encode(&mac.finalize().into_bytes()));
}

//! What a proxy says before anything else of the connection it passes on: the PROXY protocol, version 1 and 2 (HAProxy,
//! "The PROXY protocol", sections 2.1 and 2.2). It is read to the byte, strictly: what is not such a header, or could be
//! read in another way, ends the connection. Whoever may say it is for the listener to know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt};

/// How each version begins. The shortest header of either is longer.
const SECOND: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const FIRST: &[u8] = b"PROXY ";
/// The longest line of version 1, with its end.
const LONGEST_LINE: usize = 107;
/// The longest remainder of version 2: the specification allows more, and nobody needs it.
const LONGEST_BLOCK: usize = 4096;

/// What type a value has that tells of TLS (section 2.2.6, PP2_TYPE_SSL), and the bit of its first byte that says that the
/// client came over it. Four bytes of something else follow.
const ABOUT_TLS: u8 = 0x20;
const OVER_TLS: u8 = 1;
const SHORTEST_ABOUT_TLS: usize = 5;

/// What a header tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// `None`: the proxy speaks for itself (version 2, LOCAL), or does not know for whom (UNKNOWN, or a family without
    /// addresses), and the peer's own address is all there is.
    pub client: Option<SocketAddr>,
    /// The client came to the proxy over TLS, which ended there.
    pub over_tls: bool,
}

impl From<Option<SocketAddr>> for Told {
    fn from(client: Option<SocketAddr>) -> Self {
        Self { client, over_tls: false }
    }
}

/// Why a connection has no header.
#[derive(Debug, thiserror::Error)]
pub enum PreambleError {
    #[error("the connection ended within the header: {0}")]
    Cut(#[from] std::io::Error),
    #[error("the header of the PROXY protocol is missing")]
    Missing,
    #[error("the header of the PROXY protocol is malformed: {0}")]
    Malformed(&'static str),
}

/// Reads the header, and not one byte more.
///
/// # Errors
/// See [`PreambleError`].
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Told, PreambleError> {
    let mut begin = [0; SECOND.len()];
    stream.read_exact(&mut begin).await?;
    if begin == *SECOND {
        let mut fixed = [0; 4];
        stream.read_exact(&mut fixed).await?;
        let [command, family, length @ ..] = fixed;
        let length = usize::from(u16::from_be_bytes(length));
        if length > LONGEST_BLOCK {
            return Err(PreambleError::Malformed("it is too long"));
        }
        let mut block = vec![0; length];
        stream.read_exact(&mut block).await?;
        return second(command, family, &block);
    }
    if !begin.starts_with(FIRST) {
        return Err(PreambleError::Missing);
    }
    let mut line = begin.to_vec();
    while !line.ends_with(b"\r\n") {
        if line.len() == LONGEST_LINE {
            return Err(PreambleError::Malformed("its line does not end"));
        }
        // One at a time: the next byte may be the client's.
        line.push(stream.read_u8().await?);
    }
    first(&line[FIRST.len()..line.len() - 2]).map(Told::from)
}

/// Version 1, behind its first word and without the end of its line.
fn first(line: &[u8]) -> Result<Option<SocketAddr>, PreambleError> {
    let line = std::str::from_utf8(line).map_err(|_| PreambleError::Malformed("it is not ASCII"))?;
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        // The rest of such a line means nothing.
        ["UNKNOWN", ..] => Ok(None),
        ["TCP4", from, to, from_port, to_port] => ends::<Ipv4Addr>(from, to, from_port, to_port),
        ["TCP6", from, to, from_port, to_port] => ends::<Ipv6Addr>(from, to, from_port, to_port),
        _ => Err(PreambleError::Malformed("its words are not those of the protocol")),
    }
}

fn ends<A: std::str::FromStr + Into<IpAddr>>(
    from: &str,
    to: &str,
    from_port: &str,
    to_port: &str,
) -> Result<Option<SocketAddr>, PreambleError> {
    let address = |text: &str| text.parse::<A>().map_err(|_| PreambleError::Malformed("an address is none"));
    let port = |text: &str| {
        let plain = text == "0" || !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| plain).ok_or(PreambleError::Malformed("a port is none"))
    };
    // All of it must make sense, although only the first half is of use.
    address(to)?;
    port(to_port)?;
    Ok(Some(SocketAddr::new(address(from)?.into(), port(from_port)?)))
}

/// Version 2, behind its signature.
fn second(command: u8, family: u8, block: &[u8]) -> Result<Told, PreambleError> {
    match command {
        0x20 => return Ok(Told::default()),
        0x21 => {}
        _ => return Err(PreambleError::Malformed("its version or its command is not known")),
    }
    let (client, values) = match (family, block) {
        // Of what it is about nobody knows the length.
        (0x00, _) => return Ok(Told::default()),
        (0x11, [a, b, c, d, _, _, _, _, high, low, _, _, values @ ..]) => {
            (Some(SocketAddr::new([*a, *b, *c, *d].into(), u16::from_be_bytes([*high, *low]))), values)
        }
        (0x21, block) if block.len() >= 36 => {
            let mut from = [0; 16];
            from.copy_from_slice(&block[..16]);
            (Some(SocketAddr::new(from.into(), u16::from_be_bytes([block[32], block[33]]))), &block[36..])
        }
        // A Unix socket.
        (0x31, block) if block.len() >= 216 => (None, &block[216..]),
        (0x11 | 0x21 | 0x31, _) => return Err(PreambleError::Malformed("it is too short for its addresses")),
        _ => return Err(PreambleError::Malformed("it is about no stream")),
    };
    Ok(Told { client, over_tls: over_tls(values)? })
}

/// What is said of TLS behind the addresses, among values of other types: a type, a length of two bytes, and as much.
fn over_tls(mut values: &[u8]) -> Result<bool, PreambleError> {
    let mut told = None;
    while !values.is_empty() {
        let [kind, high, low, rest @ ..] = values else {
            return Err(PreambleError::Malformed("a value is cut short"));
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (value, rest) = rest.split_at_checked(length).ok_or(PreambleError::Malformed("a value is cut short"))?;
        if *kind == ABOUT_TLS {
            if told.is_some() || value.len() < SHORTEST_ABOUT_TLS {
                return Err(PreambleError::Malformed("what it says of TLS is not one thing"));
            }
            told = Some(value[0] & OVER_TLS != 0);
        }
        values = rest;
    }
    Ok(told.unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read, and what is left.
    async fn parse(bytes: &[u8]) -> (Result<Told, String>, usize) {
        let mut rest = bytes;
        let told = read(&mut rest).await;
        (told.map_err(|error| error.to_string()), rest.len())
    }

    fn block(command: u8, family: u8, block: &[u8]) -> Vec<u8> {
        let length = u16::try_from(block.len()).unwrap().to_be_bytes();
        [&SECOND[..], &[command, family], &length, block].concat()
    }

    #[tokio::test]
    async fn both_versions_tell_the_client_and_leave_the_rest() {
        let four = [192, 0, 2, 1, 10, 0, 0, 1, 0x1f, 0x90, 0, 80];
        let six = [&[0x20, 1, 0xd, 0xb8][..], &[0; 12], &[0; 16], &[0, 7, 0, 80]].concat();
        let with_values = [&four[..], &[0x04, 0, 2, 1, 1]].concat();
        for (header, told) in [
            (b"PROXY TCP4 192.0.2.1 10.0.0.1 8080 80\r\n".to_vec(), Some("192.0.2.1:8080")),
            (b"PROXY TCP6 2001:db8::7 ::1 7 80\r\n".to_vec(), Some("[2001:db8::7]:7")),
            (b"PROXY UNKNOWN\r\n".to_vec(), None),
            (b"PROXY UNKNOWN ff:: ff:: 1 2\r\n".to_vec(), None),
            (block(0x21, 0x11, &four), Some("192.0.2.1:8080")),
            (block(0x21, 0x11, &with_values), Some("192.0.2.1:8080")),
            (block(0x21, 0x21, &six), Some("[2001:db8::]:7")),
            (block(0x21, 0x31, &[b'/'; 216]), None),
            (block(0x21, 0x00, &[]), None),
            (block(0x20, 0x11, &four), None),
            (block(0x20, 0x00, &[]), None),
        ] {
            let (read, left) = parse(&[&header[..], b"GET / "].concat()).await;
            let told = Told::from(told.map(|told| told.parse().unwrap()));
            assert_eq!((read, left), (Ok(told), 6), "{}", header.escape_ascii());
        }
    }

    #[tokio::test]
    async fn the_second_version_tells_of_tls_that_ended_before() {
        let four = [192, 0, 2, 1, 10, 0, 0, 1, 0x1f, 0x90, 0, 80];
        let (over, not_over) = ([0x20, 0, 5, 0x01, 0, 0, 0, 0], [0x20, 0, 5, 0xfe, 0, 0, 0, 0]);
        let (nothing, longer) = ([0x04, 0, 0], [0x20, 0, 10, 0x07, 0, 0, 0, 1, 0x21, 0, 2, b'v', b'3']);
        let told = async |family, values: &[&[u8]]| {
            let addresses = if family == 0x31 { &[b'/'; 216][..] } else { &four };
            let read = parse(&block(0x21, family, &[addresses, &values.concat()].concat())).await.0;
            read.map(|told| told.over_tls)
        };
        assert_eq!(told(0x11, &[&over]).await, Ok(true));
        assert_eq!(told(0x11, &[&nothing, &longer, &nothing]).await, Ok(true));
        assert_eq!(told(0x31, &[&over]).await, Ok(true), "of a client without an address, too");
        assert_eq!(told(0x11, &[&not_over]).await, Ok(false));
        assert_eq!(told(0x11, &[]).await, Ok(false));
        for bad in [&[&over[..], &not_over][..], &[&over, &over], &[&[0x20, 0, 1, 1]], &[&over[..7]], &[&over, &[4, 0]]]
        {
            assert!(told(0x11, bad).await.is_err(), "{bad:?}");
        }
        let local = block(0x20, 0x11, &[&four[..], &over].concat());
        assert_eq!(parse(&local).await.0, Ok(Told::default()), "its own connections are in clear");
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        let long = format!("PROXY TCP4 {}\r\n", "1".repeat(100));
        for line in [
            "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "PROXY\r\nGET / HTTP/1.1\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 8080\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 8080 80 \r\n",
            "PROXY TCP4  192.0.2.1 10.0.0.1 8080 80\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 8080 80\n\r\n",
            "PROXY TCP4 192.0.2.01 10.0.0.1 8080 80\r\n",
            "PROXY TCP4 ::1 ::1 8080 80\r\n",
            "PROXY TCP6 192.0.2.1 10.0.0.1 8080 80\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 +80 80\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 080 80\r\n",
            "PROXY TCP4 192.0.2.1 10.0.0.1 65536 80\r\n",
            "PROXY tcp4 192.0.2.1 10.0.0.1 1 80\r\n",
            "PROXY UDP4 192.0.2.1 10.0.0.1 1 80\r\n",
            "proxy TCP4 192.0.2.1 10.0.0.1 1 80\r\n",
            &long,
        ] {
            assert!(parse(line.as_bytes()).await.0.is_err(), "{line}");
        }
        for (command, family, length) in [
            (0x11, 0x11, 12),
            (0x22, 0x11, 12),
            (0x31, 0x11, 12),
            (0x21, 0x11, 11),
            (0x21, 0x21, 35),
            (0x21, 0x31, 215),
            (0x21, 0x12, 12),
            (0x21, 0x41, 12),
            (0x20, 0x00, LONGEST_BLOCK + 1),
        ] {
            let header = block(command, family, &vec![0; length]);
            assert!(parse(&header).await.0.is_err(), "{command:x} {family:x} {length}");
        }
        assert!(parse(&SECOND[..]).await.0.is_err(), "cut");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), version: bool) {
            let begin = if version { &SECOND[..] } else { FIRST };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (told, left) = runtime.block_on(parse(&[begin, &bytes[..]].concat()));
            assert!(told.is_err() || left <= bytes.len());
        }
    }
}

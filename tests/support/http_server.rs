//! A provider on loopback: reads each request whole and answers as a test says, on threads of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// A request as it was received.
pub struct Request {
    /// Method and target: `POST /hook`.
    pub line: String,
    /// The header lines, names in small letters.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn read(stream: &mut TcpStream) -> Option<Self> {
        let (mut bytes, mut piece) = (Vec::new(), [0; 4096]);
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return None,
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
            }
        };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut request = Self { line, headers, body: String::new() };
        let length = request.header("content-length").parse().unwrap_or(0);
        let mut body = bytes.split_off(end + 4);
        while body.len() < length {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => return None,
                Ok(read) => body.extend_from_slice(&piece[..read]),
            }
        }
        request.body = String::from_utf8_lossy(&body).into_owned();
        Some(request)
    }
}

/// Answers every connection once; an empty answer closes it without a word.
pub fn serve<A: AsRef<[u8]>>(answer: impl Fn(&Request) -> A + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("bound");
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                if let Some(request) = Request::read(&mut stream) {
                    let _ = stream.write_all(answer(&request).as_ref());
                }
            });
        }
    });
    address
}

/// An answer with a body: `of("200 OK", "{}")`.
pub fn of(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

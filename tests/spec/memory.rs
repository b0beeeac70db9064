//! What is passed on is not kept: however much goes through, in either direction, the gate's memory stays as it was.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::{Echo, Gate, until};
use crate::traffic::request;

const MIB: usize = 1 << 20;
/// The most that the gate's memory may grow by, in bytes.
const GROWTH: usize = 8 * MIB;

/// How much goes through, in bytes.
const AMOUNT: usize = 1024 * MIB;

/// Resident memory of a process, in bytes.
fn resident(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

/// An application that reads to the end of what is announced, and sends as much as it is asked for. `sent`: so far.
fn application(sent: Arc<AtomicUsize>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let sent = sent.clone();
            std::thread::spawn(move || while serve(&mut stream, &sent).is_some() {});
        }
    });
    address
}

fn serve(stream: &mut TcpStream, sent: &AtomicUsize) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let up = head.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|text| text.parse().ok());
    pass(stream, up.unwrap_or(0), |_| {})?;
    let down: usize = head.split("/down/").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).unwrap_or(0);
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {down}\r\n\r\n").ok()?;
    fill(stream, down, |count| {
        sent.fetch_add(count, Ordering::SeqCst);
    })
}

fn fill(stream: &mut TcpStream, mut left: usize, mut each: impl FnMut(usize)) -> Option<()> {
    let block = vec![b'x'; 64 * 1024];
    while left > 0 {
        let count = left.min(block.len());
        stream.write_all(&block[..count]).ok()?;
        left -= count;
        each(count);
    }
    Some(())
}

fn pass(stream: &mut TcpStream, mut left: usize, mut each: impl FnMut(usize)) -> Option<()> {
    let mut block = vec![0; 64 * 1024];
    while left > 0 {
        let most = left.min(block.len());
        let count = stream.read(&mut block[..most]).ok().filter(|count| *count > 0)?;
        left -= count;
        each(count);
    }
    Some(())
}

struct Bench {
    gate: Gate,
    sent: Arc<AtomicUsize>,
}

impl Bench {
    fn start() -> Self {
        let sent: Arc<AtomicUsize> = Arc::default();
        let site = format!("url = \"http://localhost:PORT\"\nupstreams = [\"http://{}\"]", application(sent.clone()));
        let gate = Gate::before(&Echo::start()).site(&site).rules(rules! { "/**" => "bypass" }).start();
        let bench = Self { gate, sent };
        // The first exchange makes what is made once.
        bench.down(4 * MIB);
        bench.up(4 * MIB);
        bench
    }

    fn connect(&self, head: String) -> TcpStream {
        let mut stream = TcpStream::connect(self.gate.address).expect("the gate listens");
        stream.write_all(head.as_bytes()).expect("it reads");
        stream
    }

    /// Reads the head of an answer.
    fn head(stream: &mut TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    }

    /// The most memory the gate had while this much came down.
    fn down(&self, amount: usize) -> usize {
        let mut stream = self.connect(request(&self.gate, "GET", &format!("/down/{amount}"), ""));
        Self::head(&mut stream);
        let (mut most, mut since) = (0, 0);
        let whole = pass(&mut stream, amount, |count| self.look(count, &mut since, &mut most));
        assert!(whole.is_some(), "all of it came down");
        most.max(resident(self.gate.pid()))
    }

    /// The same while this much went up.
    fn up(&self, amount: usize) -> usize {
        let mut stream = self.connect(request(&self.gate, "PUT", "/up", &format!("Content-Length: {amount}\r\n")));
        let (mut most, mut since) = (0, 0);
        let whole = fill(&mut stream, amount, |count| self.look(count, &mut since, &mut most));
        assert!(whole.is_some(), "all of it went up");
        Self::head(&mut stream);
        most.max(resident(self.gate.pid()))
    }

    /// Looks once for every few MiB.
    fn look(&self, count: usize, since: &mut usize, most: &mut usize) {
        *since += count;
        if *since >= 4 * MIB {
            *since = 0;
            *most = (*most).max(resident(self.gate.pid()));
        }
    }
}

#[test]
fn whatever_passes_is_not_kept() {
    let bench = Bench::start();
    let before = resident(bench.gate.pid());
    for (what, most) in [("down", bench.down(AMOUNT)), ("up", bench.up(AMOUNT))] {
        let growth = most.saturating_sub(before);
        println!("{} MiB {what}: {} KiB more", AMOUNT / MIB, growth / 1024);
        assert!(growth <= GROWTH, "{what}: {growth} bytes more");
    }
}

/// A visitor who does not read holds the application back, not the gate's memory; then everything arrives.
#[test]
fn who_does_not_read_is_waited_for() {
    let bench = Bench::start();
    let before = resident(bench.gate.pid());
    let start = bench.sent.load(Ordering::SeqCst);
    let amount = 64 * MIB;
    let head = request(&bench.gate, "GET", &format!("/down/{amount}"), "");
    let mut streams: Vec<_> = (0..4).map(|_| bench.connect(head.clone())).collect();
    // The application is stuck when nothing moved for a while; what moved is what the sockets on the way hold.
    let (mut last, mut same) = (0, 0);
    until("the application to be held back", 20, || {
        let now = bench.sent.load(Ordering::SeqCst);
        same = if now == last && now > start { same + 1 } else { 0 };
        last = now;
        (same > 25).then_some(())
    });
    assert!(last - start < 4 * amount, "all of it went somewhere");
    let growth = resident(bench.gate.pid()).saturating_sub(before);
    println!("held back after {} KiB: {} KiB more", (last - start) / 1024, growth / 1024);
    assert!(growth <= GROWTH, "{growth} bytes more");
    for stream in &mut streams {
        Bench::head(stream);
        assert!(pass(stream, amount, |_| {}).is_some(), "all of it came");
    }
}

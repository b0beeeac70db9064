//! What the gate costs beside a proxy that does nothing: CPU time per forwarded request with a live session, against bare
//! Pingora made from the same crates, in front of the same application, both with one worker and 64 kept connections.
//! CPU time of the whole process, not seconds: the machine may be busy with other things. Once with the access line of
//! every request, as a gate is delivered, and once without, for bare Pingora writes none.

mod cpu;
mod house;
mod traffic;

use std::env;
use std::net::{Ipv4Addr, SocketAddr};

use async_trait::async_trait;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;

use cpu::{Asker, median};
use house::{Fallible, Player};
use traffic::Connection;

const CONNECTIONS: usize = 64;
const PAIRS: usize = 7;
/// Of one connection in one measurement: 25,600 of all, about a second of CPU time.
const REQUESTS: usize = 400;
/// What the gate may cost beside bare Pingora.
const EXPECTED: f64 = 1.15;

fn main() -> Fallible<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["bare", upstream] => bare(upstream.parse()?),
        ["gate", upstream, folder, level] => {
            let upstream = upstream.parse()?;
            let written = format!("log.level = {level:?}");
            runtime(1)?.block_on(house::gate(upstream, folder.into(), &written, Vec::new(), |_| async { Ok(()) }))
        }
        // Whatever `cargo bench` was told.
        _ => runtime(2)?.block_on(measure()),
    }
}

fn runtime(workers: usize) -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

async fn measure() -> Fallible<()> {
    let upstream = traffic::application().await?.to_string();
    let folder = tempfile::tempdir()?;
    let data = |name: &str| folder.path().join(name).display().to_string();
    let mut bare = Proxy::open(Player::start(&["bare", &upstream])?).await?;
    let mut gate = Proxy::open(Player::start(&["gate", &upstream, &data("info"), "info"])?).await?;
    let mut silent = Proxy::open(Player::start(&["gate", &upstream, &data("warn"), "warn"])?).await?;
    for proxy in [&mut bare, &mut gate, &mut silent] {
        proxy.run().await?; // Caches, connections to the application, the first assertion.
    }
    let (mut ratios, mut silent_ratios) = (Vec::new(), Vec::new());
    for pair in 1..=PAIRS {
        let (one, other, third) = (bare.run().await?, gate.run().await?, silent.run().await?);
        println!(
            "pair {pair}: bare {one:.1} µs, gate {other:.1} µs ({:.3}), without access lines {third:.1} µs ({:.3})",
            other / one,
            third / one
        );
        ratios.push(other / one);
        silent_ratios.push(third / one);
    }
    let (ratio, silent_ratio) = (median(ratios), median(silent_ratios));
    println!("forward: gate/bare = {ratio:.2} (median of {PAIRS})");
    println!("forward: gate/bare = {silent_ratio:.2} without access lines (median of {PAIRS})");
    if ratio > EXPECTED {
        println!("forward: more than the {EXPECTED} that are expected");
    }
    Ok(())
}

/// A proxy with its connections.
struct Proxy {
    player: Player,
    visitors: Vec<Visitor>,
}

impl Proxy {
    async fn open(player: Player) -> Fallible<Self> {
        let mut visitors = Vec::with_capacity(CONNECTIONS);
        let request = house::request(&player.session, "/wiki/Main_Page?action=view");
        for _ in 0..CONNECTIONS {
            let connection = Connection::open(Ipv4Addr::LOCALHOST, player.address).await?;
            visitors.push(Visitor { connection, request: request.clone() });
        }
        Ok(Self { player, visitors })
    }

    /// All requests of one measurement; gives microseconds of CPU time for each.
    async fn run(&mut self) -> Fallible<f64> {
        cpu::of_each(self.player.id(), &mut self.visitors, REQUESTS).await
    }
}

struct Visitor {
    connection: Connection,
    request: String,
}

impl Asker for Visitor {
    async fn ask(&mut self) -> std::io::Result<()> {
        self.connection.page(&self.request).await
    }
}

/// Pingora with nothing of ours: every request goes to the application as it came.
struct Bare(SocketAddr);

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) {}

    async fn upstream_peer(&self, _session: &mut Session, (): &mut ()) -> pingora::Result<Box<HttpPeer>> {
        Ok(Box::new(HttpPeer::new(self.0, false, String::new())))
    }
}

fn bare(upstream: SocketAddr) -> Fallible<()> {
    // Pingora does not tell which port it took.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let conf = ServerConf { threads: 1, upstream_keepalive_pool_size: 256, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, Bare(upstream));
    service.add_tcp(&address.to_string());
    server.add_service(service);
    std::thread::spawn(move || {
        while std::net::TcpStream::connect(address).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        house::announce(address, "none")
    });
    server.run_forever()
}

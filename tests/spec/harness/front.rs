//! Servers of others in front of the gate: nginx, HAProxy and Caddy as Debian has them, and Envoy, started from the files of
//! `config/integrations`. Of a file that asks nothing is changed but addresses and where certificates lie, each of which must
//! be there: the site has the name of the file, and its clients come to it by https. Whoever lacks a program is told how to
//! get it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::gate::Gate;
use super::secure::Client;
use super::upstream::{Authority, Certificate};
use super::wire::free_address;
use super::{Echo, until};

/// The servers, and the ways they ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Haproxy,
    Caddy,
    EnvoyHttp,
    EnvoyGrpc,
}

/// The site of the shipped files. Nobody looks the name up: the bench knows where its server listens.
pub const SITE: &str = "wiki.example.com";

/// A server in front; it ends with the test.
pub struct Front {
    /// Where it listens itself.
    pub address: SocketAddr,
    doors: Option<Doors>,
    child: Child,
    folder: tempfile::TempDir,
    /// Its certificate's files last as long as it does.
    signed: Option<Signed>,
}

/// The other ways to a server that asks a gate.
struct Doors {
    http: SocketAddr,
    http2: SocketAddr,
}

/// A shipped file, with what is replaced in it.
#[derive(Clone, Debug)]
pub struct Shipped {
    text: String,
}

impl Shipped {
    /// `nginx/vestibule.conf`
    #[track_caller]
    pub fn file(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/integrations").join(name);
        Self { text: fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())) }
    }

    /// Every occurrence, of which there must be one.
    #[track_caller]
    pub fn with(self, old: &str, new: &str) -> Self {
        assert!(self.text.contains(old), "{old:?} is not in the file any more:\n{}", self.text);
        Self { text: self.text.replace(old, new) }
    }

    /// Only text, for a test that leaves something out: from the first line that holds `first` to the next that is
    /// `last`, both gone.
    #[track_caller]
    pub fn without(self, first: &str, last: &str) -> Self {
        let lines: Vec<&str> = self.text.lines().collect();
        let from =
            lines.iter().position(|line| line.contains(first)).unwrap_or_else(|| panic!("no line has {first:?}"));
        let to = from + lines[from..].iter().position(|line| *line == last).expect("the end is there");
        Self { text: [&lines[..from], &lines[to + 1..]].concat().join("\n") + "\n" }
    }
}

impl Shipped {
    /// A file for nginx, listening here by http; its site is at the same address.
    #[track_caller]
    pub fn nginx(name: &str, address: SocketAddr) -> Self {
        Self::nginx_tls(name, address)
            .with(" ssl http2;", ";")
            .with("    ssl_certificate     /etc/nginx/wiki.example.com.crt;\n", "")
            .with("    ssl_certificate_key /etc/nginx/wiki.example.com.key;\n", "")
    }

    /// The same by https.
    #[track_caller]
    pub fn nginx_tls(name: &str, address: SocketAddr) -> Self {
        Self::file(name)
            .with("listen 80;", &format!("listen {};", free_address()))
            .with("listen 443 ssl", &format!("listen {address} ssl"))
            .with("server_name wiki.example.com;", &format!("server_name localhost:{};", address.port()))
    }
}

/// A certificate in files.
pub struct Signed {
    folder: tempfile::TempDir,
}

impl Signed {
    pub fn by(authority: &Authority, name: &str) -> Self {
        Self::files(authority, &authority.sign(name))
    }

    pub fn expired(authority: &Authority, name: &str) -> Self {
        Self::files(authority, &authority.sign_until(name, 2025))
    }

    /// As `openssl req -x509` makes them: an authority's own.
    pub fn as_authority(authority: &Authority, name: &str) -> Self {
        let mut wanted = rcgen::CertificateParams::new(vec![name.to_owned()]).expect("a name");
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self::files(authority, &authority.issue(wanted))
    }

    fn files(authority: &Authority, certificate: &Certificate) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let both = certificate.pem.clone() + &certificate.key_pem;
        for (name, text) in
            [("crt", &certificate.pem), ("key", &certificate.key_pem), ("pem", &both), ("authority", &authority.pem)]
        {
            fs::write(folder.path().join(name), text).expect("the folder can be written");
        }
        Self { folder }
    }

    fn at(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// nginx with this certificate.
    #[track_caller]
    pub fn serving(&self, site: Shipped) -> Shipped {
        self.lying_in("/etc/nginx/wiki.example.com", site)
    }

    /// A file that names certificate and key, `.crt` and `.key`, of this stem.
    #[track_caller]
    fn lying_in(&self, stem: &str, file: Shipped) -> Shipped {
        file.with(&format!("{stem}.crt"), &self.at("crt")).with(&format!("{stem}.key"), &self.at("key"))
    }

    /// The file with the authority that signed it.
    pub fn trusting(&self) -> String {
        self.at("authority")
    }
}

/// Where a server in front listens, and where it sends what.
struct Places {
    https: SocketAddr,
    http: SocketAddr,
    pages: SocketAddr,
    questions: SocketAddr,
    application: SocketAddr,
}

impl Front {
    /// A gate that serves no application, and a server in front of it that asks about each request and serves this one:
    /// people know the address of the front alone, and come by https. So whoever speaks to the gate's `address` speaks
    /// HTTP/1 to the front.
    #[track_caller]
    pub fn before(kind: Kind, echo: &Echo, rules: &str) -> (Self, Gate) {
        let questions = free_address();
        let listen = if kind == Kind::EnvoyGrpc { "listen_grpc" } else { "listen" };
        let mut gate = Gate::before(echo)
            .config(&format!(
                "[forward_auth]\n{listen} = [\"{questions}\"]\ncallers = [\"127.0.0.1/32\"]\n\
                 [trust]\nproxies = [\"127.0.0.1/32\"]"
            ))
            .site(&format!("url = \"https://{SITE}\""))
            .rules(rules)
            .start();
        let authority = Authority::make();
        let (https, http) = (free_address(), free_address());
        let places = Places { https, http, pages: gate.address, questions, application: echo.address };
        let mut front = Self::asking(kind, &places, Signed::by(&authority, SITE));
        let client = Client::new(https, SITE, &authority);
        gate.address = client.clone().offering(&["http/1.1"]).tunnel();
        front.doors = Some(Doors { http, http2: client.offering(&["h2"]).tunnel() });
        (front, gate)
    }

    /// The shipped file that asks the gate about each request: pages and questions go to their addresses of the gate, the
    /// rest to the application.
    #[track_caller]
    fn asking(kind: Kind, places: &Places, signed: Signed) -> Self {
        let Places { https, http, pages, questions, application } = places;
        let behind = |file: Shipped| {
            file.with("127.0.0.1:8080", &pages.to_string()).with("127.0.0.1:3000", &application.to_string())
        };
        let asks = |file: Shipped| file.with("127.0.0.1:9091", &questions.to_string());
        let envoy = |name: &str, asked: u16| {
            let port = |port: u16| format!("port_value: {port} ");
            let file = Shipped::file(name)
                .with("0.0.0.0, port_value: 443 ", &format!("127.0.0.1, {}", port(https.port())))
                .with(&port(8080), &port(pages.port()))
                .with(&port(asked), &port(questions.port()))
                .with(&port(3000), &port(application.port()));
            Self::envoy(signed.lying_in("/etc/envoy/wiki.example.com", file), *https)
        };
        let mut front = match kind {
            Kind::Nginx => {
                let file = asks(behind(Shipped::file("nginx/vestibule.conf")))
                    .with("listen 80;", &format!("listen {http};"))
                    .with("listen 443 ", &format!("listen {https} "));
                Self::nginx(signed.serving(file), *https)
            }
            Kind::Caddy => {
                // Caddy gets its certificate by itself, from where no test goes: it is given one.
                let given = format!("{SITE} {{\n\ttls {} {}\n", signed.at("crt"), signed.at("key"));
                let file = asks(behind(Shipped::file("caddy/Caddyfile"))).with(&format!("{SITE} {{\n"), &given);
                Self::caddy(file, *https, *http)
            }
            Kind::Haproxy => {
                let file = behind(Shipped::file("haproxy/haproxy.cfg"))
                    .with("bind :80\n", &format!("bind {http}\n"))
                    .with("bind :443 ", &format!("bind {https} "))
                    .with("/etc/haproxy/wiki.example.com.pem", &signed.at("pem"));
                Self::haproxy(file, asks(Shipped::file("haproxy/vestibule.lua")), *https)
            }
            Kind::EnvoyHttp => envoy("envoy/http.yaml", 9091),
            Kind::EnvoyGrpc => envoy("envoy/grpc.yaml", 9092),
        };
        front.signed = Some(signed);
        front
    }

    /// Where it is spoken to in HTTP/2.
    #[track_caller]
    pub fn http2(&self) -> SocketAddr {
        self.doors.as_ref().expect("it asks a gate").http2
    }

    /// Where it listens for those who come by http.
    #[track_caller]
    pub fn http(&self) -> SocketAddr {
        self.doors.as_ref().expect("it asks a gate").http
    }

    /// nginx with this file among those of `conf.d`, listening here.
    #[track_caller]
    pub fn nginx(site: Shipped, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = |name: &str| folder.path().join(name).display().to_string();
        fs::write(at("site.conf"), site.text).expect("the folder can be written");
        let root = if rustix::process::geteuid().is_root() { "user root;" } else { "" };
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {};", at(kind)))
            .join(" ");
        let main = format!(
            "daemon off; {root} pid {}; error_log stderr notice; worker_processes 1;\nevents {{}}\n\
             http {{ access_log off; {temporary} include {}; }}\n",
            at("pid"),
            at("site.conf")
        );
        fs::write(at("nginx.conf"), main).expect("the folder can be written");
        let arguments =
            ["-p".to_owned(), at(""), "-e".to_owned(), "stderr".to_owned(), "-c".to_owned(), at("nginx.conf")];
        Self::start("nginx", &arguments, folder, address)
    }

    /// HAProxy with this file, and its Lua beside it.
    #[track_caller]
    pub fn haproxy(file: Shipped, lua: Shipped, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("vestibule.lua"), lua.text).expect("the folder can be written");
        let file = file.with("/etc/haproxy/vestibule.lua", &at("vestibule.lua").display().to_string());
        // Who is not root has nothing to give up.
        let file = match rustix::process::geteuid().is_root() {
            true => file,
            false => file.without("    user haproxy", "    chroot /var/lib/haproxy"),
        };
        fs::write(at("haproxy.cfg"), file.text).expect("the folder can be written");
        let arguments = ["-db".to_owned(), "-f".to_owned(), at("haproxy.cfg").display().to_string()];
        Self::start("haproxy", &arguments, folder, address)
    }

    #[track_caller]
    pub fn envoy(file: Shipped, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("envoy.yaml");
        fs::write(&path, file.text).expect("the folder can be written");
        let arguments = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warn", "-c"].map(str::to_owned);
        let arguments = [&arguments[..], &[path.display().to_string()]].concat();
        Self::start("envoy", &arguments, folder, address)
    }

    #[track_caller]
    pub fn caddy(file: Shipped, address: SocketAddr, http: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("Caddyfile");
        // Its administration is of no use here, and would be shared.
        let ports = format!("http_port {}\n\thttps_port {}", http.port(), address.port());
        let text = format!("{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\t{ports}\n}}\n{}", file.text);
        fs::write(&path, text).expect("the folder can be written");
        let arguments = ["run", "--adapter", "caddyfile", "--config"].map(str::to_owned);
        let arguments = [&arguments[..], &[path.display().to_string()]].concat();
        Self::start("caddy", &arguments, folder, address)
    }

    #[track_caller]
    fn start(program: &str, arguments: &[String], folder: tempfile::TempDir, address: SocketAddr) -> Self {
        let log = folder.path().join("log");
        let file = fs::File::create(&log).expect("the folder can be written");
        let twin = file.try_clone().expect("a file has a second handle");
        let child = Command::new(found(program))
            .args(arguments)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(twin)
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let mut front = Self { address, doors: None, child, folder, signed: None };
        until("the server in front to listen", 20, || {
            if let Ok(Some(status)) = front.child.try_wait() {
                panic!("{program} ended with {status}:\n{}", front.log());
            }
            std::net::TcpStream::connect(address).ok()
        });
        front
    }

    /// What it had to say.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        // Asked, not killed: nginx's workers would be left behind.
        let id = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// Envoy comes with Python's packages. Debian keeps servers where an ordinary user's path does not lead.
#[track_caller]
fn found(program: &str) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/python/lib");
    let versions = fs::read_dir(python).into_iter().flatten().flatten();
    let wheels = versions.map(|version| version.path().join("site-packages/envoy/_bin").join(program));
    let places = path.split(':').chain(["/usr/sbin", "/usr/local/sbin"]).map(|place| Path::new(place).join(program));
    let places: Vec<PathBuf> = places.chain(wheels).collect();
    let found = places.into_iter().find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{program} is missing: `make test` installs it, or `.ci/need fronts`"))
}

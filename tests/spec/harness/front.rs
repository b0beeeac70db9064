//! Servers of others in front of the gate: nginx, HAProxy and Caddy as Debian has them, and Envoy, started from the files of
//! `config/integrations`. Of a file nothing is changed but names and addresses, each of which must be there. Whoever
//! lacks a program is told how to get it.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::gate::Gate;
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

/// A server in front; it ends with the test.
pub struct Front {
    pub address: SocketAddr,
    child: Child,
    folder: tempfile::TempDir,
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

impl Shipped {
    /// A file for Envoy, listening here by http.
    #[track_caller]
    fn envoy(
        name: &str,
        address: SocketAddr,
        pages: SocketAddr,
        questions: SocketAddr,
        port: u16,
        application: SocketAddr,
    ) -> Self {
        let site = format!("localhost:{}", address.port());
        let filters = "          filters:\n            - name: envoy.filters.network";
        let port_of = |port: u16| format!("port_value: {port} ");
        Self::file(name)
            .with(filters, &filters.replacen("          f", "        - f", 1))
            .without(
                "- transport_socket:",
                "                    private_key: { filename: /etc/envoy/wiki.example.com.key }",
            )
            .with("address: 0.0.0.0, port_value: 443 ", &format!("address: 127.0.0.1, {}", port_of(address.port())))
            .with("[wiki.example.com]", &format!("[\"{site}\"]"))
            .with("value: wiki.example.com ", &format!("value: \"{site}\" "))
            .with(&port_of(8080), &port_of(pages.port()))
            .with(&port_of(port), &port_of(questions.port()))
            .with(&port_of(3000), &port_of(application.port()))
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
        for (name, text) in [("crt", &certificate.pem), ("key", &certificate.key_pem), ("authority", &authority.pem)] {
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
        site.with("/etc/nginx/wiki.example.com.crt", &self.at("crt"))
            .with("/etc/nginx/wiki.example.com.key", &self.at("key"))
    }

    /// The file with the authority that signed it.
    pub fn trusting(&self) -> String {
        self.at("authority")
    }
}

impl Front {
    /// A gate that serves no application, and a server in front of it that asks about each request and serves this one:
    /// people know the address of the front alone.
    #[track_caller]
    pub fn before(kind: Kind, echo: &Echo, rules: &str) -> (Self, Gate) {
        let (address, questions) = (free_address(), free_address());
        let listen = if kind == Kind::EnvoyGrpc { "listen_grpc" } else { "listen" };
        let gate = Gate::before(echo)
            .config(&format!(
                "[forward_auth]\n{listen} = [\"{questions}\"]\ncallers = [\"127.0.0.1/32\"]\n\
                 [trust]\nproxies = [\"127.0.0.1/32\"]"
            ))
            .site(&format!("url = \"http://localhost:{}\"", address.port()))
            .rules(rules)
            .start();
        let front = Self::asking(kind, address, gate.address, questions, echo.address);
        (front, gate)
    }

    /// The shipped file that asks the gate about each request, by http: pages and questions go to these addresses of the
    /// gate, the rest to the application.
    #[track_caller]
    fn asking(
        kind: Kind,
        address: SocketAddr,
        pages: SocketAddr,
        questions: SocketAddr,
        application: SocketAddr,
    ) -> Self {
        let site = format!("localhost:{}", address.port());
        let behind = |file: Shipped| {
            file.with("127.0.0.1:8080", &pages.to_string()).with("127.0.0.1:3000", &application.to_string())
        };
        let asks = |file: Shipped| file.with("127.0.0.1:9091", &questions.to_string());
        match kind {
            Kind::Nginx => Self::nginx(asks(behind(Shipped::nginx("nginx/vestibule.conf", address))), address),
            Kind::Caddy => {
                let file = Shipped::file("caddy/Caddyfile").with("wiki.example.com {", &format!("http://{site} {{"));
                Self::caddy(asks(behind(file)), address)
            }
            Kind::Haproxy => {
                let file = behind(Shipped::file("haproxy/haproxy.cfg"))
                    .with("bind :80\n", &format!("bind {}\n", free_address()))
                    .with(
                        "bind :443 ssl crt /etc/haproxy/wiki.example.com.pem alpn h2,http/1.1",
                        &format!("bind {address}"),
                    )
                    .with("wiki.example.com", &site);
                Self::haproxy(file, asks(Shipped::file("haproxy/vestibule.lua")), address)
            }
            Kind::EnvoyHttp => {
                Self::envoy(Shipped::envoy("envoy/http.yaml", address, pages, questions, 9091, application), address)
            }
            Kind::EnvoyGrpc => {
                Self::envoy(Shipped::envoy("envoy/grpc.yaml", address, pages, questions, 9092, application), address)
            }
        }
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
    pub fn caddy(file: Shipped, address: SocketAddr) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let path = folder.path().join("Caddyfile");
        // Neither its administration nor its own authority is of use here, and both would be shared.
        let text = format!("{{\n\tadmin off\n\tauto_https off\n\tdefault_bind 127.0.0.1\n}}\n{}", file.text);
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
        let mut front = Self { address, child, folder };
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

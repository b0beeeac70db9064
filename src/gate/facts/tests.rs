//! What must be read in one way or not at all; named by the rows of attacks and behaviours they come from.

use proptest::prelude::*;

use super::*;

fn peer() -> IpAddr {
    [192, 0, 2, 7].into()
}

fn read(target: &str, reading: Reading) -> Result<Facts, FactsError> {
    Facts::read(&Raw::new("GET", target.as_bytes(), b"app.test", peer()), reading, &[])
}

fn strictly(target: &str) -> Result<Facts, FactsError> {
    read(target, Reading::Strict)
}

fn is_refused(target: &str) {
    assert_eq!(strictly(target).err(), Some(FactsError::Target), "{target}");
}

#[test]
fn ar_01_to_03_dots_and_empty_segments_are_refused() {
    for target in [
        "/public/../admin",
        "/public/./../admin",
        "/public/x/../../admin",
        "/..",
        "/.",
        "/a/.",
        "/a/..",
        "/a/../",
        "/public/%2e%2e/admin",
        "/public/%2E%2e/admin",
        "/public/.%2e/admin",
        "/public/%2e%2e",
        "/%2e",
        "//admin",
        "///admin",
        "/public//../admin",
        "/a//b",
        "/a//",
    ] {
        is_refused(target);
    }
    for honest in ["/", "/a", "/a/", "/a.b", "/..a", "/.a/b", "/a..b/c", "/.hidden"] {
        assert_eq!(strictly(honest).unwrap().target, honest);
    }
}

#[test]
fn ar_05_rules_never_see_the_query() {
    let facts = strictly("/admin?x=/public/../a//b").unwrap();
    assert_eq!((facts.path.as_str(), facts.query.as_deref()), ("/admin", Some("x=/public/../a//b")));
    assert_eq!(facts.target, "/admin?x=/public/../a//b");
    assert_eq!(strictly("/admin?").unwrap().target, "/admin?");
    for target in ["/a?b c", "/a?b#c", "/a?b\tc", "/a?\u{7f}"] {
        is_refused(target);
    }
}

#[test]
fn ar_06_fragments_and_other_bytes_nobody_means_are_refused() {
    for target in
        ["/admin#/public/x", "/public/a#/../admin", "/a b", "/a\tb", "/a\u{0}b", "", "*", "admin", "http://a/b"]
    {
        is_refused(target);
        assert!(read(target, Reading::Lenient).is_err(), "{target}");
    }
}

#[test]
fn ar_10_parameters_are_judged_with_and_without() {
    for target in ["/public/..;/admin", "/public;a=/../admin", "/public/..%3b/admin", "/public/.;x/admin"] {
        is_refused(target);
    }
    let judged = |target: &str| strictly(target).unwrap().judged().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(judged("/admin;x=1"), ["/admin;x=1", "/admin"]);
    assert_eq!(judged("/admin%3bx=1/b"), ["/admin;x=1/b", "/admin/b"]);
    assert_eq!(strictly("/admin;x=1").unwrap().target, "/admin;x=1");
    assert!(judged("/;/admin").contains(&"/admin".to_owned()));
}

#[test]
fn ar_11_12_backslashes_broken_and_overlong_escapes_are_refused() {
    for target in [
        r"/public\..\admin",
        "/public%5c..%5cadmin",
        "/a%2fb",
        "/a%2Fb",
        "/a%00",
        "/a%0a",
        "/a%7f",
        "/a%09",
        "/a%",
        "/a%4",
        "/a%zz",
        "/a%u002e",
        "/%c0%ae",
        "/%c0%ae%c0%ae/admin",
        "/%e0%80%ae",
        "/%ff",
        "/%c2%85",
        "/a%+1",
    ] {
        is_refused(target);
    }
}

#[test]
fn ar_12_escapes_are_decoded_at_most_once() {
    let facts = strictly("/public/%252e%252e/admin").unwrap();
    assert_eq!(facts.target, "/public/%252e%252e/admin");
    assert_eq!(facts.judged().collect::<Vec<_>>(), ["/public/%2e%2e/admin"]);
    assert_eq!(strictly("/%25%32%65").unwrap().target, "/%252e");
}

#[test]
fn ar_13_what_some_file_systems_do_not_see_has_no_weaker_rule() {
    for target in ["/admin.", "/admin%20", "/admin..", "/admin.%20;x"] {
        assert!(strictly(target).unwrap().judged().any(|path| path == "/admin"), "{target}");
    }
    is_refused("/admin/..%20");
    is_refused("/admin%09");
}

#[test]
fn ar_14_needless_escapes_are_undone_and_case_is_kept() {
    assert_eq!(strictly("/%61dmin/%7e").unwrap().target, "/admin/~");
    assert_eq!(strictly("/%41dmin").unwrap().target, "/Admin");
    assert_eq!(strictly("/a%c3%a9").unwrap().target, "/a%C3%A9");
    // What a reserved character means to rules does not depend on its spelling; what is sent on does.
    for target in ["/a%24b", "/a$b"] {
        let facts = strictly(target).unwrap();
        assert_eq!((facts.target.as_str(), facts.judged().next()), (target, Some("/a$b")));
    }
}

#[test]
fn every_byte_that_browsers_send_raw_is_accepted() {
    for byte in b"!$%&'()*+,-.0:;=@AZ[]^_az|~" {
        let byte = char::from(*byte);
        let target = if byte == '%' { "/x%20y".to_owned() } else { format!("/x{byte}y") };
        assert_eq!(strictly(&target).unwrap().target, target);
    }
    // Other clients send these raw; browsers escape them.
    assert_eq!(strictly("/é{\"}").unwrap().target, "/%C3%A9%7B%22%7D");
}

#[test]
fn lenient_paths_go_on_as_received_and_are_judged_in_every_reading() {
    let expect = [
        ("/public%5cadmin", "/public/admin"),
        ("//admin", "/admin"),
        ("/admin;x=1", "/admin"),
        ("/a%2fb", "/a/b"),
        ("/%61dmin", "/admin"),
        ("/api/a%2fb/%73ecret", "/api/a%2fb/secret"),
        ("/api/a%5cb/%73ecret", "/api/a%5cb/secret"),
        ("/api/a%2Fb;x/%73ecret;y", "/api/a%2Fb/secret"),
        ("//api%2f/%73ecret", "/api//secret"),
    ];
    for (target, reading) in expect {
        let facts = read(target, Reading::Lenient).unwrap();
        assert_eq!(facts.target, target);
        assert!(facts.judged().any(|path| path == target), "{target}");
        assert!(facts.judged().any(|path| path == reading), "{target}: {:?}", facts.readings);
    }
    for target in ["/%zz", "/%c0%ae", "/a%00", "/a%0d%0a"] {
        assert!(read(target, Reading::Lenient).is_err(), "{target}");
    }
}

#[test]
fn lenient_paths_have_no_dot_segments_in_any_reading() {
    for target in [
        "/public/../admin",
        "/public/./admin",
        "/public/%2e%2e/admin",
        "/public/..;/admin",
        "/public/..%3b/admin",
        "/public%2f..%2fadmin",
        r"/public\..\admin",
        r"/public\admin",
        "/public%5c..%5cadmin",
        "/x%2fy/%2e%2e/admin/",
        "/x%2fy/../%61dmin/",
        "/x%2f%2e%2e",
        "/x/..%20/admin",
        "/x%5c.%2e;a/admin",
        "/x;a%2f../admin",
    ] {
        assert_eq!(read(target, Reading::Lenient).err(), Some(FactsError::Target), "{target}");
    }
    for honest in ["/a..b/c", "/..a", "/.hidden", "/a%2f.b", "/v1.0/x", "/a;v=.."] {
        assert!(read(honest, Reading::Lenient).is_ok(), "{honest}");
    }
}

/// A stranger chooses the path: the work it makes stays bounded.
#[test]
fn the_longest_path_has_a_bounded_number_of_readings() {
    let part = "/a;b//c%2f%2fd%5ce%3bf.%20/%20%2f;//";
    let target = format!("/{}", part.repeat(LONGEST_LENIENT / part.len()));
    let readings = read(&target, Reading::Lenient).unwrap().readings.len();
    assert!((32..=384).contains(&readings), "{readings}");
}

/// Models of what real servers make of a path before they route it; written apart from the code they test.
mod servers {
    pub fn unescape(text: &str, kept: &str) -> String {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            let value = u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap();
            if kept.as_bytes().contains(&value) {
                out.extend([b'%', digits[0], digits[1]]);
            } else {
                out.push(value);
            }
        }
        String::from_utf8(out).unwrap()
    }

    fn segments(path: &str, change: impl Fn(&str) -> String) -> String {
        path.split('/').map(change).collect::<Vec<_>>().join("/")
    }

    fn merge(path: &str) -> String {
        let mut path = path.to_owned();
        while path.contains("//") {
            path = path.replace("//", "/");
        }
        path
    }

    /// Dot segments, also in the spellings that the URL standard knows.
    fn resolve(path: &str) -> String {
        let mut kept: Vec<&str> = Vec::new();
        for segment in path.split('/').skip(1) {
            match segment.to_lowercase().replace("%2e", ".").as_str() {
                "." => {}
                ".." => {
                    kept.pop();
                }
                _ => kept.push(segment),
            }
        }
        format!("/{}", kept.join("/"))
    }

    fn bare(segment: &str) -> String {
        segment.split(';').next().unwrap().to_owned()
    }

    /// Every server as a name and what it routes by.
    pub fn all(path: &str) -> Vec<(&'static str, String)> {
        vec![
            ("raw", path.to_owned()),
            ("url standard, then decode", unescape(&resolve(&path.replace('\\', "/")), "")),
            ("url standard, segments decoded", unescape(&resolve(&path.replace('\\', "/")), "/")),
            ("decode, merge, resolve", resolve(&merge(&unescape(path, "")))),
            ("merge, resolve, decode", unescape(&resolve(&merge(path)), "")),
            ("merge, resolve, segments decoded", unescape(&resolve(&merge(path)), "/\\")),
            ("decode, resolve", resolve(&unescape(path, ""))),
            ("servlet", resolve(&merge(&unescape(&segments(path, bare), "")))),
            ("servlet, encoded slashes kept", resolve(&merge(&unescape(&segments(path, bare), "/\\")))),
            ("servlet, segments decoded", unescape(&segments(&resolve(&merge(path)), bare), "/")),
            ("decode, then parameters", resolve(&segments(&unescape(path, ""), bare))),
            ("file system", {
                let path = merge(&unescape(path, "").replace('\\', "/"));
                resolve(&segments(&path, |segment| match segment {
                    "." | ".." => segment.to_owned(),
                    other => other.trim_end_matches(['.', ' ']).to_owned(),
                }))
            }),
        ]
    }
}

#[test]
fn lenient_knows_servers_that_merge_before_they_drop_parameters() {
    let facts = read("//;/%3b", Reading::Lenient).unwrap();
    assert!(facts.judged().any(|path| path == "//;"), "{:?}", facts.readings);
}

#[test]
fn wb_13_the_reserved_prefixes_have_one_spelling() {
    assert_eq!(strictly("/.vestibule/login?rd=/").unwrap().own_page(), OwnPage::Exact("login"));
    assert_eq!(strictly("/.vestibule/").unwrap().own_page(), OwnPage::Exact(""));
    assert_eq!(strictly("/.well-known/vestibule/jwks.json").unwrap().own_page(), OwnPage::WellKnown("jwks.json"));
    for odd in [
        "/.vestibule",
        "/.VESTIBULE/login",
        "/%2evestibule/login",
        "/.vestibul%65/",
        "/.Vestibule/x",
        "/.vestibule;x/a",
        "/.vestibule%3bx/a",
        "/.vestibule./x",
        "/.vestibule%20/x",
        "/.well-known/vestibule",
        "/.Well-Known/Vestibule/x",
        "/;/.vestibule/login",
        "/.well-known/vestibule;a/x",
    ] {
        assert_eq!(strictly(odd).unwrap().own_page(), OwnPage::OddSpelling, "{odd}");
    }
    for odd in ["//.vestibule/x", "/%2e%76estibule/x", "/%5c.vestibule%5cx", "/.vestibule%2flogin", "/;//.vestibule/a"]
    {
        assert_eq!(read(odd, Reading::Lenient).unwrap().own_page(), OwnPage::OddSpelling, "{odd}");
    }
    for other in ["/", "/vestibule/", "/.vestibulex", "/x/.vestibule/login", "/.well-known/openid", "/.well-known"] {
        assert_eq!(strictly(other).unwrap().own_page(), OwnPage::No, "{other}");
    }
}

#[test]
fn ar_16_19_a_host_has_one_spelling() {
    let host = |text: &str| Facts::host(&Raw::new("GET", b"/", text.as_bytes(), peer()));
    let is = |name: &str, port| Ok((name.to_owned(), port));
    assert_eq!(host("APP.test"), is("app.test", None));
    assert_eq!(host("App.Test.:8443"), is("app.test", Some(8443)));
    assert_eq!(host("[::0:1]:80"), is("[::1]", Some(80)));
    assert_eq!(host("[0000::FFFF]"), is("[::ffff]", None));
    assert_eq!(host("127.1"), is("127.0.0.1", None));
    assert_eq!(host("127.0.0.1:8080"), is("127.0.0.1", Some(8080)));
    assert_eq!(host("localhost"), is("localhost", None));
    for refused in [
        "",
        " ",
        ":80",
        "u@a.test",
        "u:p@a.test",
        "a.test:",
        "a.test:0",
        "a.test:65536",
        "a.test:80:80",
        "a.test:8x",
        "a%2etest",
        "a..test",
        ".a.test",
        ".",
        "bücher.test",
        "a.test,b.test",
        "a test",
        "a.test/",
        "[::1",
        "[::1]x",
        "::1",
        "a.test\0",
        "a.test?",
        "a\\b",
        "[a.test]",
    ] {
        assert_eq!(host(refused), Err(FactsError::Host), "{refused:?}");
    }
}

#[test]
fn ar_22_methods_are_those_of_the_list_in_upper_case() {
    let method = |text| Facts::read(&Raw::new(text, b"/", b"app.test", peer()), Reading::Strict, &[]).map(|f| f.method);
    for good in METHODS {
        assert_eq!(method(good).unwrap().as_str(), *good);
    }
    for odd in ["get", "Get", "", "GET ", "G\0T"] {
        assert_eq!(method(odd), Err(FactsError::Method), "{odd:?}");
    }
    for unoffered in ["TRACE", "CONNECT", "PRI", "FOO"] {
        assert_eq!(method(unoffered), Err(FactsError::MethodNotOffered), "{unoffered}");
    }
}

#[test]
fn hs_10_forwarded_addresses_are_believed_from_trusted_peers_only() {
    let trusted: Vec<IpNet> = ["10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse().unwrap()).collect();
    let client = |peer: &str, fields: &[&str]| {
        let mut raw = Raw::new("GET", b"/", b"app.test", peer.parse().unwrap());
        raw.forwarded_for = fields.iter().map(|field| field.as_bytes()).collect();
        Facts::read(&raw, Reading::Strict, &trusted).map(|facts| (facts.client.to_string(), facts.through_proxy))
    };
    let is = |address: &str, through| Ok((address.to_owned(), through));
    assert_eq!(client("192.0.2.1", &["203.0.113.9"]), is("192.0.2.1", false));
    assert_eq!(client("192.0.2.1", &["junk"]), is("192.0.2.1", false));
    assert_eq!(client("10.0.0.1", &["203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client("10.0.0.1", &["1.1.1.1, 203.0.113.9", "10.0.0.2"]), is("203.0.113.9", true));
    assert_eq!(client("10.0.0.1", &["junk, 203.0.113.9 , 10.0.0.2"]), is("203.0.113.9", true));
    assert_eq!(client("fd00::1", &["[2001:db8::1]:443"]), is("2001:db8::1", true));
    assert_eq!(client("10.0.0.1", &["::ffff:203.0.113.9"]), is("203.0.113.9", true));
    assert_eq!(client("10.0.0.1", &[]), is("10.0.0.1", true));
    assert_eq!(client("10.0.0.1", &["10.0.0.3"]), is("10.0.0.3", true));
    for unknown in ["unknown", "", " ", "Unknown", "203.0.113.9,", "203.0.113.9, unknown", "junk, unknown"] {
        assert_eq!(client("10.0.0.1", &[unknown]), is("10.0.0.1", true), "{unknown:?}");
    }
    assert_eq!(client("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"]), is("10.0.0.2", true));
    assert_eq!(client("10.0.0.1", &["unknown, 203.0.113.9"]), is("203.0.113.9", true));
    for junk in ["203.0.113.9, junk", "unknown-host", "1.2.3", "203.0.113.9:x"] {
        assert_eq!(client("10.0.0.1", &[junk]), Err(FactsError::Forwarded), "{junk:?}");
    }
}

/// A TCP proxy writes no headers: what came through one that named nobody was written by whoever that is.
#[test]
fn hs_10_who_was_not_named_is_not_believed() {
    let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
    let read = |unnamed| {
        let mut raw = Raw::new("GET", b"/", b"app.test", "10.0.0.1".parse().unwrap());
        (raw.forwarded_for, raw.forwarded_proto) = (vec![&b"203.0.113.9"[..]], vec![&b"https"[..]]);
        raw.unnamed = unnamed;
        let facts = Facts::read(&raw, Reading::Strict, &trusted).unwrap();
        (facts.client.to_string(), facts.through_proxy, facts.scheme)
    };
    assert_eq!(read(false), ("203.0.113.9".to_owned(), true, Some(Scheme::Https)));
    assert_eq!(read(true), ("10.0.0.1".to_owned(), false, Some(Scheme::Http)));
}

/// Clients are known by their IPv4 address however it was written, and so are networks.
#[test]
fn networks_of_mapped_addresses_are_networks_of_ipv4() {
    let read = |text: &str| network(text).map(|net| net.to_string());
    for (text, net) in [
        ("10.1.2.3/8", "10.0.0.0/8"),
        ("10.1.2.3", "10.1.2.3/32"),
        ("2001:db8::1/32", "2001:db8::/32"),
        ("::/0", "::/0"),
        ("::ffff:203.0.113.7", "203.0.113.7/32"),
        ("::ffff:203.0.113.7/120", "203.0.113.0/24"),
        ("::ffff:cb00:7107/128", "203.0.113.7/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ] {
        assert_eq!(read(text).as_deref(), Some(net), "{text}");
    }
    for none in ["::ffff:203.0.113.0/95", "::ffff:10.0.0.0/8", "10.0.0.0/33", "::ffff:10.0.0.0/129", "10.0.0", ""] {
        assert_eq!(read(none), None, "{none}");
    }
    // Everybody is everybody in this spelling, too.
    let mut problems = Problems::default();
    trusted_proxies(&Trust { proxies: vec!["::ffff:0:0/96".to_owned()], anyone: false }, &mut problems);
    assert_eq!(problems.iter().count(), 1);
}

#[test]
fn cf_05_nobody_is_trusted_by_default_and_everybody_only_on_purpose() {
    let trust = |proxies: &[&str], anyone| {
        let mut problems = Problems::default();
        let proxies = proxies.iter().map(|text| (*text).to_owned()).collect();
        let networks = trusted_proxies(&Trust { proxies, anyone }, &mut problems);
        (networks.len(), problems.iter().count())
    };
    assert_eq!(trust(&[], false), (0, 0));
    assert_eq!(trust(&["10.0.0.0/8", "127.0.0.1"], false), (2, 0));
    assert_eq!(trust(&["0.0.0.0/0", "::/0", "x"], false), (0, 3));
    assert_eq!(trust(&["0.0.0.0/0"], true), (1, 0));
}

#[test]
fn b_18_a_navigation_is_known_by_fetch_metadata_first() {
    let kind = |method: &str, mode: Option<&str>, dest: Option<&str>, accept: Option<&str>| {
        let mut raw = Raw::new(method, b"/", b"app.test", peer());
        raw.sec_fetch_mode = mode.map(str::as_bytes);
        raw.sec_fetch_dest = dest.map(str::as_bytes);
        raw.accept = accept.map(str::as_bytes);
        Facts::read(&raw, Reading::Strict, &[]).unwrap().kind
    };
    let html = Some("text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
    for method in ["GET", "HEAD", "POST"] {
        assert_eq!(kind(method, Some("navigate"), Some("document"), html), Kind::Navigation);
        assert_eq!(kind(method, None, None, html), Kind::Navigation);
    }
    for (mode, dest, accept) in [
        (Some("cors"), Some("empty"), html),
        (Some("no-cors"), Some("image"), html),
        (Some("navigate"), Some("iframe"), html),
        (None, Some("iframe"), html),
        (None, None, Some("*/*")),
        (None, None, Some("application/json")),
        (None, None, Some("text/event-stream")),
        (None, None, None),
    ] {
        assert_eq!(kind("GET", mode, dest, accept), Kind::Other, "{mode:?} {dest:?} {accept:?}");
    }
    assert_eq!(kind("OPTIONS", None, None, html), Kind::Other);
}

#[test]
fn wb_01_same_origin_is_what_the_browser_says_and_no_other_origin_outvotes_it() {
    let origin = Origin::parse("https://app.test").unwrap();
    let same = |site: Option<&[u8]>, sent: Option<&[u8]>| {
        let mut raw = Raw::new("POST", b"/", b"app.test", peer());
        (raw.sec_fetch_site, raw.origin) = (site, sent);
        Facts::read(&raw, Reading::Strict, &[]).unwrap().is_same_origin(&origin)
    };
    assert!(same(Some(b"same-origin"), Some(b"https://app.test")));
    assert!(same(Some(b"same-origin"), Some(b"null")));
    assert!(same(Some(b"same-origin"), None));
    assert!(same(None, Some(b"https://app.test")));
    for (site, sent) in [
        (Some("same-site"), Some("https://app.test")),
        (Some("cross-site"), Some("https://app.test")),
        (Some("none"), None),
        (Some("\u{fffd}"), Some("https://app.test")),
        (Some("same-origin"), Some("https://evil.test")),
        (None, Some("null")),
        (None, Some("https://app.test.evil.test")),
        (None, Some("http://app.test")),
        (None, Some("https://app.test:8443")),
        (None, None),
    ] {
        assert!(!same(site.map(str::as_bytes), sent.map(str::as_bytes)), "{site:?} {sent:?}");
    }
}

proptest! {
    #[test]
    fn nothing_a_stranger_sends_panics(
        target in proptest::collection::vec(any::<u8>(), 0..64),
        host in proptest::collection::vec(any::<u8>(), 0..32),
        field in proptest::collection::vec(any::<u8>(), 0..32),
    ) {
        let net = "0.0.0.0/0".parse().unwrap();
        for reading in [Reading::Strict, Reading::Lenient] {
            let mut raw = Raw::new("GET", &target, &host, peer());
            let _ = Facts::read(&raw, reading, &[]);
            raw.host = b"app.test";
            raw.accept = Some(&field);
            raw.forwarded_for = vec![&field];
            let _ = Facts::read(&raw, reading, &[net]);
        }
    }

    #[test]
    fn a_canonical_target_is_canonical(target in r"/([a-zé;./\\ ]|%2[0-9a-fA-F]|%3[b-f]|%[46][0-9]|%c3%a9){0,12}(\?[a-z/%.]{0,6})?") {
        if let Ok(facts) = strictly(&target) {
            let again = strictly(&facts.target).unwrap();
            prop_assert_eq!(&again.target, &facts.target);
            prop_assert_eq!(&again.readings, &facts.readings);
            let upper = facts.path.to_ascii_uppercase();
            for never in ["/../", "/./", "//", "%2E", "%2F", "%5C", "\\", " ", "#"] {
                prop_assert!(!upper.contains(never), "{} has {}", facts.path, never);
            }
            prop_assert!(!upper.ends_with("/..") && !upper.ends_with("/."));
        }
    }

    #[test]
    fn lenient_judges_what_every_server_makes_of_a_path(
        target in r"/(a|b|/|;|x|\.|%2e|%2f|%2F|%5c|\\|%3b|%20|%61|%73ecret|secret|%25){0,12}",
    ) {
        if let Ok(facts) = read(&target, Reading::Lenient) {
            for (server, path) in servers::all(&target) {
                prop_assert!(facts.judged().any(|judged| judged == path), "{}: {} reads {}", target, server, path);
            }
        }
    }

    #[test]
    fn lenient_judges_all_that_strict_judges(target in r"/([a-c;/]|%2[4eE]|%6[1-3]|\.){0,10}") {
        if let Ok(strict) = strictly(&target) {
            let lenient = read(&target, Reading::Lenient).unwrap();
            for path in strict.judged() {
                prop_assert!(lenient.judged().any(|other| other == path), "{}: {}", target, path);
            }
        }
    }
}

/// HS-10: how a client came is known, or said by a trusted proxy, or not known.
#[test]
fn how_a_client_came() {
    let trusted = ["10.0.0.0/8".parse().unwrap()];
    let read = |peer: [u8; 4], encrypted, said: &[&'static [u8]]| {
        let raw = Raw { encrypted, forwarded_proto: said.to_vec(), ..Raw::new("GET", b"/", b"app.test", peer.into()) };
        Facts::read(&raw, Reading::Strict, &trusted).unwrap().scheme
    };
    let (stranger, proxy) = ([192, 0, 2, 1], [10, 0, 0, 1]);
    assert_eq!(read(stranger, false, &[b"https"]), Some(Scheme::Http), "nobody believes a stranger");
    assert_eq!(read(stranger, true, &[b"http"]), Some(Scheme::Https));
    assert_eq!(read(proxy, false, &[b"https"]), Some(Scheme::Https));
    assert_eq!(read(proxy, true, &[b"HTTP"]), Some(Scheme::Http));
    assert_eq!(read(proxy, false, &[b"https, https", b"https"]), Some(Scheme::Https));
    for unclear in [vec![], vec!["https, http"], vec!["https", "http"], vec![""], vec!["wss"]] {
        let said: Vec<_> = unclear.iter().map(|text| text.as_bytes()).collect();
        assert_eq!(read(proxy, true, &said), None, "{unclear:?}");
    }
}

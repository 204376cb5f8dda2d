//! The certificate files of a management server, renewed while it runs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};

use super::node::Server;
use super::strangers::identity;

const HANG: Duration = Duration::from_secs(60);

fn connect(address: &str) -> SslStream<TcpStream> {
    let mut connector = SslConnector::builder(SslMethod::tls_client()).unwrap();
    connector.set_verify(SslVerifyMode::NONE);
    let tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(HANG)).unwrap();
    connector.build().connect("dm.rehome.test", tcp).unwrap()
}

fn shown(stream: &SslStream<TcpStream>) -> Vec<u8> {
    let leaf = stream.ssl().peer_certificate().unwrap();
    leaf.to_pem().unwrap()
}

/// The first line of an answer over an open connection.
fn exchange(stream: &mut SslStream<TcpStream>) -> String {
    let request = b"GET /nothing HTTP/1.1\r\nHost: dm.rehome.test\r\n\r\n";
    stream.write_all(request).unwrap();
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).unwrap();
    let text = String::from_utf8(answer[..read].to_vec()).unwrap();
    text.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn renewed_files_are_shown_and_connections_go_on() {
    let mut server = Server::start();
    let (old, new) = (identity(), identity());
    server.give_identity(&old.0, &old.1);
    server.restart();
    let address = server.url().replace("http://", "").replace("/dm", "");
    let mut stream = connect(&address);
    assert_eq!(shown(&stream), old.0);
    let before = exchange(&mut stream);
    assert!(before.starts_with("HTTP/1.1 4"), "{before}");
    // A file that is no certificate keeps the old one.
    server.give_identity(b"nothing", &new.1);
    sleep(Duration::from_secs(5));
    assert_eq!(shown(&connect(&address)), old.0);
    server.give_identity(&new.0, &new.1);
    let began = Instant::now();
    while shown(&connect(&address)) != new.0 {
        assert!(began.elapsed() < HANG, "the renewed files are not taken");
        sleep(Duration::from_millis(100));
    }
    assert_eq!(exchange(&mut stream), before, "the connection ended");
}

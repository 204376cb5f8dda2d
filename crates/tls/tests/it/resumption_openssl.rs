//! Resumed sessions with Debian's `openssl s_client` and `s_server` on the other
//! side (RFC 5077, RFC 8446 clause 2.2).

use tls::{ClientAuthentication, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::program::{OpenSsl, accepting_port, ended};
use crate::support::{HOST, World, client_config, deadline, listener, within};

const FLAGS: [&str; 2] = ["-tls1_2", "-tls1_3"];

fn files(openssl: &OpenSsl, world: &World) {
    openssl.certificate("client.pem", &world.client.certificate);
    openssl.key("client.key", &world.client.key);
    openssl.certificate("server.pem", &world.server.certificate);
    openssl.key("server.key", &world.server.key);
}

/// One connection of `s_client`; whether it says that it resumed.
async fn one(openssl: &OpenSsl, server: &ServerConfig, flag: &str, more: &[&str]) -> bool {
    let listener = listener().await;
    let address = listener.local_addr().unwrap().to_string();
    let mut line = vec!["s_client", "-connect", &address, "-servername", HOST, flag];
    line.extend(["-cert", "client.pem", "-key", "client.key"]);
    line.extend(more);
    let child = openssl.start(&line);
    let (tcp, _) = listener.accept().await.unwrap();
    let mut stream = tls::accept(server, tcp, deadline()).await.unwrap();
    let resumed = stream.resumed();
    stream.write_all(b"said by our server\n").await.unwrap();
    stream.shutdown().await.unwrap();
    let (_, text) = ended(child).await;
    assert!(text.contains("said by our server"), "{text}");
    assert_eq!(text.contains("Reused, TLSv1."), resumed, "{text}");
    resumed
}

#[tokio::test]
async fn s_client_resumes_and_is_judged_each_time() {
    let Some(openssl) = OpenSsl::new("resuming-client") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        let judge = world.authority.judge();
        for (clients, judged) in [
            (ClientAuthentication::None, 0),
            (ClientAuthentication::Required(judge.clone()), 2),
        ] {
            for flag in FLAGS {
                let server = world.server_config(clients.clone());
                let before = judge.calls();
                let out = ["-sess_out", "session.pem"];
                assert!(!one(&openssl, &server, flag, &out).await);
                let back = ["-sess_in", "session.pem"];
                assert!(one(&openssl, &server, flag, &back).await, "{flag}");
                assert_eq!(judge.calls() - before, judged, "{flag}");
                // Another configuration with the same certificate and clients.
                let other = world.server_config(clients.clone());
                assert!(!one(&openssl, &other, flag, &back).await, "{flag}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn our_client_resumes_with_s_server() {
    let Some(openssl) = OpenSsl::new("resuming-server") else {
        return;
    };
    within(async {
        let world = World::new();
        files(&openssl, &world);
        for flag in FLAGS {
            // With tickets, and with sessions that the program keeps.
            for more in [&[][..], &["-no_ticket"]] {
                let mut line = vec!["s_server", "-accept", "127.0.0.1:0", "-rev", flag];
                line.extend(["-cert", "server.pem", "-key", "server.key"]);
                line.extend(more);
                let mut child = openssl.start(&line);
                let port = accepting_port(&mut child).await;
                let judge = world.authority.judge();
                let config = client_config(None, judge.clone());
                for turn in 0..3 {
                    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let stream = tls::connect(&config, tcp, HOST, deadline()).await;
                    let mut stream = stream.unwrap();
                    assert_eq!(stream.resumed(), turn > 0, "{flag} {more:?}");
                    assert_eq!(stream.peer().unwrap().leaf(), world.server.der());
                    assert_eq!(judge.calls(), turn + 1);
                    stream.write_all(b"olleh\n").await.unwrap();
                    let mut answer = [0; 6];
                    stream.read_exact(&mut answer).await.unwrap();
                    assert_eq!(&answer, b"hello\n");
                    stream.shutdown().await.unwrap();
                }
            }
        }
    })
    .await;
}

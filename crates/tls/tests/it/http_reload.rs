//! A server whose configuration changes while it runs (RFC 8446 clause 4.4.2: a
//! handshake shows one certificate, a connection keeps its keys).

use tls::http::{ClientLimits, ClientRequest, Method, ServerLimits, Transport};
use tls::{ClientAuthentication, Profile, ServerConfig};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::support::certificates::{Authority, Issued};
use crate::support::http::{client, echo};
use crate::support::{HOST, client_config, deadline, within};

fn shows(leaf: &Issued) -> ServerConfig {
    let own = leaf.credentials(&[]);
    ServerConfig::new(Profile::ThreeGpp, &own, ClientAuthentication::None).unwrap()
}

#[tokio::test]
async fn connections_go_on_and_new_handshakes_see_the_new_leaf() {
    within(async {
        let (first, second) = (Authority::new("first"), Authority::new("second"));
        let (old, new) = (first.leaf(HOST), second.leaf(HOST));
        let (sender, current) = watch::channel(shows(&old));
        let running = echo(Transport::Reloadable(current), ServerLimits::default()).await;
        let address = running.server.address();
        let client = client(address, ClientLimits::default());
        let trusts_first = client_config(None, first.judge());
        let post = |text: &'static str| ClientRequest::new(Method::POST, HOST, "/").with_body(text);
        client.send(&trusts_first, post("before")).await.unwrap();
        sender.send_replace(shows(&new));
        let answer = client.send(&trusts_first, post("after")).await.unwrap();
        assert_eq!(answer.body, "after");
        assert_eq!(running.log.connections(), 1, "the same connection");
        let shake = async |authority: &Authority| {
            let tcp = TcpStream::connect(address).await.unwrap();
            let config = client_config(None, authority.judge());
            tls::connect(&config, tcp, HOST, deadline()).await.is_ok()
        };
        assert!(!shake(&first).await);
        assert!(shake(&second).await);
        // Nobody renews any more: the last one holds.
        drop(sender);
        assert!(shake(&second).await);
        running.server.shutdown(std::time::Duration::ZERO).await;
    })
    .await;
}

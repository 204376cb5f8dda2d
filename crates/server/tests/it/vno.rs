//! The push interface: only the home operator pushes to its subscriber, and
//! what a device did not take is pushed again.

use std::sync::{Arc, Mutex};

use server::vno::{Channel, Undelivered};

use crate::world::{RO, SHO, STRANGER, World, post};

/// Takes nothing while it is shut.
#[derive(Default)]
struct Door {
    open: Mutex<bool>,
    taken: Mutex<Vec<Vec<u8>>>,
}

impl Channel for Door {
    fn push(
        &self,
        octets: Vec<u8>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<(), Undelivered>> + Send + '_>> {
        let open = *self.open.lock().unwrap();
        if open {
            self.taken.lock().unwrap().push(octets);
        }
        Box::pin(std::future::ready(if open {
            Ok(())
        } else {
            Err(Undelivered)
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_home_operator_pushes_and_only_to_who_is_here() {
    let mut world = World::new("vno-push").await;
    let device = world.device().await;
    let path = format!("/vno/v1/push/{}", device.imsi.digits());
    let push = |who: &'static str, path: String| {
        let world = &world;
        async move { post(world, who, crate::world::VNO, &path, b"octets".to_vec()).await }
    };
    assert_eq!(
        push(RO, path.clone()).await,
        Ok((404, "not-attached".to_owned()))
    );
    assert_eq!(
        push(SHO, path.clone()).await,
        Ok((403, "not-home".to_owned()))
    );
    assert!(push(STRANGER, path.clone()).await.is_err());
    for (path, status) in [
        ("/vno/v1/push/12x", 400),
        ("/vno/v1/push/", 400),
        ("/vno/v1/pull/001010000000001", 404),
    ] {
        assert_eq!(push(RO, path.to_owned()).await.unwrap().0, status, "{path}");
    }
    let door = Arc::new(Door::default());
    let vno = world.vno.vno();
    let first = vno.attached(&device.imsi, door.clone()).await.unwrap();
    assert_eq!(
        push(RO, path.clone()).await,
        Ok((504, "not-taken".to_owned()))
    );
    // The connectivity bootstrap, which the home operator tries until it is
    // taken, comes by the later attach; the end of the earlier one changes
    // nothing.
    let second = vno.attached(&device.imsi, door.clone()).await.unwrap();
    vno.detached(&device.imsi, first);
    *door.open.lock().unwrap() = true;
    let patience = std::time::Instant::now();
    while door.taken.lock().unwrap().is_empty() {
        assert!(patience.elapsed() < std::time::Duration::from_secs(60));
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    vno.detached(&device.imsi, second);
    assert_eq!(push(RO, path).await, Ok((404, "not-attached".to_owned())));
    world.shutdown().await;
}

//! How single values are written in stored and shown JSON.

/// What has a text form.
pub(super) mod text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        text.parse()
            .map_err(|_| D::Error::custom("malformed value"))
    }
}

/// A moment as milliseconds since 1970.
pub(super) mod millis {
    use clock::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.unix_millis())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp::from_unix_millis)
    }
}

/// Secret octets as base64.
pub(super) mod octets {
    use data_encoding::BASE64;
    use secret::SecretBytes;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use zeroize::Zeroizing;

    pub(crate) fn serialize<S: Serializer>(value: &SecretBytes, to: S) -> Result<S::Ok, S::Error> {
        let text = Zeroizing::new(BASE64.encode(value.expose()));
        text.as_str().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SecretBytes, D::Error> {
        let text = Zeroizing::new(String::deserialize(from)?);
        let octets = BASE64.decode(text.as_bytes());
        octets
            .map(SecretBytes::new)
            .map_err(|_| D::Error::custom("malformed base64"))
    }
}

/// The same where there may be none.
pub(super) mod octets_or_none {
    use secret::SecretBytes;
    use serde::{Deserialize, Deserializer, Serializer};

    #[derive(Deserialize)]
    struct Given(#[serde(deserialize_with = "super::octets::deserialize")] SecretBytes);

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<SecretBytes>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(secret) => super::octets::serialize(secret, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SecretBytes>, D::Error> {
        Ok(Option::<Given>::deserialize(from)?.map(|given| given.0))
    }
}

/// A nonce as base64, where there may be none.
pub(super) mod nonce {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::auth::Nonce;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Nonce>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let text = value.as_ref().map(|nonce| BASE64.encode(nonce.octets()));
        text.serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Nonce>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else {
            return Ok(None);
        };
        let octets = BASE64.decode(text.as_bytes());
        let nonce = octets
            .ok()
            .and_then(|octets| Nonce::from_octets(octets).ok());
        nonce
            .map(Some)
            .ok_or_else(|| D::Error::custom("malformed nonce"))
    }
}

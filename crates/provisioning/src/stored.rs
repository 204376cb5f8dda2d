//! How states write their parts as JSON: identifiers as text, octets as base64,
//! keys as base64 that only sealed or encrypted stores ever see.

/// Anything with `Display` and `FromStr`.
pub(crate) mod text {
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
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// The same for values that may be absent.
pub(crate) mod maybe_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.collect_str(value),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        Option::<String>::deserialize(from)?
            .map(|text| text.parse().map_err(D::Error::custom))
            .transpose()
    }
}

/// Octets as base64.
pub(crate) mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(value: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        BASE64
            .decode(String::deserialize(from)?.as_bytes())
            .map_err(D::Error::custom)
    }
}

/// Octets that may be absent, as base64.
pub(crate) mod maybe_base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => to.serialize_str(&BASE64.encode(value)),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        Option::<String>::deserialize(from)?
            .map(|text| BASE64.decode(text.as_bytes()).map_err(D::Error::custom))
            .transpose()
    }
}

/// A subscriber's keys, beside the other fields of what has them. Those of
/// MILENAGE are written as before there was TUAK.
pub(crate) mod keys {
    use data_encoding::BASE64;
    use secret::Secret;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use zeroize::Zeroizing;

    use crate::payload::{MilenageKeys, SubscriberKeys, TuakKeys};

    /// Base64 of key octets, wiped.
    struct Text(Zeroizing<String>);

    #[derive(Serialize, Deserialize)]
    struct Form {
        k: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opc: Option<Text>,
        #[serde(default, with = "super::maybe_base64")]
        constants: Option<Vec<u8>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topc: Option<Text>,
        /// The value of TLV 16.
        #[serde(
            default,
            with = "super::maybe_base64",
            skip_serializing_if = "Option::is_none"
        )]
        tuak: Option<Vec<u8>>,
    }

    impl Text {
        fn new(octets: &[u8]) -> Self {
            Self(Zeroizing::new(BASE64.encode(octets)))
        }

        fn octets(&self) -> Option<Zeroizing<Vec<u8>>> {
            BASE64.decode(self.0.as_bytes()).ok().map(Zeroizing::new)
        }

        fn key<const N: usize>(&self) -> Option<Secret<[u8; N]>> {
            let octets = self.octets()?;
            <[u8; N]>::try_from(octets.as_slice()).ok().map(Secret::new)
        }
    }

    impl Serialize for Text {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_str(&self.0)
        }
    }

    impl<'de> Deserialize<'de> for Text {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            String::deserialize(from).map(Zeroizing::new).map(Self)
        }
    }

    impl From<&SubscriberKeys> for Form {
        fn from(keys: &SubscriberKeys) -> Self {
            let (k, operator) = (Text::new(keys.k()), Some(Text::new(keys.operator())));
            match keys {
                SubscriberKeys::Milenage(keys) => Self {
                    k,
                    opc: operator,
                    constants: keys.constants.clone(),
                    topc: None,
                    tuak: None,
                },
                SubscriberKeys::Tuak(keys) => Self {
                    k,
                    opc: None,
                    constants: None,
                    topc: operator,
                    tuak: Some(keys.set_up().to_vec()),
                },
            }
        }
    }

    impl Form {
        fn keys(self) -> Option<SubscriberKeys> {
            match (self.opc, self.topc, self.constants, self.tuak) {
                (Some(opc), None, constants, None) => {
                    let (k, opc) = (self.k.key()?, opc.key()?);
                    Some(MilenageKeys { k, opc, constants }.into())
                }
                (None, Some(topc), None, Some(set_up)) => {
                    let set_up: [u8; 6] = set_up.try_into().ok()?;
                    let keys = TuakKeys::set(&self.k.octets()?, topc.key()?, &set_up).ok()?;
                    Some(keys.into())
                }
                _ => None,
            }
        }
    }

    pub(crate) fn serialize<S: Serializer>(
        keys: &SubscriberKeys,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        Form::from(keys).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<SubscriberKeys, D::Error> {
        Form::deserialize(from)?
            .keys()
            .ok_or_else(|| D::Error::custom("keys of no algorithm"))
    }
}

/// A secret text, such as a password.
pub(crate) mod secret_text {
    use secret::Secret;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Secret<String>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.expose())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Secret<String>, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}

/// UTC moments as milliseconds.
pub(crate) mod moment {
    use clock::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.unix_millis())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp::from_unix_millis)
    }
}

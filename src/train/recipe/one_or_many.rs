//! One value for all, or a list.

use crate::train::TrainError;
use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer};
use std::fmt;
use std::marker::PhantomData;

/// One value for all junctions, or a list with one for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// For all.
    One(T),
    /// For each.
    Many(Vec<T>),
}

impl<T: Copy> OneOrMany<T> {
    /// One for each of `n`.
    pub(super) fn spread(&self, n: usize, key: &'static str) -> Result<Vec<T>, TrainError> {
        match self {
            Self::One(value) => Ok(vec![*value; n]),
            Self::Many(values) if values.len() == n => Ok(values.clone()),
            Self::Many(values) => Err(TrainError::Key {
                key,
                problem: format!(
                    "lists {} values; there must be {n}, or one for all",
                    values.len()
                ),
            }),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By hand, since serde's `untagged` would say no more than "no variant matches".
        struct Visitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Visitor<T> {
            type Value = OneOrMany<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                T::deserialize(text.into_deserializer()).map(OneOrMany::One)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(OneOrMany::One)
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Visitor(PhantomData))
    }
}

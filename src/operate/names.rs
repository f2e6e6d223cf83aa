//! The commands' names as their enumeration has them, so that no second list can lack one.

use serde::Deserialize as _;
use serde::de::value::Error;
use serde::de::{Deserializer, Error as _, Visitor};

use super::Command;

impl Command {
    /// Every NAME there is.
    pub fn names() -> &'static [&'static str] {
        let mut names: &[&str] = &[];
        // It has nothing to read: it only takes down what is asked of it.
        let _ = Command::deserialize(Listening(&mut names));
        names
    }
}

/// A source that holds nothing and hears which variants it could.
struct Listening<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Listening<'_> {
    type Error = Error;

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        *self.0 = variants;
        Err(Error::custom("there is nothing to read"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("there is nothing to read"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
#[test]
fn every_variant_is_named() {
    let names = Command::names();
    for name in ["status", "registry-show", "registry-apply", "store-check"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
}
